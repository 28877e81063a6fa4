"""SQL that reads the audit log for a person or a script, and writes checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from local_server.audit.checkpoint import Checkpoint
from local_server.database.tables import audit_checkpoints, audit_entries


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Entries that no checkpoint has signed: how many, and when the first of them was written."""

    entries: int
    since: datetime


def page(
    connection: Connection,
    *,
    after: int,
    kinds: frozenset[str] = frozenset(),
    since: datetime | None = None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Return entries in their order, from the one after a sequence."""
    statement = _matching(kinds, since).where(audit_entries.c.sequence > after)
    return connection.execute(statement.order_by(audit_entries.c.sequence).limit(limit)).all()


def newest(
    connection: Connection, *, kinds: frozenset[str], since: datetime | None, limit: int
) -> Sequence[Row[Any]]:
    """Return the newest entries in their order."""
    statement = _matching(kinds, since).order_by(audit_entries.c.sequence.desc()).limit(limit)
    return connection.execute(statement).all()[::-1]


def count(connection: Connection) -> int:
    """Return how many entries there are."""
    return connection.execute(select(func.count()).select_from(audit_entries)).scalar_one()


def uncovered(connection: Connection, after: int) -> Uncovered | None:
    """Return what there is after a sequence, or None where nothing is."""
    entry = audit_entries.c
    last = connection.execute(select(func.max(entry.sequence))).scalar()
    since = connection.execute(
        select(entry.time).where(entry.sequence > after).order_by(entry.sequence).limit(1)
    ).scalar()
    return None if last is None or since is None else Uncovered(last - after, since)


def newest_checkpoint(connection: Connection) -> int:
    """Return the entry that the newest checkpoint was made at, 0 where there is none."""
    return connection.execute(select(func.max(audit_checkpoints.c.sequence))).scalar() or 0


def add_checkpoint(connection: Connection, made: Checkpoint) -> None:
    """Store a checkpoint."""
    connection.execute(
        insert(audit_checkpoints).values(
            sequence=made.sequence,
            time=made.time,
            hash=made.hash,
            content=made.content,
            signature=made.signature,
        )
    )


def _matching(kinds: frozenset[str], since: datetime | None) -> Select[Any]:
    statement = select(audit_entries)
    if kinds:
        statement = statement.where(audit_entries.c.kind.in_(kinds))
    if since is not None:
        statement = statement.where(audit_entries.c.time >= since)
    return statement
