"""The doctor asks real parts, up, away and hung; it names each, waits for none and tells no secret."""

import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.engine import make_url

from local_server.app import utc_now
from local_server.data_directory import DataDirectory
from local_server.database.migrate import HEAD, open_catalogue
from local_server.health.command import EXAMINATIONS
from local_server.health.doctor import Finding, Patient, Verdict, examine
from local_server.health.nodes import OwnNode
from tests.support.parts.clamd import Clamd
from tests.support.parts.openid import OpenId
from tests.support.parts.postgresql import PostgreSQL
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import S3

SECRET = "a-secret-that-nobody-may-see"


def examined(data: Path, environment: Mapping[str, str]) -> dict[str, Finding]:
    return {finding.check: finding for finding in examine(Patient(data, environment), EXAMINATIONS)}


@pytest.fixture
def data(data_dir: Path) -> Path:
    DataDirectory(data_dir).prepare()
    return data_dir


def test_a_new_database_has_no_catalogue_yet(data: Path, database_url: str) -> None:
    found = examined(data, {"DATABASE_URL": database_url})
    assert "the first start makes the catalogue" in found["database"].sentence
    assert found["clock"].status is Verdict.OK
    assert "catalogue" not in found


def test_a_database_is_known_with_its_nodes_and_its_log(data: Path, database_url: str) -> None:
    database = open_catalogue(DataDirectory(data), make_url(database_url))
    node = OwnNode(database, "worker", utc_now)
    node.start()
    (data / "key").write_text("A" * 43 + "=")
    found = examined(data, {"DATABASE_URL": database_url, "MASTER_KEY_FILE": str(data / "key")})
    node.stop()
    database.close()
    assert f"has revision {HEAD}." in found["database"].sentence
    assert found["nodes"].sentence.startswith("Alive: worker ")
    assert "audit log" in found
    assert found["key"].status is Verdict.OK


def test_a_database_of_a_newer_version_is_a_problem(data: Path, database_url: str) -> None:
    database = open_catalogue(DataDirectory(data), make_url(database_url))
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    found = examined(data, {"DATABASE_URL": database_url})
    assert (found["database"].status, "9999" in found["database"].sentence) == (Verdict.PROBLEM, True)


def test_a_database_that_refuses_us_is_told_without_the_password(data: Path, database_url: str) -> None:
    url = make_url(database_url).set(password=SECRET)
    found = examined(data, {"DATABASE_URL": url.render_as_string(hide_password=False)})
    assert found["database"].status is Verdict.PROBLEM
    assert found["database"].advice
    assert SECRET not in str(found)


def test_a_database_that_hangs_is_waited_for_shortly(
    data: Path, postgresql: PostgreSQL, database_url: str
) -> None:
    postgresql.pause()
    found = examined(data, {"DATABASE_URL": database_url})
    postgresql.resume()
    assert found["database"].status is Verdict.PROBLEM


def test_redis_up_and_away(data: Path, redis: Redis) -> None:
    assert examined(data, redis.settings)["redis"] == Finding("redis", Verdict.OK, "Redis answers.")
    with redis.away():
        found = examined(data, redis.settings)["redis"]
    assert (found.status, found.sentence.startswith("Redis does not answer")) == (Verdict.WARNING, True)


def test_redis_with_a_wrong_password_is_told_without_it(data: Path, redis: Redis) -> None:
    port = urlsplit(redis.settings["REDIS_URL"]).port
    settings = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(port), "REDIS_PASSWORD": SECRET}
    found = examined(data, settings)
    assert found["redis"].status is Verdict.WARNING
    assert SECRET not in str(found)


def test_a_bucket_up_and_missing(data: Path, s3: S3, bucket: Mapping[str, str]) -> None:
    assert examined(data, bucket)["bucket"].status is Verdict.OK
    found = examined(data, dict(bucket) | {"MINIO_BUCKET": "there-is-none"})["bucket"]
    assert (found.status, "there-is-none" in found.sentence) == (Verdict.WARNING, True)
    wrong = examined(data, dict(bucket) | {"MINIO_SECRET_KEY": SECRET})
    assert wrong["bucket"].status is Verdict.WARNING
    assert SECRET not in str(wrong)


def test_a_scanner_up_and_away(data: Path, clamd: Clamd) -> None:
    assert examined(data, clamd.settings)["virus scan"].status is Verdict.OK
    with clamd.away():
        assert examined(data, clamd.settings)["virus scan"].status is Verdict.WARNING


def test_a_provider_up_and_somebody_else(data: Path, openid: OpenId) -> None:
    assert examined(data, openid.settings)["sign-in provider"].status is Verdict.OK
    elsewhere = dict(openid.settings) | {"OIDC_ISSUER": f"{openid.issuer}/other"}
    assert examined(data, elsewhere)["sign-in provider"].status is Verdict.WARNING
    by_name = dict(openid.settings) | {"OIDC_ISSUER": openid.issuer.replace("127.0.0.1", "localhost")}
    assert examined(data, by_name)["sign-in provider"].status is Verdict.PROBLEM


def test_what_is_not_configured_is_not_asked(data: Path) -> None:
    found = examined(data, {})
    assert not {"database", "clock", "redis", "bucket", "virus scan", "sign-in provider"} & set(found)


def test_several_parts_that_are_away_do_not_add_up(data: Path) -> None:
    nobody = "127.0.0.1"
    started = time.monotonic()
    found = examined(
        data,
        {
            "DATABASE_URL": f"postgresql://a:{SECRET}@{nobody}:9/d",
            "REDIS_URL": f"redis://:{SECRET}@{nobody}:9/0",
            "CLAMD_URL": f"tcp://{nobody}:9",
            "OIDC_ISSUER": f"http://{nobody}:9",
            "OIDC_CLIENT_ID": "x",
            "MINIO_ENDPOINT": nobody,
            "MINIO_PORT": "9",
            "MINIO_ACCESS_KEY": "x",
            "MINIO_SECRET_KEY": SECRET,
        },
    )
    assert time.monotonic() - started < 60
    assert SECRET not in str(found)
    for check in ("database", "redis", "bucket", "virus scan", "sign-in provider"):
        assert found[check].status is not Verdict.OK
