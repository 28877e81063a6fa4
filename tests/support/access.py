"""People who sign in by more than a name and a password, as tests play them."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pyotp

from tests.support.server import MACHINE, PASSWORD, Client, Server

NEW_PASSWORD = "nine dry swans on a lake"


def told(answer: httpx.Response) -> tuple[int, str | None]:
    """Return the status, and the code of a problem."""
    if not answer.content:
        return answer.status_code, None
    return answer.status_code, answer.json().get("code")


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    """Try to sign in."""
    body = {"name": name, "password": password, "machine": MACHINE, **more}
    return client.post("/session", json=body)


def redeem(client: Client, name: str, code: str, **more: Any) -> httpx.Response:
    """Try to come in with a one-time code."""
    body = {"name": name, "code": code, "machine": MACHINE, **more}
    return client.post("/session/reset", json=body)


def user_id(admin: Client, name: str) -> str:
    """Return the id of somebody."""
    people = admin.get("/users").json()["items"]
    return next(str(person["id"]) for person in people if person["name"] == name)


def log_of(reader: Client, account_id: str) -> list[str]:
    """Return what happened to somebody's password, newest first."""
    answer = reader.get(f"/users/{account_id}/password-log")
    assert answer.status_code == 200, answer.text
    return [line["event"] for line in answer.json()["items"]]


def grace(server: Server, name: str = "newcomer", role: str = "viewer") -> Client:
    """Return a client of somebody who was given a password and must choose another."""
    admin = server.signed_in("admin")
    body = {"name": name, "role": role, "password": PASSWORD}
    assert admin.post("/users", json=body).status_code == 201
    return server.client().sign_in(name)


class Authenticator:
    """An app that shows codes; each call gives one of a step that was not used before."""

    def __init__(self, secret: str) -> None:
        self._totp = pyotp.TOTP(secret)
        self._last = 0

    def code(self) -> str:
        """Return the next code; the server's drift allows two within a step."""
        self._last = max(self._last + 1, int(time.time()) // 30)
        return self._totp.generate_otp(self._last)

    def wrong(self) -> str:
        """Return a code that is none of the steps nearby."""
        now = int(time.time()) // 30
        near = {self._totp.generate_otp(now + offset) for offset in range(-5, 6)}
        return next(code for number in range(99) if (code := f"{number:06}") not in near)


def with_second_factor(client: Client) -> tuple[Authenticator, list[str]]:
    """Set up a second factor, and return the app and the recovery codes."""
    begun = client.post("/session/second-factor", json={"password": PASSWORD})
    assert begun.status_code == 201, begun.text
    app = Authenticator(begun.json()["secret"])
    confirmed = client.put("/session/second-factor", json={"code": app.code()})
    assert confirmed.status_code == 200, confirmed.text
    return app, list(confirmed.json()["recovery_codes"])


def rewrite(root: Path, statement: str, *values: object) -> None:
    """Change the catalogue beneath a server, as time would."""
    with closing(sqlite3.connect(root / "catalogue.db", timeout=30)) as raw, raw:
        raw.execute(statement, values)
