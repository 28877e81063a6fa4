"""SQL that reads the audit log for a person or a script."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from local_server.database.tables import audit_entries


def page(
    connection: Connection, *, after: int, kinds: frozenset[str], since: datetime | None, limit: int
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


def _matching(kinds: frozenset[str], since: datetime | None) -> Select[Any]:
    statement = select(audit_entries)
    if kinds:
        statement = statement.where(audit_entries.c.kind.in_(kinds))
    if since is not None:
        statement = statement.where(audit_entries.c.time >= since)
    return statement
