"""People as an admin sees them, what each may see, and what can be done about both; on the io thread."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from desktop.client.answers import Model
from desktop.client.transport import read_json

PAGE = 500
LINES = 50


@dataclass(frozen=True, slots=True)
class Exemption(Model):
    """That the capture guard hides nothing from a person."""

    reason: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person(Model):
    """An account with how it is doing."""

    id: str
    name: str
    role: str
    sees: str
    email: str | None
    created_at: datetime
    disabled_at: datetime | None
    last_seen_at: datetime | None
    second_factor: bool
    password_expires_at: datetime | None
    must_change_password: bool
    locked_until: datetime | None
    assistive: Exemption | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage(Model):
    """GET /users: people by name."""

    items: tuple[Person, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ResetCode(Model):
    """A one-time code; the server keeps nothing that it could be shown from again."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewPerson(Model):
    """POST /users: who was added, and the code by which they choose a password."""

    user: Person
    reset_code: ResetCode | None


@dataclass(frozen=True, slots=True)
class Way(Model):
    """An album that a person may see, and the grant by which; `pictures` are those in the album itself."""

    album_id: str
    album: str
    pictures: int
    grant_id: str
    inherited: bool
    granted_on_id: str
    granted_on: str
    expires_at: datetime | None
    view_limit: int | None
    views_left: int | None


@dataclass(frozen=True, slots=True)
class Access(Model):
    """GET /users/{id}/access: `sees` is library, albums or nothing; `total` counts different pictures."""

    sees: str
    total: int
    items: tuple[Way, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class LogLine(Model):
    """Something that happened to a password, a code or a second factor."""

    id: int
    time: datetime
    event: str
    by: str | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogPage(Model):
    """GET /users/{id}/password-log, newest first."""

    items: tuple[LogLine, ...]
    next: str | None


class People:
    """The people of the server; `send` is how `client.api.Gallery` asks."""

    def __init__(self, send: Callable[..., Awaitable[httpx.Response]]) -> None:
        self._send = send
        self.page = PAGE

    async def all(self) -> tuple[Person, ...]:
        """Fetch everybody, by name."""
        found: list[Person] = []
        cursor: str | None = None
        while True:
            page = PeoplePage.read(await self._page("/api/users", cursor, self.page))
            found += page.items
            cursor = page.next
            if cursor is None:
                return tuple(found)

    async def add(self, name: str, role: str, sees: str | None, email: str | None) -> NewPerson:
        """Add somebody, who chooses a password by the code in the answer."""
        body = {"name": name, "role": role, "sees": sees, "email": email}
        return NewPerson.read(read_json(await self._send("POST", "/api/users", json=body)))

    async def change(self, account_id: str, **changes: object) -> Person:
        """Change role, sees, email or disabled."""
        path = f"/api/users/{account_id}"
        return Person.read(read_json(await self._send("PATCH", path, json=changes, repeatable=True)))

    async def make_code(self, account_id: str) -> ResetCode:
        """Make a one-time code, which replaces the one before."""
        return ResetCode.read(read_json(await self._send("POST", f"/api/users/{account_id}/reset-code")))

    async def end_sessions(self, account_id: str) -> None:
        """Sign somebody out everywhere."""
        await self._send("DELETE", f"/api/users/{account_id}/sessions")

    async def remove_second_factor(self, account_id: str) -> None:
        """Remove the second factor of somebody who has lost it."""
        await self._send("DELETE", f"/api/users/{account_id}/second-factor")

    async def exempt(self, account_id: str, reason: str, expires_at: datetime | None) -> Person:
        """Let the capture guard hide nothing from somebody."""
        until = None if expires_at is None else expires_at.isoformat()
        body = {"reason": reason, "expires_at": until}
        path = f"/api/users/{account_id}/assistive"
        return Person.read(read_json(await self._send("PUT", path, json=body, repeatable=True)))

    async def end_exemption(self, account_id: str) -> Person:
        """Take an exemption back."""
        return Person.read(read_json(await self._send("DELETE", f"/api/users/{account_id}/assistive")))

    async def log(self, account_id: str, cursor: str | None = None) -> LogPage:
        """Fetch a page of what happened to somebody's password."""
        return LogPage.read(await self._page(f"/api/users/{account_id}/password-log", cursor, LINES))

    async def access(self, account_id: str, cursor: str | None = None) -> Access:
        """Fetch a page of what somebody may see now."""
        return Access.read(await self._page(f"/api/users/{account_id}/access", cursor, LINES))

    async def grant(
        self, album_id: str, account_id: str, expires_at: datetime | None, view_limit: int | None
    ) -> None:
        """Let somebody see an album; a grant from before is replaced."""
        until = None if expires_at is None else expires_at.isoformat()
        body = {"account_id": account_id, "expires_at": until, "view_limit": view_limit}
        await self._send("POST", f"/api/albums/{album_id}/grants", json=body, repeatable=True)

    async def revoke(self, grant_id: str) -> None:
        """End a grant."""
        await self._send("DELETE", f"/api/grants/{grant_id}")

    async def _page(self, path: str, cursor: str | None, limit: int) -> Any:
        params: dict[str, str | int] = {"limit": limit}
        if cursor is not None:
            params["cursor"] = cursor
        return read_json(await self._send("GET", path, params=params))
