"""The address that rates, audit and logs know: the client's, through the proxies that are trusted."""

import json
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import NewServer
from tests.support.alone import alone
from tests.support.parts.fixtures import lack
from tests.support.parts.nginx import Nginx
from tests.support.parts.part import Missing
from tests.support.people import add_people
from tests.support.server import MACHINE, PASSWORD, Client, Server


def addresses(admin: Client, kind: str) -> list[str]:
    """Return the addresses of the audit entries of a kind, oldest first."""
    entries = [json.loads(line) for line in admin.get("/audit/export").text.splitlines()]
    return [entry["detail"]["address"] for entry in entries if entry.get("kind") == kind]


def attempt(client: Client, name: str, **headers: str) -> httpx.Response:
    body: dict[str, Any] = {"name": name, "password": "wrong", "machine": MACHINE}
    return client.post("/session", json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def test_a_trusted_proxy_says_for_whom_it_asks(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8", SIGN_IN_RATE="2/minute") as server:
        client = server.client()
        for number in range(2):
            assert attempt(client, f"n{number}", X_Forwarded_For="9.9.9.9, 203.0.113.1").status_code == 401
        # Another invention before it does not make another asker of the same address.
        assert attempt(client, "n2", X_Forwarded_For="8.8.8.8, 203.0.113.1").status_code == 429
        assert attempt(client, "n3", X_Forwarded_For="203.0.113.2, 10.0.0.7").status_code == 401
        admin = server.signed_in("admin")
        assert addresses(admin, "sign_in_refused") == ["203.0.113.1"] * 2 + ["203.0.113.2"]
        assert addresses(admin, "signed_in") == ["127.0.0.1"]
        logged = [json.loads(line) for line in server.logs().splitlines()]
        assert "203.0.113.2" in {line.get("address") for line in logged}


def test_without_trust_the_headers_are_nothing(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(TRUSTED_PROXIES="10.0.0.0/8", SIGN_IN_RATE="2/minute") as server:
        client = server.client()
        answers = [
            attempt(client, f"n{number}", X_Forwarded_For=f"203.0.113.{number}", Forwarded="for=203.0.113.9")
            for number in range(3)
        ]
        assert [answer.status_code for answer in answers] == [401, 401, 429]


def test_behind_a_real_proxy(data_dir: Path) -> None:
    add_people(data_dir)
    try:
        with alone(data_dir, TRUSTED_PROXIES="127.0.0.1") as server:
            port = int(server.address.rpartition(":")[2])
            with (
                Nginx(port) as nginx,
                Client(
                    base_url=f"{nginx.url}/api",
                    headers={"Host": f"127.0.0.1:{port}"},
                    transport=httpx.HTTPTransport(local_address="127.0.0.9"),
                    timeout=30,
                ) as client,
            ):
                client.headers["X-Forwarded-For"] = "203.0.113.50"
                admin = client.sign_in("admin", PASSWORD)
                assert addresses(admin, "signed_in") == ["127.0.0.9"]
                client.headers["Forwarded"] = "for=203.0.113.50"
                attempt(client, "nobody")
                assert addresses(admin, "sign_in_refused") == ["127.0.0.1"]
                assert client.get("/test", headers={"Host": "evil.example"}).status_code == 403
    except Missing as missing:
        lack(missing)


def test_the_name_of_the_proxy_is_taken_when_it_is_allowed(server: Server, new_server: NewServer) -> None:
    with new_server(ALLOWED_HOSTS="gallery.example") as other:
        assert other.client().get("/test", headers={"Host": "gallery.example"}).status_code == 200
        assert other.client().get("/test", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200
        assert other.client().get("/test", headers={"Host": "evil.example"}).status_code == 403
    assert server.client().get("/test", headers={"Host": "gallery.example"}).status_code == 403
