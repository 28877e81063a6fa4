"""The real parts that other tests stand on: each answers, lets in who may, and comes back as it was."""

import base64
import hashlib
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
import psutil
import psycopg
import pytest
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from redis.exceptions import AuthenticationError, RedisError, TimeoutError

from tests.support.parts.clamd import EICAR, MARKER, Clamd
from tests.support.parts.nginx import Nginx
from tests.support.parts.openid import CLIENT, OpenId
from tests.support.parts.part import HOST, Missing, find
from tests.support.parts.postgresql import PostgreSQL
from tests.support.parts.redis import Redis
from tests.support.parts.s3 import BUCKET, S3
from tests.support.server import ROOT
from tests.support.waiting import until


def one(url: str, statement: str) -> object:
    """Return the one value that a statement gives."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def fill(url: str) -> None:
    """Put something into a database."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('heron')")


def test_postgresql_comes_back_with_its_rows(postgresql: PostgreSQL, database_url: str) -> None:
    fill(database_url)
    port = postgresql.port
    with psycopg.connect(database_url) as connection, postgresql.away():
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="refused"):
            psycopg.connect(database_url, connect_timeout=10)
    assert postgresql.port == port
    assert one(database_url, "SELECT word FROM kept") == "heron"


def test_postgresql_wants_its_password(postgresql: PostgreSQL) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgresql.url(password="wrong"), connect_timeout=10)


def test_databases_of_two_tests_know_nothing_of_each_other(postgresql: PostgreSQL) -> None:
    first, second = postgresql.new_database(like=fill), postgresql.new_database(like=fill)
    with psycopg.connect(first) as connection:
        connection.execute("DELETE FROM kept")
    assert (one(first, "SELECT count(*) FROM kept"), one(second, "SELECT count(*) FROM kept")) == (0, 1)
    for url in (first, second):
        postgresql.drop(url)


def test_postgresql_that_hangs_goes_on(postgresql: PostgreSQL, database_url: str) -> None:
    fill(database_url)
    postgresql.pause()
    with pytest.raises(psycopg.OperationalError, match="timeout"):
        psycopg.connect(database_url, connect_timeout=2)
    postgresql.resume()
    assert one(database_url, "SELECT word FROM kept") == "heron"


def test_redis_comes_back_with_its_keys(redis: Redis) -> None:
    with redis.client() as client:
        client.set("word", "heron")
        with redis.away(), pytest.raises(RedisError):
            client.get("word")
        assert client.get("word") == "heron"


def test_redis_wants_its_password(redis: Redis) -> None:
    with redis.client(password="wrong") as client, pytest.raises(AuthenticationError):
        client.ping()


def test_redis_that_hangs_goes_on(redis: Redis) -> None:
    redis.pause()
    with redis.client() as client:
        client.connection_pool.connection_kwargs["socket_timeout"] = 0.5
        with pytest.raises(TimeoutError):
            client.ping()
        redis.resume()
        client.connection_pool.connection_kwargs["socket_timeout"] = 10
        assert client.ping()


def test_s3_comes_back_with_its_objects(s3: S3, bucket: Mapping[str, str]) -> None:
    store = s3.store(bucket["MINIO_BUCKET"])
    content = secrets.token_bytes(3_000_000)
    store.put("folder/word", content)
    with s3.away(), pytest.raises(BaseError):
        store.get("folder/word")
    assert bytes(store.get("folder/word").bytes()) == content
    assert [entry["path"] for entry in store.list().collect()] == ["folder/word"]


def test_s3_wants_its_signature(s3: S3) -> None:
    s3.store().put("secret", b"heron")
    with pytest.raises((PermissionDeniedError, UnauthenticatedError)):
        s3.store(secret_key="wrong").get("secret")
    address = f"http://{HOST}:{s3.port}/{BUCKET}"
    assert httpx.get(f"{address}/secret").status_code == 403
    assert httpx.put(f"{address}/more", content=b"").status_code == 403
    assert httpx.put(f"http://{HOST}:{s3.port}/another").status_code == 403


def test_clamd_finds_both_and_nothing_else(clamd: Clamd) -> None:
    assert b"Eicar-Test" in clamd.scan(b"\xff\xd8" + EICAR)
    assert b"Marker" in clamd.scan(b"before" + MARKER + b"behind")
    assert clamd.scan(b"a heron") == b"stream: OK\0"
    with clamd.away(), pytest.raises(ConnectionRefusedError):
        clamd.scan(b"a heron")
    assert clamd.scan(MARKER).endswith(b"FOUND\0")


class Flow:
    """An authorisation code flow with PKCE, as a desktop program goes through it."""

    def __init__(self, openid: OpenId) -> None:
        self._openid = openid
        self.about = httpx.get(f"{openid.issuer}/.well-known/openid-configuration").json()
        self.verifier = secrets.token_urlsafe(48)
        self.redirect = f"http://{HOST}:51234/callback"

    def code(self, login: str, **other: str) -> str:
        """Sign in and return the code that comes back."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "client_id": CLIENT,
            "response_type": "code",
            "redirect_uri": self.redirect,
            "scope": "openid email profile",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **other,
        }
        end = self._openid.browse(f"{self.about['authorization_endpoint']}?{urlencode(asked)}", login)
        assert end.startswith(self.redirect)
        answer = parse_qs(urlsplit(end).query)
        assert answer["state"] == ["state-1"]
        return answer["code"][0]

    def exchange(self, code: str, **other: str) -> httpx.Response:
        """Ask for the tokens."""
        asked = {
            "grant_type": "authorization_code",
            "client_id": CLIENT,
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": self.verifier,
            **other,
        }
        return httpx.post(self.about["token_endpoint"], data=asked)

    def claims(self, token: str) -> dict[str, object]:
        """Return what an identity token says, once its signature is found good."""
        key = jwt.PyJWKClient(self.about["jwks_uri"]).get_signing_key_from_jwt(token)
        said: dict[str, object] = jwt.decode(
            token, key, algorithms=["RS256"], audience=CLIENT, issuer=self._openid.issuer
        )
        return said


def test_openid_signs_a_person_in(openid: OpenId) -> None:
    flow = Flow(openid)
    code = flow.code("alice")
    tokens = flow.exchange(code).raise_for_status().json()
    said = flow.claims(tokens["id_token"])
    assert (said["email"], said["email_verified"], said["nonce"]) == ("alice@example.org", True, "nonce-1")
    assert flow.exchange(code).json()["error"] == "invalid_grant", "a code works once"


def test_openid_wants_the_verifier(openid: OpenId) -> None:
    flow = Flow(openid)
    refused = flow.exchange(flow.code("bob"), code_verifier=secrets.token_urlsafe(48))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_openid_signs_as_before_after_an_outage_and_otherwise_with_new_keys(openid: OpenId) -> None:
    flow = Flow(openid)
    token = flow.exchange(flow.code("alice")).json()["id_token"]
    with openid.away(), pytest.raises(jwt.PyJWKClientConnectionError):
        flow.claims(token)
    assert flow.claims(token)["sub"] == "alice"
    openid.new_keys()
    with pytest.raises(jwt.PyJWKClientError):
        flow.claims(token)


def test_openid_knows_whom_it_is_told(openid: OpenId) -> None:
    openid.know({"carol": {"email": "carol@example.org", "email_verified": True}})
    flow = Flow(openid)
    assert flow.claims(flow.exchange(flow.code("carol")).json()["id_token"])["email"] == "carol@example.org"


class Echo(BaseHTTPRequestHandler):
    """Says which server it is and from whom the request comes."""

    def do_GET(self) -> None:
        """Answer."""
        own = self.connection.getsockname()[1]
        words = f"{own} {self.headers['X-Forwarded-For']} {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_nginx_goes_around_a_server_that_is_gone() -> None:
    servers = [ThreadingHTTPServer((HOST, 0), Echo) for _ in range(2)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    try:
        with Nginx(*(server.server_port for server in servers)) as nginx, httpx.Client() as client:
            answers = [client.get(nginx.url).text.split() for _ in range(6)]
            assert {int(answer[0]) for answer in answers} == {server.server_port for server in servers}
            assert {tuple(answer[1:]) for answer in answers} == {(HOST, f"{HOST}:{nginx.port}")}
            servers[0].shutdown()
            servers[0].server_close()
            assert {int(client.get(nginx.url).text.split()[0]) for _ in range(6)} == {servers[1].server_port}
            with nginx.away(), pytest.raises(httpx.TransportError):
                httpx.get(nginx.url)
            assert client.get(nginx.url).is_success
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
    assert not nginx.folder.exists()


def test_nothing_is_left_of_a_part(tmp_path: Path) -> None:
    with Redis() as redis:
        folder, port = redis.folder, redis.port
        assert listening(port)
    assert not folder.exists()
    assert not listening(port)


@pytest.mark.parametrize("part", ["redis.Redis()", "postgresql.PostgreSQL()", "nginx.Nginx(9)"])
def test_a_part_ends_with_the_test_run_that_is_killed(part: str, parts: object) -> None:
    module, made = part.split(".")
    program = (
        f"from tests.support.parts.{module} import {made.partition('(')[0]}\n"
        f"part = {made}; part.start(); print(part.port, part.folder, flush=True); input()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert run.stdin is not None
    assert run.stdout is not None
    port, folder = run.stdout.readline().split()
    assert listening(int(port))
    run.kill()
    run.wait()
    until(lambda: not listening(int(port)) and not at_work_in(folder), "the part to end")
    run.stdin.close()
    run.stdout.close()
    subprocess.run(["rm", "-r", folder], check=True)


def at_work_in(folder: str) -> bool:
    """Tell whether any process has its working directory there."""
    return any(found.info["cwd"] == folder for found in psutil.process_iter(["cwd"]))


def listening(port: int) -> bool:
    """Tell whether anything listens there."""
    return any(
        found.laddr and found.laddr.port == port and found.status == psutil.CONN_LISTEN
        for found in psutil.net_connections("tcp4")
    )


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(Missing, match="A thing: there is no no-such-program"):
        find("A thing", "no-such-program")


ABSENT = """
from tests.support.parts.fixtures import Parts
from tests.support.parts.part import Part, find

class Absent(Part):
    name = "Absent"
    def find_program(self): return find(self.name, "no-such-program")
    prepare = command = answers = settings = None

def test_one(parts): parts.get(Absent)
def test_two(parts): parts.get(Absent)
def test_three(): pass
"""


@pytest.mark.parametrize(("required", "side_by_side"), [(True, ()), (False, ()), (False, ("-n", "2"))])
def test_missing_part_is_loud(tmp_path: Path, required: bool, side_by_side: tuple[str, ...]) -> None:
    (tmp_path / "test_absent.py").write_text(ABSENT)
    outcome = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.support.parts.fixtures",
            "--rootdir",
            tmp_path,
            *side_by_side,
            ".",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "REQUIRE_PARTS": str(int(required))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == int(required), outcome.stdout
    if required:
        assert "2 failed, 1 passed" in outcome.stdout
    else:
        assert "1 passed, 2 skipped" in outcome.stdout
        assert "NOT TESTED" in outcome.stdout
        assert "2 tests skipped: Absent: there is no no-such-program" in outcome.stdout
