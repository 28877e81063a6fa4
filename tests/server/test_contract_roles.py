"""Every route and every role: who may, who may not, and that no route was forgotten."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx
import pytest

from local_server import contract
from local_server.accounts.tokens import Tokens
from tests.support.server import ROLES, Client, Server
from tests.support.tokens import ago, parts, signer, unsigned

ANYBODY = frozenset({"nobody", *ROLES})
SIGNED_IN = frozenset(ROLES)
LOOKS = frozenset({"admin", "manager", "viewer", "kiosk"})
CURATES = frozenset({"admin", "manager"})
READS_RECORDS = frozenset({"admin", "auditor"})
ADMIN = frozenset({"admin"})

ALLOWED: Mapping[str, frozenset[str]] = {
    "GET /health": ANYBODY,
    "GET /metrics": ANYBODY,
    "GET /api/test": ANYBODY,
    "POST /api/setup": ANYBODY,
    "POST /api/session": ANYBODY,
    "POST /api/session/refresh": ANYBODY,
    "POST /api/session/reset": ANYBODY,
    "GET /api/session": SIGNED_IN,
    "PUT /api/session/password": SIGNED_IN,
    "POST /api/session/second-factor": SIGNED_IN,
    "PUT /api/session/second-factor": SIGNED_IN,
    "DELETE /api/session/second-factor": SIGNED_IN,
    "GET /api/users": ADMIN,
    "POST /api/users": ADMIN,
    "GET /api/users/{account_id}": ADMIN,
    "PATCH /api/users/{account_id}": ADMIN,
    "POST /api/users/{account_id}/reset-code": ADMIN,
    "DELETE /api/users/{account_id}/sessions": ADMIN,
    "DELETE /api/users/{account_id}/second-factor": ADMIN,
    "GET /api/users/{account_id}/password-log": READS_RECORDS,
    "GET /api/session/overlay": LOOKS,
    "PUT /api/session/protection": LOOKS,
    "PUT /api/users/{account_id}/assistive": ADMIN,
    "DELETE /api/users/{account_id}/assistive": ADMIN,
    "GET /api/guard/ledger": READS_RECORDS,
    "PUT /api/activity/{sequence}/judgement": ADMIN,
    "POST /api/guard/quiet": ADMIN,
    "DELETE /api/guard/quiet/{quiet_id}": ADMIN,
    "POST /api/trace": READS_RECORDS,
    "GET /api/trace": READS_RECORDS,
    "GET /api/trace/{trace_id}": READS_RECORDS,
    "DELETE /api/trace/{trace_id}": READS_RECORDS,
    "GET /api/trace/{trace_id}/parts/{part}": ADMIN,
    "GET /api/session/organisation": ANYBODY,
    "POST /api/session/organisation/start": ANYBODY,
    "POST /api/session/organisation/finish": ANYBODY,
    "POST /api/api-keys": CURATES,
    "GET /api/api-keys": CURATES,
    "DELETE /api/api-keys/{key_id}": CURATES,
    "GET /api/health": ANYBODY,
    "GET /api/debug": ADMIN,
    "GET /api/queue/status": SIGNED_IN,
    "GET /api/library": LOOKS,
    "GET /api/images": LOOKS,
    "POST /api/images": CURATES,
    "GET /api/batches/{batch_id}": CURATES,
    "GET /api/batches/{batch_id}/files": CURATES,
    "DELETE /api/batches/{batch_id}": CURATES,
    "GET /api/images/{picture_id}": LOOKS,
    "PATCH /api/images/{picture_id}": CURATES,
    "POST /api/images/{picture_id}/export": CURATES,
    "GET /api/images/by-hash/{content_hash}": LOOKS,
    "POST /api/images/open": LOOKS,
    "POST /api/images/tokens": LOOKS,
    "GET /api/secure/image/{picture_id}/view": LOOKS,
    "POST /api/images/{picture_id}/url": LOOKS,
    # Its token is in the address.
    "GET /api/secure/image/{picture_id}/signed": ANYBODY,
    "GET /api/albums": LOOKS,
    "POST /api/albums": CURATES,
    "PATCH /api/albums/{album_id}": CURATES,
    "DELETE /api/albums/{album_id}": CURATES,
    "PUT /api/albums/{album_id}/pictures": CURATES,
    "DELETE /api/albums/{album_id}/pictures": CURATES,
    "GET /api/albums/{album_id}/grants": CURATES,
    "POST /api/albums/{album_id}/grants": CURATES,
    "DELETE /api/grants/{grant_id}": CURATES,
    "GET /api/users/{account_id}/access": ADMIN,
    "GET /api/gallery": CURATES,
    "PUT /api/gallery": ADMIN,
    "POST /api/gallery/scan": CURATES,
    "GET /api/imports": CURATES,
    "GET /api/imports/refused": CURATES,
    "GET /api/features": SIGNED_IN,
    "GET /api/features/all": ADMIN,
    "PUT /api/features/{name}": ADMIN,
    "POST /api/violations": LOOKS,
    "POST /api/logs": SIGNED_IN,
    "GET /api/activity": READS_RECORDS,
    "GET /api/activity/summary": READS_RECORDS,
    "GET /api/activity/{sequence}/evidence": READS_RECORDS,
    "GET /api/session/records": SIGNED_IN,
    "GET /api/status": READS_RECORDS,
    "POST /api/sessions": LOOKS,
    "GET /api/sessions": SIGNED_IN,
    "GET /api/sessions/{recording_id}": SIGNED_IN,
    "POST /api/sessions/{recording_id}/end": LOOKS,
    "GET /api/sessions/{recording_id}/interactions": SIGNED_IN,
    "POST /api/sessions/{recording_id}/screenshots": LOOKS,
    "GET /api/sessions/{recording_id}/screenshots": SIGNED_IN,
    "GET /api/sessions/{recording_id}/screenshots/{screenshot_id}": SIGNED_IN,
    "POST /api/interactions": LOOKS,
    "GET /api/audit/export": READS_RECORDS,
    "GET /api/session/organisation/logout": SIGNED_IN,
    # Last: it ends the session that the others use.
    "DELETE /api/session": SIGNED_IN,
}

TURNED_AWAY = frozenset({"token_missing", "token_invalid", "token_expired", "session_ended", "not_allowed"})

# Nothing of these exists: an allowed caller gets a 404 or a 422, never somebody's picture.
NOWHERE = {
    "key_id": "0" * 32,
    "picture_id": "0" * 32,
    "batch_id": "0" * 32,
    "content_hash": "0" * 64,
    "sequence": "999999999",
    "name": "no_such_feature",
    "recording_id": "0" * 32,
    "screenshot_id": "00000000-0000-0000-0000-000000000000",
    "album_id": "0" * 32,
    "grant_id": "0" * 32,
    "quiet_id": "0" * 32,
    "account_id": "0" * 32,
    "trace_id": "0" * 32,
    "part": "0",
}


def test_the_table_names_every_route_of_the_interface() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, methods in contract.openapi()["paths"].items()
        for method in methods
    }
    assert described == set(ALLOWED)


def test_the_table_is_that_of_the_documents() -> None:
    written = {}
    for line in (contract.ROOT / "docs" / "api.md").read_text().splitlines():
        found = re.match(r"\| `([A-Z]+ /[^`]*)` \| ([^|]+) \|", line)
        if found:
            written[found[1]] = found[2]
    spoken = {ANYBODY: "no sign-in", SIGNED_IN: "all"}
    expected = {
        route: spoken.get(allowed, ", ".join(role for role in ROLES if role in allowed))
        for route, allowed in ALLOWED.items()
    }
    assert written == expected


def ask(client: Client, route: str) -> httpx.Response:
    method, path = route.split(" ", 1)
    body: dict[str, object] | None = {} if method in ("POST", "PUT", "PATCH") else None
    return client.request(method, path.format(**NOWHERE), json=body)


def told(answer: httpx.Response) -> tuple[int, str | None]:
    problem = (
        answer.headers["content-type"].startswith("application/problem+json") if answer.content else False
    )
    return answer.status_code, answer.json()["code"] if problem else None


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_each_role_is_let_in_where_the_table_says_and_nowhere_else(server: Server, role: str) -> None:
    client = server.client(root="")
    if role != "nobody":
        client.carry(server.signed_in(role).session)
    for route, allowed in ALLOWED.items():
        status, code = told(ask(client, route))
        if role in allowed:
            assert code not in TURNED_AWAY, f"{route}: {code}"
            assert status < 500, f"{route}: {code}"
        elif role == "nobody":
            assert (status, code) == (401, "token_missing"), route
        else:
            assert (status, code) == (403, "not_allowed"), route


def test_the_second_address_of_the_interface_has_the_same_gate(server: Server) -> None:
    client = server.client(root="")
    for route, allowed in ALLOWED.items():
        if "/api/" in route and "nobody" not in allowed:
            assert told(ask(client, route.replace("/api/", "/api/v1/")))[0] == 401, route


def _token(client: Client) -> str:
    return str(client.session["access_token"])


def _refresh(client: Client) -> str:
    return str(client.session["refresh_token"])


def _who(client: Client) -> tuple[str, str]:
    return client.session["account"]["id"], client.session["viewing_session"]["id"]


def _signed(server: Server, client: Client, clock: Callable[[], datetime]) -> str:
    return signer(server.data, clock).access(*_who(client))[0]


def _forged(server: Server, client: Client) -> str:
    issuer = parts(_token(client))[1]["iss"]
    return Tokens(bytes(32), issuer, ago()).access(*_who(client))[0]


def _anothers(server: Server, client: Client) -> str:
    other = server.signed_in("auditor" if client.session["account"]["role"] != "auditor" else "admin")
    return signer(server.data, ago()).access(_who(client)[0], _who(other)[1])[0]


Bad = tuple[str, Callable[[Server, Client], str], int, str]

# A token of each role is tried in each of these states; where anybody may ask, it must not matter.
BAD_TOKENS: tuple[Bad, ...] = (
    ("expired", lambda server, client: _signed(server, client, ago(days=1)), 401, "token_expired"),
    ("signed with another key", _forged, 401, "token_invalid"),
    ("not signed at all", lambda server, client: unsigned(_token(client)), 401, "token_invalid"),
    ("of another person", _anothers, 401, "token_invalid"),
    ("for another use", lambda server, client: _refresh(client), 401, "token_invalid"),
    ("no token", lambda server, client: "x" * 40, 401, "token_invalid"),
)


@pytest.mark.parametrize("bad", BAD_TOKENS, ids=[name for name, *_ in BAD_TOKENS])
@pytest.mark.parametrize("role", ROLES)
def test_no_route_takes_a_token_that_is_not_good(server: Server, role: str, bad: Bad) -> None:
    _, made, status, code = bad
    owner = server.signed_in(role)
    client = server.client(root="")
    client.headers["Authorization"] = f"Bearer {made(server, owner)}"
    for route, allowed in ALLOWED.items():
        if "nobody" not in allowed:
            assert told(ask(client, route)) == (status, code), route
    assert owner.get("/session").status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_no_route_takes_the_token_of_a_session_that_has_ended(server: Server, role: str) -> None:
    client = server.client(root="").carry(server.signed_in(role).session)
    assert client.delete("/api/session").status_code == 204
    for route, allowed in ALLOWED.items():
        if "nobody" not in allowed:
            assert told(ask(client, route)) == (401, "session_ended"), route
