"""The page docs/api.md, written from the scopes of API keys and from what every route asks for."""

from collections.abc import Mapping
from typing import Any, Final

from local_server.accounts.models import KeyScope, Role

MEANINGS: Final[Mapping[KeyScope, str]] = {
    KeyScope.PICTURES_READ: "list pictures and fetch them, marked",
    KeyScope.PICTURES_WRITE: "rate, flag, tag, rename and add pictures",
    KeyScope.RECORDS_READ: "read activity, recordings and the audit log",
    KeyScope.RECORDS_WRITE: "send recordings of viewing sessions and reports of captures",
    KeyScope.PEOPLE_READ: "list accounts and what they may see",
    KeyScope.QUEUE_READ: "watch imports and the queue",
}


def page(openapi: Mapping[str, Any]) -> str:
    """Return docs/api.md, from a description that says of each route who is let in."""
    scopes = "\n".join(f"| `{scope}` | {MEANINGS[scope]} |" for scope in KeyScope)
    routes = []
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            roles = operation.get("x-roles")
            told = "no sign-in" if roles is None else "all" if len(roles) == len(Role) else ", ".join(roles)
            scope = f"`{operation['x-scope']}`" if "x-scope" in operation else ""
            routes.append(f"| `{method.upper()} {path}` | {told} | {scope} |")
    return _PAGE.format(scopes=scopes, routes="\n".join(routes))


_PAGE: Final = """\
# The interface for programs

Everything that the desktop does goes over HTTP at `/api` (the same as `/api/v1`) and the WebSocket `/ws`.
All addresses, bodies and answers are in `resources/contract/openapi.json`, all error codes in `errors.json`
beside it.
Errors are problem documents (RFC 9457) with a code, a sentence, and advice. How to begin is in
[programs.md](programs.md).

## API keys

A program signs in with a key instead of a password: `X-API-Key: vsk_…`, in place of `Authorization`. A key

- acts as one account, with that account's role and albums, and its scopes narrow that further;
- is shown once, when it is made; the server keeps its SHA-256 only;
- ends after the days that were asked for, at most 365, when somebody revokes it, or when its account is
  closed; a new password leaves it alone;
- has a viewing session of its own: what it fetches carries that session's mark, and `trace` and the audit log
  name the key and its account;
- may send `API_KEY_RATE` requests.

Admins and managers make, list and revoke keys of their own account at `/api/api-keys`; admins see and revoke
everybody's. On the server's machine the owner of the data directory makes them for any account:

    vaultsecure-server apikey add "Nightly report" --account Ada --scope records:read --days 90
    vaultsecure-server apikey list
    vaultsecure-server apikey revoke ID

| scope | lets a program |
|---|---|
{scopes}

No scope changes accounts, passwords, settings or keys: that takes a person. At an address without a scope in
the table below a key gets `api_key_refused`.

## Who may ask for what

A role that is not named gets `not_allowed`; without a token or a key the answer is `token_missing`.

| address | roles | scope of a key |
|---|---|---|
{routes}
"""
