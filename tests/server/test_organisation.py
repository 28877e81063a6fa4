"""Sign-in through an organisation, at a real provider: linked, made, refused, and out again."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from local_server.accounts.models import Role
from tests.conftest import NewServer
from tests.support.false_provider import false_provider, new_key
from tests.support.parts.openid import OpenId
from tests.support.people import add_people
from tests.support.server import MACHINE, Client, Server

REDIRECT = "http://127.0.0.1:49152/callback"


def start(client: Client, redirect_uri: str = REDIRECT) -> dict[str, Any]:
    answer = client.post(
        "/session/organisation/start", json={"redirect_uri": redirect_uri, "machine": MACHINE}
    )
    assert answer.status_code == 201, answer.text
    started = answer.json()
    assert isinstance(started, dict)
    return started


def finish(client: Client, started: dict[str, Any], came_back: dict[str, str]) -> httpx.Response:
    body = {"state": came_back["state"], "code": came_back["code"], "ticket": started["ticket"]}
    return client.post("/session/organisation/finish", json=body)


def through(openid: OpenId, client: Client, login: str) -> httpx.Response:
    """Go all the way, as somebody with a browser."""
    started = start(client)
    came_back = dict(parse_qsl(urlsplit(openid.browse(started["authorisation_url"], login)).query))
    assert came_back["state"] == started["state"]
    return finish(client, started, came_back)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def give_address(data: Path, name: str, email: str | None) -> None:
    with closing(sqlite3.connect(data / "catalogue.db")) as catalogue:
        catalogue.execute("UPDATE accounts SET email = ? WHERE name_folded = ?", (email, name))
        catalogue.commit()


def audited(server: Server, kind: str) -> list[dict[str, Any]]:
    lines = server.signed_in("admin").get("/audit/export").text.splitlines()
    return [entry for entry in map(json.loads, lines) if entry.get("kind") == kind]


@pytest.fixture
def house(openid: OpenId, data_dir: Path, new_server: NewServer) -> Any:
    """Return what runs a server that people of example.org may sign in to."""
    add_people(data_dir, ("admin", Role.ADMIN), ("manager", Role.MANAGER), ("viewer", Role.VIEWER))

    @contextmanager
    def run(**settings: str) -> Iterator[Server]:
        chosen = {"OIDC_ALLOWED_DOMAINS": "example.org", "OIDC_NAME": "Example", **settings}
        with new_server(**openid.settings, **chosen) as server:
            yield server

    return run


def test_somebody_whose_address_an_admin_has_given(openid: OpenId, house: Any, data_dir: Path) -> None:
    give_address(data_dir, "manager", "alice@example.org")
    with house() as server:
        client = server.client()
        assert client.get("/session/organisation").json() == {"configured": True, "name": "Example"}
        answer = through(openid, client, "alice")
        assert answer.status_code == 201, answer.text
        assert answer.json()["account"]["name"] == "manager"
        client.carry(answer.json())
        assert client.get("/session").json()["account"]["role"] == "manager"
        refresh = {"refresh_token": answer.json()["refresh_token"], "machine": MACHINE}
        client.carry(client.post("/session/refresh", json=refresh).json())
        # From now on the person is known by the provider's name for them, not by the address.
        give_address(data_dir, "manager", None)
        assert through(openid, server.client(), "alice").json()["account"]["name"] == "manager"
        url = client.get("/session/organisation/logout").json()["logout_url"]
        assert url.startswith(f"{openid.issuer}/session/end?client_id=")
        assert client.delete("/session").status_code == 204
        assert server.signed_in("viewer").get("/session/organisation/logout").json() == {"logout_url": None}
        (linked,) = audited(server, "organisation_linked")
        assert linked["detail"] == {"email": "alice@example.org", "issuer": openid.issuer}
        ways = [entry["detail"].get("by") for entry in audited(server, "signed_in")]
        assert ways.count("organisation") == 2


def test_an_account_is_made_where_that_is_set(openid: OpenId, house: Any, data_dir: Path) -> None:
    with house(OIDC_NEW_ACCOUNTS="viewer") as server:
        answer = through(openid, server.client(), "alice")
        assert answer.status_code == 201, answer.text
        assert (answer.json()["account"]["name"], answer.json()["account"]["role"]) == (
            "Alice Example",
            "viewer",
        )
        # Nothing is granted by that: the account sees what somebody lets it see.
        client = server.client().carry(answer.json())
        assert client.get("/images").json()["total"] == 0
        assert any(
            entry["detail"].get("by") == "organisation" for entry in audited(server, "account_created")
        )
        # No password has been set, so none is right.
        for password in ("", "x", "any"):
            body = {"name": "Alice Example", "password": password, "machine": MACHINE}
            assert server.client().post("/session", json=body).status_code in (401, 422)
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as catalogue:
        row = catalogue.execute("SELECT sees, email FROM accounts WHERE name = 'Alice Example'").fetchone()
    assert row == ("albums", "alice@example.org")


def test_who_is_not_meant_is_told_why(openid: OpenId, house: Any, data_dir: Path) -> None:
    give_address(data_dir, "viewer", "bob@example.org")
    give_address(data_dir, "manager", "eve@elsewhere.example")
    refusals = {
        "alice": "no_account_for_address",
        "bob": "address_unverified",
        "nameless": "address_unverified",
        "eve": "domain_not_allowed",
    }
    with house() as server:
        for login, code in refusals.items():
            assert problem(through(openid, server.client(), login)) == (403, code)
        refused = audited(server, "sign_in_refused")
        assert [entry["detail"]["reason"] for entry in refused] == list(refusals.values())
        assert not audited(server, "organisation_linked")


def test_a_closed_account_stays_closed(openid: OpenId, house: Any, data_dir: Path) -> None:
    give_address(data_dir, "viewer", "alice@example.org")
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as catalogue:
        catalogue.execute(
            "UPDATE accounts SET disabled_at = '2026-01-01 00:00:00.000000' WHERE name = 'viewer'"
        )
        catalogue.commit()
    with house(OIDC_NEW_ACCOUNTS="viewer") as server:
        for _ in range(2):
            assert problem(through(openid, server.client(), "alice")) == (403, "account_disabled")


def test_an_address_that_was_given_on_opens_nothing_of_its_old_owner(
    openid: OpenId, house: Any, data_dir: Path
) -> None:
    give_address(data_dir, "manager", "alice@example.org")
    with house() as server:
        assert through(openid, server.client(), "alice").status_code == 201
        openid.know({"zoe": {"email": "alice@example.org", "email_verified": True}})
        assert problem(through(openid, server.client(), "zoe")) == (403, "account_linked_elsewhere")
        # An admin says so: from now on the account is the new person's.
        admin = server.signed_in("admin")
        users = {user["name"]: f"/users/{user['id']}" for user in admin.get("/users").json()["items"]}
        assert admin.patch(users["manager"], json={"email": None}).status_code == 200
        assert problem(through(openid, server.client(), "zoe")) == (403, "no_account_for_address")
        assert admin.patch(users["manager"], json={"email": "Alice@example.org"}).status_code == 200
        assert through(openid, server.client(), "zoe").json()["account"]["name"] == "manager"
        assert len(audited(server, "organisation_unlinked")) == 1


def test_a_sign_in_is_finished_once_and_by_whoever_began_it(
    openid: OpenId, house: Any, data_dir: Path
) -> None:
    give_address(data_dir, "manager", "alice@example.org")
    with house() as server:
        client = server.client()
        first, second = start(client), start(client)
        back = dict(parse_qsl(urlsplit(openid.browse(first["authorisation_url"], "alice")).query))
        # Who only saw the browser's address has no ticket; the try costs the sign-in.
        assert problem(finish(client, second, back)) == (401, "organisation_flow_over")
        assert problem(finish(client, first, back)) == (401, "organisation_flow_over")
        first = start(client)
        back = dict(parse_qsl(urlsplit(openid.browse(first["authorisation_url"], "alice")).query))
        # A code that belongs to another sign-in: its verifier is not this one's.
        other = {"state": second["state"], "code": back["code"]}
        assert problem(finish(client, second, other)) == (401, "organisation_sign_in_refused")
        third = start(client)
        back = dict(parse_qsl(urlsplit(openid.browse(third["authorisation_url"], "alice")).query))
        assert finish(client, third, back).status_code == 201
        assert problem(finish(client, third, back)) == (401, "organisation_flow_over")


def test_another_server_of_the_house_finishes_what_one_began(
    openid: OpenId, house: Any, data_dir: Path
) -> None:
    give_address(data_dir, "manager", "alice@example.org")
    with house() as server:
        started = start(server.client())
    back = dict(parse_qsl(urlsplit(openid.browse(started["authorisation_url"], "alice")).query))
    with house() as server:
        assert finish(server.client(), started, back).status_code == 201


def test_new_keys_and_an_absence_of_the_provider(openid: OpenId, house: Any, data_dir: Path) -> None:
    give_address(data_dir, "manager", "alice@example.org")
    with house() as server:
        client = server.client()
        assert through(openid, client, "alice").status_code == 201
        openid.new_keys()
        assert through(openid, client, "alice").status_code == 201
        started = start(client)
        back = dict(parse_qsl(urlsplit(openid.browse(started["authorisation_url"], "alice")).query))
        with openid.away():
            assert problem(finish(client, started, back)) == (503, "organisation_away")
        assert through(openid, client, "alice").status_code == 201
    with openid.away(), house() as server:
        body = {"redirect_uri": REDIRECT, "machine": MACHINE}
        answer = server.client().post("/session/organisation/start", json=body)
        assert problem(answer) == (503, "organisation_away")


def test_the_browser_comes_back_to_this_machine_alone(house: Any) -> None:
    with house() as server:
        client = server.client()
        for redirect_uri in (
            "http://evil.example/callback",
            "https://127.0.0.1:4000/callback",
            "http://localhost:4000/callback",
            "http://127.0.0.1/callback",
            "http://127.0.0.1:4000/callback?x=1",
            "http://127.0.0.1:4000/elsewhere",
            "http://127.0.0.1:99999/callback",
            "http://127.0.0.1:4000@evil.example/callback",
            "http://127.0.0.1.evil.example:4000/callback",
            "file:///etc/passwd",
        ):
            body = {"redirect_uri": redirect_uri, "machine": MACHINE}
            answer = client.post("/session/organisation/start", json=body)
            assert problem(answer) == (422, "redirect_unusable"), redirect_uri


def test_without_a_provider_nothing_is_offered(server: Server) -> None:
    client = server.client()
    assert client.get("/session/organisation").json() == {"configured": False, "name": None}
    body = {"redirect_uri": REDIRECT, "machine": MACHINE}
    assert problem(client.post("/session/organisation/start", json=body)) == (404, "organisation_not_offered")


def test_nobody_is_the_first_through_an_organisation(
    openid: OpenId, data_dir: Path, new_server: NewServer
) -> None:
    settings = {"OIDC_ALLOWED_DOMAINS": "example.org", "OIDC_NEW_ACCOUNTS": "manager"}
    with new_server(**openid.settings, **settings) as server:
        assert problem(through(openid, server.client(), "alice")) == (403, "no_account_for_address")
        assert server.client().get("/test").json()["first_run"] is True


def test_no_secret_of_a_sign_in_is_kept_or_logged(openid: OpenId, house: Any, data_dir: Path) -> None:
    give_address(data_dir, "manager", "alice@example.org")
    with house(LOG_LEVEL="debug") as server:
        client = server.client()
        started = start(client)
        catalogue = (data_dir / "catalogue.db").read_bytes() + (data_dir / "catalogue.db-wal").read_bytes()
        for secret in (started["state"], started["ticket"]):
            assert secret.encode() not in catalogue
        back = dict(parse_qsl(urlsplit(openid.browse(started["authorisation_url"], "alice")).query))
        assert finish(client, started, back).status_code == 201
    for secret in (started["ticket"], back["code"]):
        assert secret not in server.logs()


def test_a_lie_of_the_provider_opens_nothing_and_is_recorded(data_dir: Path, new_server: NewServer) -> None:
    add_people(data_dir, ("admin", Role.ADMIN), ("viewer", Role.VIEWER))
    give_address(data_dir, "viewer", "viewer@example.org")
    with false_provider(new_key()) as false, new_server(**false.settings) as server:
        client = server.client()

        def attempt() -> httpx.Response:
            # The false provider puts the code into its token as the nonce.
            started = start(client)
            told = dict(parse_qsl(urlsplit(started["authorisation_url"]).query))
            assert (told["code_challenge_method"], told["redirect_uri"]) == ("S256", REDIRECT)
            return finish(client, started, {"state": told["state"], "code": told["nonce"]})

        false.claims["nonce"] = "of another sign-in"
        assert problem(attempt()) == (401, "organisation_sign_in_refused")
        del false.claims["nonce"]
        for email, code in [
            ("viewer@example.org.evil.example", "domain_not_allowed"),
            ("viewer@evil.example@example.org", "address_unverified"),
            ("viewer@sub.example.org", "domain_not_allowed"),
            ("viewer@EXAMPLE.org\n", "address_unverified"),
            ("someone@example.org", "no_account_for_address"),
            (["viewer@example.org"], "address_unverified"),
        ]:
            false.claims["email"] = email
            assert problem(attempt())[1] == code, email
        false.claims["email"] = "VIEWER@Example.ORG"
        assert attempt().status_code == 201
        reasons = [entry["detail"]["reason"] for entry in audited(server, "sign_in_refused")]
        assert reasons[0] == "identity token nonce"
        assert len(reasons) == 7
