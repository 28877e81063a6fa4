"""Walk along the stored chain and name the first entry that is wrong."""

import hmac
import json
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Text, cast, select

from local_server.audit.checkpoint import Checkpoint, Signer, holds
from local_server.audit.entry import Entry, add_content, chain, genesis, no_content
from local_server.database.tables import audit_checkpoints, audit_entries

HEAD_LOST: Final = "audit_head_lost"
# What reading a value raises that no writer of ours has written.
UNREADABLE: Final = (TypeError, ValueError, AttributeError, OverflowError, RecursionError)
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry that is known to be good: where a verification may start, and where one ended."""

    sequence: int
    hash: str
    # Of all entries up to this one; empty where it was not walked to.
    content: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found; `checkpoints` held, the last of them at entry `signed_to`."""

    entries: int
    intact: bool
    first_bad: int | None = None
    what: str | None = None
    anchor: Anchor | None = None
    checkpoints: int = 0
    signed_to: int = 0


class Walk:
    """One verification in the making."""

    def __init__(self, key: bytes, start: Anchor | None, signer: Signer | None) -> None:
        self._key = key
        self._signer = signer
        self.trusted = start or Anchor(0, genesis(key), no_content())
        self._checkpoints: dict[Any, Checkpoint | None] = {}
        self._held = 0
        self._signed_to = 0

    def along(self, connection: Connection) -> Verification:
        """Follow the rows from the trusted entry to the last one."""
        if self._signer is not None:
            self._checkpoints = _checkpoints(connection, self.trusted.sequence)
        # Where it stops half-way, the server's cursor is not left open.
        with closing(_rows(connection, self.trusted.sequence)) as rows:
            for row in rows:
                fault = self._follow(row)
                if fault:
                    return self.broken(fault)
        for sequence, checkpoint in self._checkpoints.items():
            # Those that were passed are gone from the mapping.
            return self.broken(self._left_over(sequence, checkpoint))
        return Verification(
            self.trusted.sequence,
            True,
            anchor=self.trusted,
            checkpoints=self._held,
            signed_to=self._signed_to,
        )

    def broken(self, what: str) -> Verification:
        """Return that the entry after the last trusted one is wrong."""
        last = self.trusted.sequence
        return Verification(last, False, last + 1, what, checkpoints=self._held, signed_to=self._signed_to)

    def _follow(self, row: Row[Any]) -> str | None:
        """Trust one more entry, or say what is wrong with it."""
        before, expected = self.trusted, self.trusted.sequence + 1
        if row.sequence != expected:
            if isinstance(row.sequence, int) and row.sequence > expected:
                return f"Entry {expected} is missing: the next entry is {row.sequence}."
            return f"Before entry {expected} stands one with the number {row.sequence!r}: it was inserted."
        try:
            canonical = _entry(row).canonical()
            fits = hmac.compare_digest(chain(self._key, str(row.previous_hash), canonical), str(row.hash))
        except UNREADABLE:
            return f"Entry {expected} was changed: it can no longer be read."
        if row.previous_hash != before.hash:
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
        reached = Anchor(expected, row.hash, add_content(before.content, before.hash, canonical))
        fault = self._compare(reached)
        if fault is None:
            self.trusted = reached
        return fault

    def _compare(self, reached: Anchor) -> str | None:
        """Compare an entry with what was signed when it was the last one."""
        if self._signer is None or reached.sequence not in self._checkpoints:
            return None
        checkpoint = self._checkpoints.pop(reached.sequence)
        if checkpoint is None or not holds(checkpoint, self._signer.public_key, self._signer.installation):
            return f"The checkpoint at entry {reached.sequence} was changed or forged."
        if (checkpoint.hash, checkpoint.content) != (reached.hash, reached.content):
            return (
                f"Entry {reached.sequence} or one before it is not what was signed: "
                "the log was written anew by somebody who has its key."
            )
        self._held += 1
        self._signed_to = reached.sequence
        return None

    def _left_over(self, sequence: object, checkpoint: Checkpoint | None) -> str:
        signer = self._signer
        if (
            signer is None
            or checkpoint is None
            or not holds(checkpoint, signer.public_key, signer.installation)
        ):
            return f"The checkpoint at entry {sequence} was changed or forged."
        return f"Entry {self.trusted.sequence + 1} is missing: entry {sequence} was signed."


def last_checkpoint(connection: Connection, signer: Signer) -> Checkpoint | None:
    """Return the newest checkpoint, or None where there is none that holds."""
    found = connection.execute(
        _select_checkpoints().order_by(audit_checkpoints.c.sequence.desc()).limit(1)
    ).one_or_none()
    checkpoint = None if found is None else _checkpoint(found)
    if checkpoint is None or not holds(checkpoint, signer.public_key, signer.installation):
        return None
    return checkpoint


def checkpoints(connection: Connection, after: int = 0) -> list[Checkpoint | None]:
    """Return the stored checkpoints in their order; None for one that can't be read."""
    return list(_checkpoints(connection, after).values())


def _checkpoints(connection: Connection, after: int) -> dict[Any, Checkpoint | None]:
    statement = _select_checkpoints().order_by(audit_checkpoints.c.sequence)
    if after:
        statement = statement.where(audit_checkpoints.c.sequence > after)
    return {row.sequence: _checkpoint(row) for row in connection.execute(statement)}


def _select_checkpoints() -> Any:
    columns = audit_checkpoints.c
    return select(
        columns.sequence,
        cast(columns.time, Text).label("time"),
        columns.hash,
        columns.content,
        columns.signature,
    )


def _checkpoint(row: Row[Any]) -> Checkpoint | None:
    try:
        values = (str(row.hash), str(row.content), str(row.signature))
        return Checkpoint(row.sequence, _moment(row.time), *values)
    except UNREADABLE:
        return None


def _rows(connection: Connection, after: int) -> Generator[Row[Any], None, None]:
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
    with connection.execute(statement, execution_options={"yield_per": _PAGE}) as result:
        yield from result


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        sequence=row.sequence,
        time=_moment(row.time),
        kind=row.kind,
        account_id=row.account_id,
        account_name=row.account_name,
        picture_id=row.picture_id,
        viewing_session_id=row.viewing_session_id,
        detail=_object(row.detail),
    )


def _object(text: str) -> Mapping[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError("a detail is an object")
    return found


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
