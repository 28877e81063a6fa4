"""SQL of the pictures that wait to be decoded: which are free, and who has taken one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from local_server.database.tables import pictures
from local_server.importer.queries import WAITING


def free(now: datetime) -> ColumnElement[bool]:
    """Return the condition for a picture to wait, with nobody at it and no pause to keep."""
    return and_(
        pictures.c.status == WAITING,
        or_(pictures.c.lease_until.is_(None), pictures.c.lease_until < now),
        or_(pictures.c.retry_at.is_(None), pictures.c.retry_at <= now),
    )


def unfinished(connection: Connection, now: datetime, limit: int) -> list[tuple[str, int]]:
    """Return present pictures that are free to be taken, with their priority, in the order of taking.

    What somebody waits for comes first, then what failed least, then what is newest.
    """
    rows = connection.execute(
        select(pictures.c.id, pictures.c.priority)
        .where(pictures.c.present, free(now))
        .order_by(pictures.c.priority.desc(), pictures.c.attempts, pictures.c.added_at.desc(), pictures.c.id)
        .limit(limit)
    )
    return [(str(picture_id), int(priority)) for picture_id, priority in rows]


def claim(connection: Connection, picture_id: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take the lease of a waiting picture; False when it is done or somebody else is at it."""
    return (
        connection.execute(
            update(pictures)
            .where(pictures.c.id == picture_id, free(now))
            .values(lease_owner=owner, lease_until=until, attempts=pictures.c.attempts + 1)
        ).rowcount
        == 1
    )


def renew(connection: Connection, owner: str, until: datetime) -> None:
    """Keep the leases of an owner who is alive."""
    connection.execute(
        update(pictures)
        .where(pictures.c.status == WAITING, pictures.c.lease_owner == owner)
        .values(lease_until=until)
    )


def release(connection: Connection, picture_id: str, owner: str, retry_at: datetime | None = None) -> None:
    """Give a lease back without a result, to be tried again at a time; the attempt does not count."""
    connection.execute(
        update(pictures)
        .where(pictures.c.id == picture_id, pictures.c.lease_owner == owner)
        .values(
            lease_owner=None,
            lease_until=None,
            attempts=pictures.c.attempts - 1,
            retry_at=retry_at,
            retries=pictures.c.retries + (0 if retry_at is None else 1),
        )
    )


def finish(connection: Connection, picture_id: str, owner: str, values: dict[str, Any]) -> bool:
    """Write a result; False when the lease was lost, and then nothing is written."""
    return (
        connection.execute(
            update(pictures)
            .where(pictures.c.id == picture_id, pictures.c.status == WAITING, pictures.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None, retry_at=None, retries=0, **values)
        ).rowcount
        == 1
    )


def active_count(connection: Connection, now: datetime) -> int:
    """Count the pictures that are being decoded."""
    return connection.execute(
        select(func.count()).where(pictures.c.status == WAITING, pictures.c.lease_until >= now)
    ).scalar_one()


def clear_leases(connection: Connection, owner_prefix: str) -> int:
    """Take back the leases of workers that are dead; return how many."""
    return connection.execute(
        update(pictures)
        .where(pictures.c.status == WAITING, pictures.c.lease_owner.startswith(owner_prefix, autoescape=True))
        .values(lease_owner=None, lease_until=None)
    ).rowcount
