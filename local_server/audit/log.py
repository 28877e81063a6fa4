"""Append to the audit log inside the caller's transaction, and verify the whole of it."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Text, cast, delete, insert, select

from local_server.audit.entry import Entry, chain, genesis, seal_head
from local_server.database.tables import audit_entries, installation

HEAD_KEY: Final = "audit_head"
HEAD_LOST: Final = "audit_head_lost"
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry that is known to be good: where a verification may start, and where one ended."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found."""

    entries: int
    intact: bool
    first_bad: int | None = None
    what: str | None = None
    anchor: Anchor | None = None


class AuditLog:
    """The chain's rules; holds no state but its key, so any process may append in its own transaction."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock

    def record(
        self,
        connection: Connection,
        kind: str,
        *,
        account_id: str | None = None,
        account_name: str | None = None,
        viewing_session_id: str | None = None,
        picture_id: str | None = None,
        detail: Mapping[str, Any] = _NOTHING,
    ) -> int:
        """Append one entry and return its sequence; the connection must hold the write lock.

        The next entry follows the sealed head, not the last row: where rows were cut off the end, a gap
        stays.
        """
        head = self._head(connection)
        if head is None:
            last = _last(connection)
            head = last or Anchor(0, genesis(self._key))
            if last is not None:
                head = self._append(connection, head, HEAD_LOST, None, None, None, None, {})
        head = self._append(
            connection, head, kind, account_id, account_name, picture_id, viewing_session_id, detail
        )
        self._store_head(connection, head)
        return head.sequence

    def verify(self, connection: Connection, start: Anchor | None = None) -> Verification:
        """Walk the chain from its genesis, or from an entry already verified; name the first that is wrong.

        What it cannot see: the whole database put back to an earlier copy of itself.
        """
        trusted = start or Anchor(0, genesis(self._key))
        for row in _rows(connection, trusted.sequence):
            fault = self._fault(trusted, row)
            if fault:
                return Verification(trusted.sequence, False, trusted.sequence + 1, fault)
            trusted = Anchor(row.sequence, row.hash)
        head = self._head(connection)
        if head is None and trusted.sequence:
            what = "The sealed end of the log is missing or forged: its last entries may have been removed."
            return Verification(trusted.sequence, False, trusted.sequence + 1, what)
        if head is not None and head != trusted:
            what = f"Entry {trusted.sequence + 1} is missing: the log ended with entry {head.sequence}."
            return Verification(trusted.sequence, False, trusted.sequence + 1, what)
        return Verification(trusted.sequence, True, anchor=trusted)

    def _fault(self, trusted: Anchor, row: Row[Any]) -> str | None:
        expected = trusted.sequence + 1
        if row.sequence != expected:
            if isinstance(row.sequence, int) and row.sequence > expected:
                return f"Entry {expected} is missing: the next entry is {row.sequence}."
            return f"Before entry {expected} stands one with the number {row.sequence!r}: it was inserted."
        try:
            fits = hmac.compare_digest(chain(self._key, str(row.previous_hash), _entry(row)), str(row.hash))
        except (TypeError, ValueError, AttributeError):
            return f"Entry {expected} was changed: it can no longer be read."
        if row.previous_hash != trusted.hash:
            return (
                f"Entry {expected} does not follow the one before it: "
                "entries were removed, inserted or reordered."
            )
        if not fits:
            return f"Entry {expected} was changed: its content does not fit its hash."
        if row.kind == HEAD_LOST:
            return (
                f"When entry {expected} was written the sealed end of the log had been removed or forged: "
                "entries before it may be missing."
            )
        return None

    def _append(
        self,
        connection: Connection,
        head: Anchor,
        kind: str,
        account_id: str | None,
        account_name: str | None,
        picture_id: str | None,
        viewing_session_id: str | None,
        detail: Mapping[str, Any],
    ) -> Anchor:
        # Through JSON and back: what is hashed must be what a reader gets (tuples are lists, keys are texts).
        stored = json.loads(json.dumps(dict(detail), allow_nan=False))
        entry = Entry(
            sequence=head.sequence + 1,
            time=self._clock(),
            kind=kind,
            account_id=account_id,
            account_name=account_name,
            picture_id=picture_id,
            viewing_session_id=viewing_session_id,
            detail=stored,
        )
        new_hash = chain(self._key, head.hash, entry)
        connection.execute(
            insert(audit_entries).values(
                sequence=entry.sequence,
                time=entry.time,
                kind=kind,
                account_id=account_id,
                account_name=account_name,
                picture_id=picture_id,
                viewing_session_id=viewing_session_id,
                detail=stored,
                previous_hash=head.hash,
                hash=new_hash,
            )
        )
        return Anchor(entry.sequence, new_hash)

    def _head(self, connection: Connection) -> Anchor | None:
        """Return the sealed head, or None where it is absent or not ours."""
        value = connection.execute(
            select(cast(installation.c.value, Text)).where(installation.c.key == HEAD_KEY)
        ).scalar()
        try:
            stored = json.loads(value or "null")
            head = Anchor(int(stored["count"]), str(stored["hash"]))
            good = hmac.compare_digest(seal_head(self._key, head.sequence, head.hash), str(stored["seal"]))
        except (TypeError, ValueError, KeyError):
            return None
        return head if good else None

    def _store_head(self, connection: Connection, head: Anchor) -> None:
        value = {
            "count": head.sequence,
            "hash": head.hash,
            "seal": seal_head(self._key, head.sequence, head.hash),
        }
        connection.execute(delete(installation).where(installation.c.key == HEAD_KEY))
        connection.execute(insert(installation).values(key=HEAD_KEY, value=value))


def _last(connection: Connection) -> Anchor | None:
    row = connection.execute(
        select(audit_entries.c.sequence, audit_entries.c.hash)
        .order_by(audit_entries.c.sequence.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Anchor(int(row.sequence), str(row.hash))


def _rows(connection: Connection, after: int) -> Iterator[Row[Any]]:
    """Yield the rows after a sequence; time and detail as text: a tampered value must not stop the walk."""
    columns = audit_entries.c
    statement = select(
        columns.sequence,
        cast(columns.time, Text).label("time"),
        columns.kind,
        columns.account_id,
        columns.account_name,
        columns.picture_id,
        columns.viewing_session_id,
        cast(columns.detail, Text).label("detail"),
        columns.previous_hash,
        columns.hash,
    ).order_by(columns.sequence)
    if after:
        statement = statement.where(columns.sequence > after)
    yield from connection.execution_options(yield_per=1000).execute(statement)


def _entry(row: Row[Any]) -> Entry:
    time = datetime.fromisoformat(row.time)
    return Entry(
        sequence=row.sequence,
        time=time if time.tzinfo else time.replace(tzinfo=UTC),
        kind=row.kind,
        account_id=row.account_id,
        account_name=row.account_name,
        picture_id=row.picture_id,
        viewing_session_id=row.viewing_session_id,
        detail=json.loads(row.detail),
    )
