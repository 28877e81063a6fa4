"""A part that goes is told of, keeps nobody from working who can, and is found again without a restart."""

import pytest

from tests.scale_out.stage import Stage
from tests.support.parts.clamd import Clamd
from tests.support.parts.fixtures import Parts
from tests.support.parts.part import Part
from tests.support.parts.postgresql import PASSWORD, PostgreSQL
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import S3


def test_postgresql_goes_and_comes_back(stage: Stage, postgresql: PostgreSQL) -> None:
    viewer = stage.signed_in("viewer")
    with stage.unrestarted():
        with postgresql.away():
            for server in range(2):
                assert [reason.split(":")[0] for reason in stage.wait_until_ill(server)] == ["database"]
                refused = stage.client(server).carry(viewer.session).get("/images")
                assert (refused.status_code, refused.json()["code"]) == (503, "database_away")
        for server in range(2):
            stage.wait_until_well(server)
            assert stage.client(server).carry(viewer.session).get("/images").is_success


def test_redis_goes_and_comes_back(stage: Stage, redis: Redis) -> None:
    admin = stage.signed_in("admin")
    stage.wait_for_part(admin.session, "redis", "healthy")
    with stage.unrestarted():
        with redis.away():
            assert all(stage.wait_for_part(admin.session, "redis", "degraded"))
            # Nobody is kept from working.
            for server in range(2):
                assert stage.health(server) == (200, {"status": "ok"})
                assert stage.signed_in("viewer", server).get("/images").is_success
        stage.wait_for_part(admin.session, "redis", "healthy")


def test_the_object_store_goes_and_comes_back(stage: Stage, s3: S3) -> None:
    admin = stage.signed_in("admin")
    stage.wait_for_part(admin.session, "minio", "healthy")
    with stage.unrestarted():
        with s3.away():
            assert all(stage.wait_for_part(admin.session, "minio", "degraded"))
            for server in range(2):
                assert stage.health(server) == (200, {"status": "ok"})
        stage.wait_for_part(admin.session, "minio", "healthy")


def test_the_virus_scanner_goes_and_comes_back(stage: Stage, clamd: Clamd) -> None:
    admin = stage.signed_in("admin")
    with stage.unrestarted():
        with clamd.away():
            for reason in stage.wait_for_part(admin.session, "virus_scan", "degraded"):
                assert "new files wait" in str(reason)
        stage.wait_for_part(admin.session, "virus_scan", "healthy")


@pytest.mark.parametrize("kind", [Redis, S3, Clamd])
def test_a_part_that_hangs_is_told_of_too(stage: Stage, parts: Parts, kind: type[Part]) -> None:
    name = {Redis: "redis", S3: "minio", Clamd: "virus_scan"}[kind]
    admin = stage.signed_in("admin")
    stage.wait_for_part(admin.session, name, "healthy")
    part = parts.get(kind)
    part.pause()
    try:
        assert all(stage.wait_for_part(admin.session, name, "degraded", "unhealthy"))
        for server in range(2):
            assert stage.health(server) == (200, {"status": "ok"})
            assert stage.signed_in("viewer", server).get("/images").is_success
    finally:
        part.resume()
    stage.wait_for_part(admin.session, name, "healthy")


def test_postgresql_that_hangs_is_told_of_too(stage: Stage, postgresql: PostgreSQL) -> None:
    viewer = stage.signed_in("viewer")
    postgresql.pause()
    try:
        for server in range(2):
            assert [reason.split(":")[0] for reason in stage.wait_until_ill(server)] == ["database"]
            refused = stage.client(server).carry(viewer.session).get("/images")
            assert (refused.status_code, refused.json()["code"]) == (503, "database_away")
    finally:
        postgresql.resume()
    for server in range(2):
        stage.wait_until_well(server)
        assert stage.client(server).carry(viewer.session).get("/images").is_success


def test_a_server_starts_while_redis_the_store_and_the_scanner_are_away(
    stage: Stage, redis: Redis, s3: S3, clamd: Clamd
) -> None:
    server = stage.servers[1]
    with redis.away(), s3.away(), clamd.away():
        assert server.end() == 0
        server.start()
        assert stage.signed_in("viewer", 1).get("/images").is_success
    admin = stage.signed_in("admin")
    for name in ("redis", "minio", "virus_scan"):
        stage.wait_for_part(admin.session, name, "healthy")


def test_a_server_that_finds_no_database_says_so_and_ends(stage: Stage, postgresql: PostgreSQL) -> None:
    with postgresql.away():
        done = stage.command("serve")
    assert (done.returncode, "database does not answer" in done.stderr) == (3, True), done.stderr
    assert PASSWORD not in done.stderr
