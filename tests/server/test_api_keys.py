"""API keys: shown once, narrow, dead at once when they are to be, and named in what they leave behind."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_server import contract
from tests.conftest import NewServer
from tests.server.test_contract_roles import ALLOWED, NOWHERE, told
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import Client, Server, command
from tests.support.socket import listening, opened

SCOPES = [
    "pictures:read",
    "pictures:write",
    "records:read",
    "records:write",
    "people:read",
    "queue:read",
]


def make(client: Client, *scopes: str, name: str = "a program", days: int = 30) -> dict[str, Any]:
    body = {"name": name, "scopes": scopes or SCOPES, "expires_in_days": days}
    answer = client.post("/api-keys", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert isinstance(made, dict)
    return made


def with_key(server: Server, made: Mapping[str, Any], root: str = "/api") -> Client:
    client = server.client(root=root)
    client.headers["X-API-Key"] = made["key"]
    return client


def ask_with(method: str, path: str, body: dict[str, Any] | None, client: Client) -> httpx.Response:
    return client.request(method, path, json=body)


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def admin(server: Server) -> Client:
    return server.signed_in("admin")


@pytest.fixture(scope="module")
def scopes_of_routes() -> Mapping[str, str]:
    """Return the scope of every route that takes keys, as the interface describes them."""
    return {
        f"{method.upper()} {path}": operation["x-scope"]
        for path, methods in contract.openapi()["paths"].items()
        for method, operation in methods.items()
        if "x-scope" in operation
    }


def test_a_key_is_shown_once_and_acts_as_its_account(server: Server, admin: Client) -> None:
    made = make(admin, "pictures:read", name="wall")
    assert made["key"].startswith(made["api_key"]["hint"])
    assert len(made["key"]) == 47
    client = with_key(server, made)
    assert client.get("/images").status_code == 200
    listed = admin.get("/api-keys")
    assert made["key"] not in listed.text
    mine = next(key for key in listed.json()["items"] if key["id"] == made["api_key"]["id"])
    assert (mine["name"], mine["scopes"], mine["account_name"]) == ("wall", ["pictures:read"], "admin")
    assert mine["last_used_at"] is not None
    assert mine["revoked_at"] is None


def test_every_route_takes_keys_of_its_own_scope_alone(
    server: Server, admin: Client, scopes_of_routes: Mapping[str, str]
) -> None:
    """Walk every route with a key that has all scopes, all but the route's, and that alone."""
    whole = with_key(server, make(admin), root="")
    lacking = {
        scope: with_key(server, make(admin, *(other for other in SCOPES if other != scope)), root="")
        for scope in SCOPES
    }
    assert set(scopes_of_routes.values()) <= set(SCOPES)
    for route, roles in ALLOWED.items():
        method, path = route.split(" ", 1)
        body: dict[str, Any] | None = {} if method in ("POST", "PUT", "PATCH") else None
        ask = partial(ask_with, method, path.format(**NOWHERE), body)
        scope = scopes_of_routes.get(route)
        if "nobody" in roles:
            assert scope is None
        elif scope is None:
            assert problem(ask(whole)) == (403, "api_key_refused"), route
        else:
            assert problem(ask(lacking[scope])) == (403, "scope_missing"), route
            status, told_code = told(ask(whole))
            code = told_code or ""
            assert status < 500, route
            assert not code.startswith("api_key"), route
            assert (code in ("scope_missing", "not_allowed")) == ("admin" not in roles), route


def test_the_role_still_counts(server: Server) -> None:
    manager = with_key(server, make(server.signed_in("manager")))
    assert problem(manager.get("/activity")) == (403, "not_allowed")
    assert manager.get("/queue/status").status_code == 200


@pytest.mark.parametrize("role", ["viewer", "kiosk", "auditor"])
def test_only_curators_make_keys(people: Mapping[str, Client], role: str) -> None:
    body = {"name": "mine", "scopes": ["pictures:read"], "expires_in_days": 1}
    assert problem(people[role].post("/api-keys", json=body)) == (403, "not_allowed")


def test_ones_own_keys_and_an_admin_all(people: Mapping[str, Client]) -> None:
    admins, managers = make(people["admin"]), make(people["manager"])
    seen = {key["account_name"] for key in people["manager"].get("/api-keys").json()["items"]}
    assert seen == {"manager"}
    revoke = f"/api-keys/{admins['api_key']['id']}"
    assert problem(people["manager"].delete(revoke)) == (404, "api_key_unknown")
    pages, cursor = [], None
    while True:
        page = people["admin"].get("/api-keys", params={"limit": 1, **({"cursor": cursor} if cursor else {})})
        pages += page.json()["items"]
        cursor = page.json()["next"]
        if cursor is None:
            break
    ids = [key["id"] for key in pages]
    assert len(ids) == len(set(ids))
    assert {admins["api_key"]["id"], managers["api_key"]["id"]} <= set(ids)
    assert people["admin"].delete(f"/api-keys/{managers['api_key']['id']}").status_code == 204


def test_a_revoked_key_is_dead_at_once(server: Server, admin: Client) -> None:
    made = make(admin)
    client = with_key(server, made)
    assert client.get("/images").status_code == 200
    for _ in range(2):
        assert admin.delete(f"/api-keys/{made['api_key']['id']}").status_code == 204
        assert problem(client.get("/images")) == (401, "api_key_invalid")
    assert problem(admin.delete("/api-keys/nothing")) == (404, "api_key_unknown")


@pytest.mark.parametrize(
    "key",
    ["", "x", "vsk_", "vsk_" + "A" * 43, "vsk_" + "A" * 44, "VSK_" + "A" * 43, "é" * 47, "A" * 100_000],
)
def test_what_is_no_key_opens_nothing(server: Server, key: str) -> None:
    answer = server.client().get("/images", headers={b"X-API-Key": key.encode()})
    assert answer.status_code in (401, 431, 400), answer.text
    if answer.status_code == 401:
        assert answer.json()["code"] == "api_key_invalid"
        assert not key or key not in answer.text


def test_neither_a_token_for_a_key_nor_both(server: Server, admin: Client) -> None:
    made = make(admin)
    token = admin.session["access_token"]
    client = server.client()
    assert problem(client.get("/images", headers={"X-API-Key": token})) == (401, "api_key_invalid")
    bearer = {"Authorization": f"Bearer {made['key']}"}
    assert problem(client.get("/images", headers=bearer)) == (401, "token_invalid")
    both = {"X-API-Key": made["key"], "Authorization": f"Bearer {token}"}
    assert problem(client.get("/images", headers=both)) == (401, "api_key_invalid")
    assert problem(client.get("/images", params={"api_key": made["key"]})) == (401, "token_missing")


@pytest.mark.parametrize(
    "wrong",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": "pictures:read"},
        {"expires_in_days": 0},
        {"expires_in_days": 366},
        {"expires_in_days": "30"},
        {"name": ""},
        {"name": "two\nlines"},
        {"account_id": "0" * 32},
    ],
)
def test_a_key_that_would_be_too_much_is_not_made(admin: Client, wrong: dict[str, Any]) -> None:
    body = {"name": "a program", "scopes": ["pictures:read"], "expires_in_days": 30, **wrong}
    assert problem(admin.post("/api-keys", json=body)) == (422, "request_invalid")


def test_a_key_has_a_rate_of_its_own(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(API_KEY_RATE="3/minute") as server:
        admin = server.signed_in("admin")
        first, second = with_key(server, make(admin)), with_key(server, make(admin))
        assert [first.get("/images").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert second.get("/images").status_code == 200
        assert admin.get("/images").status_code == 200


def test_no_log_holds_a_key(new_server: NewServer, data_dir: Path) -> None:
    add_people(data_dir)
    with new_server(LOG_LEVEL="debug") as server:
        made = make(server.signed_in("admin"))
        client = with_key(server, made)
        client.get("/images")
        client.get(f"/{made['key']}")
        client.get("/images", params={"api_key": made["key"], "limit": made["key"]})
        client.post("/violations", json={"key": made["key"]})
        refused = client.post("/api-keys", content=made["key"].encode())
    assert made["key"] not in refused.text
    written = server.logs()
    assert '"path": "/api/images"' in written
    assert made["key"] not in written
    assert made["key"].encode() not in (data_dir / "catalogue.db").read_bytes()


@pytest.fixture
def shown(data_dir: Path, tmp_path: Path, new_server: NewServer) -> Iterator[Server]:
    """Run a server on one picture."""
    add_people(data_dir)
    (tmp_path / "one.png").write_bytes(encoded(noise(900, 600, 1), "PNG"))
    done = command("import", str(tmp_path / "one.png"), "--data-dir", str(data_dir), home=tmp_path)
    assert done.returncode == 0, done.stdout
    with new_server() as server:
        yield server


def test_what_a_key_fetches_is_its_own_sessions(shown: Server) -> None:
    manager = shown.signed_in("manager")
    made = make(manager, "pictures:read", name="frame in the hall")
    client = with_key(shown, made)
    picture = client.get("/images").json()["items"][0]
    details = client.get(f"/images/{picture['id']}").json()
    assert details["protection"]["mark_id"] not in (None, manager.session["viewing_session"]["mark_id"])
    where = f"/secure/image/{picture['id']}/view"
    assert client.get(where, headers={"X-View-Token": picture["view_token"]}).status_code == 200
    # A view token belongs to the session that it was given to.
    theirs = manager.get("/images").json()["items"][0]["view_token"]
    assert client.get(where, headers={"X-View-Token": theirs}).status_code in (401, 403)
    entries = [
        json.loads(line)
        for line in shown.signed_in("admin").get("/audit/export").text.splitlines()
        if "kind" in json.loads(line)
    ]
    began = next(entry for entry in entries if entry["detail"].get("client") == "api")
    assert (began["kind"], began["account"]) == ("signed_in", "manager")
    assert began["detail"]["machine"] == "frame in the hall"
    assert began["detail"]["mark_id"] == details["protection"]["mark_id"]
    made_entry = next(entry for entry in entries if entry["kind"] == "api_key_created")
    assert made_entry["detail"]["scopes"] == ["pictures:read"]
    assert made["key"] not in json.dumps(entries)


def test_the_keys_of_a_closed_account_are_dead_for_good(own_server: Server) -> None:
    client = with_key(own_server, make(own_server.signed_in("manager")))
    assert client.get("/images").status_code == 200
    where = ("--data-dir", str(own_server.data))
    assert command("user", "disable", "manager", *where, home=own_server.data.parent).returncode == 0
    assert problem(client.get("/images")) == (401, "api_key_invalid")
    assert command("user", "enable", "manager", *where, home=own_server.data.parent).returncode == 0
    assert problem(client.get("/images")) == (401, "api_key_invalid")


def test_live_events_take_a_key_and_end_with_it(own_server: Server) -> None:
    admin = own_server.signed_in("admin")
    made = make(admin, "pictures:read")
    with listening(own_server, made["key"]) as (socket, greeting):
        assert greeting["type"] == "authentication_success"
        admin.delete(f"/api-keys/{made['api_key']['id']}")
        assert socket.closed()[0] == 4403
    with opened(own_server) as socket:
        socket.send({"type": "authenticate", "access_token": make(admin, "queue:read")["key"]})
        assert socket.closed() == (4401, "scope_missing")


def test_the_command_makes_lists_and_revokes(data_dir: Path, new_server: NewServer) -> None:
    add_people(data_dir)
    home, where = data_dir.parent, ("--data-dir", str(data_dir))
    wanted = ("--account", "Auditor", "--scope", "records:read", "--scope", "queue:read", "--days", "7")
    made = command("apikey", "add", "nightly", *wanted, *where, home=home)
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    listed = command("apikey", "list", "--json", *where, home=home)
    assert key not in listed.stdout
    (entry,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (entry["name"], entry["account_name"], entry["created_by"]) == (
        "nightly",
        "auditor",
        "command line",
    )
    with new_server() as server:
        client = with_key(server, {"key": key})
        assert client.get("/activity").status_code == 200
        revoked = command("apikey", "revoke", entry["id"], *where, home=home)
        assert (revoked.returncode, "revoked" in revoked.stdout) == (0, True)
        assert problem(client.get("/activity")) == (401, "api_key_invalid")
    assert "revoked" in command("apikey", "list", *where, home=home).stdout
    assert command("apikey", "revoke", "nothing", *where, home=home).returncode == 2
    for wrong in (("--days", "366"), ("--scope", "everything"), ("--account", "Nobody")):
        assert command("apikey", "add", "x", *wanted, *wrong, *where, home=home).returncode == 2
