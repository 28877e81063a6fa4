"""The list of people, and the log of each one's password, for admins and auditors."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_server.accounts import credential_queries, people_queries
from local_server.accounts.errors import AccountUnknown, CursorInvalid
from local_server.accounts.models import Person
from local_server.accounts.policy import Policy
from local_server.database.engine import Database


@dataclass(frozen=True, slots=True)
class LogLine:
    """Something that happened to a password, a code or a second factor."""

    id: int
    time: datetime
    event: str
    by: str | None
    detail: dict[str, Any]


class People:
    """Reads, and changes nothing."""

    def __init__(self, database: Database, policy: Policy, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._policy = policy
        self._clock = clock

    def page(self, *, limit: int, cursor: str | None) -> tuple[list[Person], str | None]:
        """Return a page of people by name, and the cursor of the next page."""
        after = None if cursor is None else _read(cursor)
        with self._database.read() as connection:
            rows = people_queries.page(connection, after, limit + 1)
        following = _written(rows[limit - 1][0]) if len(rows) > limit else None
        return [person for _, person in rows[:limit]], following

    def one(self, account_id: str) -> Person:
        """Return one person; raises AccountUnknown."""
        with self._database.read() as connection:
            person = people_queries.person(connection, account_id)
        if person is None:
            raise AccountUnknown
        return person

    def log(self, account_id: str, *, limit: int, cursor: str | None) -> tuple[list[LogLine], str | None]:
        """Return a page of the log of an account, newest first; raises AccountUnknown."""
        before = None if cursor is None else _number(cursor)
        self.one(account_id)
        with self._database.read() as connection:
            rows = credential_queries.account_log(connection, account_id, before, limit + 1)
        lines = [LogLine(row.id, row.time, row.event, row.by_name, row.detail) for row in rows[:limit]]
        return lines, _written(str(lines[-1].id)) if len(rows) > limit else None

    def password_expires_at(self, person: Person) -> datetime | None:
        """Return when the password must be changed; None for never, and where there is none."""
        return self._policy.expires_at(person.password_changed_at) if person.has_password else None

    def locked_until(self, person: Person) -> datetime | None:
        """Return when a lock ends that holds now."""
        end = person.locked_until
        return end if end is not None and end > self._clock() else None


def _written(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read(cursor: str) -> str:
    try:
        place = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise CursorInvalid from None
    # A database takes no NUL in a text, and no cursor of ours has one.
    if not place or "\0" in place:
        raise CursorInvalid
    return place


def _number(cursor: str) -> int:
    place = _read(cursor)
    if not (place.isascii() and place.isdecimal() and len(place) <= 18):
        raise CursorInvalid
    return int(place)
