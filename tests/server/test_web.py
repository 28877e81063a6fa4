"""What every request passes: the launch secret, Host, Origin, limits, headers and problem documents."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.conftest import NewServer
from tests.support.people import add_people
from tests.support.server import MACHINE, PASSWORD, Server
from tests.support.waiting import until

PROBLEM = {"type", "title", "status", "detail", "code", "advice", "request_id"}


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() >= PROBLEM
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:vaultsecure:problem:{code}"
    assert body["advice"]
    assert body["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("path", ["/api/test", "/api/session", "/api/v1/test", "/health", "/nothing", "/"])
@pytest.mark.parametrize("secret", [None, b"", b"wrong", b"\xe9" * 43])
def test_without_the_launch_secret_nothing_is_there(server: Server, path: str, secret: bytes | None) -> None:
    headers = {} if secret is None else {b"X-Launch-Secret": secret}
    answer = httpx.get(f"http://127.0.0.1:{server.port}{path}", headers=headers)
    assert_problem(answer, 404, "not_found")
    nowhere = server.client(root="").get("/nothing-at-all")
    # Not a word differs from that of an address that does not exist.
    assert {**answer.json(), "request_id": ""} == {**nowhere.json(), "request_id": ""}


def test_a_websocket_without_the_launch_secret_is_not_there(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{server.port}/ws"):
        pass
    assert refused.value.response.status_code == 404


@pytest.mark.parametrize("header", ["Host", "Origin"])
def test_a_websocket_from_elsewhere_is_refused(server: Server, header: str) -> None:
    # The library sets Host itself; so the upgrade is written by hand.
    fields = {"Host": f"127.0.0.1:{server.port}", "X-Launch-Secret": server.secret}
    fields[header] = "http://evil.example" if header == "Origin" else "evil.example"
    request = "GET /ws HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    request += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    request += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request.encode())
        assert connection.recv(64).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}"]
)
def test_a_foreign_host_is_refused(server: Server, host: str) -> None:
    answer = server.client().get("/test", headers={"Host": host.format(port=server.port)})
    assert_problem(answer, 403, "foreign_host")


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_our_own_names_are_taken(server: Server, host: str) -> None:
    answer = server.client().get("/test", headers={"Host": host.format(port=server.port)})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:{port}", ""])
def test_a_web_page_is_refused(server: Server, origin: str) -> None:
    answer = server.client().get("/test", headers={"Origin": origin.format(port=server.port)})
    assert_problem(answer, 403, "foreign_origin")
    assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_web_page_may_call_and_no_other(new_server: NewServer) -> None:
    with new_server(FRONTEND_URL="https://gallery.example, https://other.example") as server:
        client = server.client()
        answer = client.get("/test", headers={"Origin": "https://gallery.example"})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == "https://gallery.example"
        assert "access-control-allow-credentials" not in answer.headers
        assert_problem(client.get("/test", headers={"Origin": "https://evil.example"}), 403, "foreign_origin")


def test_every_answer_has_the_security_headers(server: Server) -> None:
    client = server.client()
    foreign = client.get("/test", headers={"Host": "evil.example"})
    for answer in (client.get("/test"), client.get("/nothing"), client.post("/session", json={}), foreign):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])
        assert "server" not in answer.headers


def test_every_request_has_an_id_of_its_own(server: Server) -> None:
    client = server.client()
    ids = {client.get("/test", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] for _ in range(5)}
    assert len(ids) == 5
    assert "mine" not in ids


def test_problems_are_problem_documents(server: Server) -> None:
    client = server.client()
    assert_problem(client.get("/nothing"), 404, "not_found")
    assert_problem(client.get("/test/"), 404, "not_found")
    assert_problem(client.delete("/test"), 405, "method_not_allowed")
    assert client.delete("/test").headers["Allow"] == "GET"
    assert_problem(client.post("/session", content=b"{"), 422, "request_invalid")
    assert_problem(client.post("/session", content=b"\xff\xfe"), 422, "request_invalid")
    assert_problem(client.get("/session"), 401, "token_missing")
    assert_problem(client.post("/session", content=b"[" * 100_000), 422, "request_invalid")


def test_half_a_surrogate_pair_is_no_text(server: Server) -> None:
    for wrong in ({"name": "\ud800"}, {"password": "\udfff"}, {"machine": {**MACHINE, "name": "\ud800"}}):
        body = json.dumps({"name": "viewer", "password": PASSWORD, "machine": MACHINE, **wrong})
        answer = server.client().post("/session", content=body, headers={"Content-Type": "application/json"})
        assert_problem(answer, 422, "request_invalid")
        assert "surrogates" in answer.json()["detail"]


def test_a_body_is_no_longer_than_a_megabyte(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b" " * 65_536

    client = server.client()
    assert_problem(client.post("/session", content=b" " * (1 << 20)), 422, "request_invalid")
    assert_problem(client.post("/session", content=b" " * ((1 << 20) + 1)), 413, "body_too_large")
    assert_problem(client.post("/session", content=endless()), 413, "body_too_large")
    assert client.get("/test").status_code == 200


def test_there_is_no_page_to_try_the_interface_out(server: Server) -> None:
    client = server.client(root="")
    for path in ("/docs", "/redoc", "/openapi.json", "/api/docs", "/api/openapi.json"):
        assert_problem(client.get(path), 404, "not_found")


def test_version_one_is_the_same_interface(server: Server) -> None:
    answer = server.client(root="/api/v1").get("/test")
    assert answer.status_code == 200
    assert answer.json()["api"] == "v1"


def test_signing_in_has_a_rate(new_server: NewServer) -> None:
    with new_server(SIGN_IN_RATE="3/minute") as server:
        client = server.client()
        body = {"password": "wrong", "machine": MACHINE}
        for number in range(3):
            assert client.post("/session", json={**body, "name": f"name {number}"}).status_code == 401
        answer = client.post("/session", json={**body, "name": "name 3"})
        assert_problem(answer, 429, "too_many_requests")
        assert 0 < answer.json()["retry_after"] <= 60
        assert answer.headers["Retry-After"] == str(answer.json()["retry_after"])
        assert client.get("/test").status_code == 200


def test_the_logs_hold_no_secret(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(LOG_LEVEL="debug") as server:
        client = server.signed_in("viewer")
        secrets = [PASSWORD, server.secret, client.session["access_token"], client.session["refresh_token"]]
        client.post("/session", json={"name": "viewer", "password": "a wrong secret", "machine": MACHINE})
        client.get("/session", params={"token": client.session["access_token"]})
        client.get(f"/{client.session['access_token']}")
        client.post(
            "/session/refresh", json={"refresh_token": client.session["refresh_token"], "machine": MACHINE}
        )
        client.post("/session", content=f'{{"password": "{PASSWORD}"'.encode())
    written = server.logs()
    assert '"path": "/api/session"' in written
    for secret in [*secrets, "a wrong secret", "$argon2"]:
        assert secret not in written


def test_log_lines_are_json_with_time_and_request_id(server: Server) -> None:
    answer = server.client().get("/test")

    def mine() -> list[dict[str, Any]]:
        lines = (server.data / "logs" / "server.log").read_text().splitlines(keepends=True)
        entries = [json.loads(line) for line in lines if line.endswith("\n")]
        return [entry for entry in entries if entry.get("request_id") == answer.headers["X-Request-Id"]]

    # It is written after the answer has gone out.
    until(mine, "the line of the request")
    (line,) = mine()
    assert (line["event"], line["path"], line["status"]) == ("request", "/api/test", 200)
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("path", ["/images/%00", "/images?q=%00", "/images/by-hash/%00", "/%00"])
def test_an_address_with_a_nul_is_refused(server: Server, path: str) -> None:
    assert_problem(server.signed_in("admin").get(path), 422, "request_invalid")
