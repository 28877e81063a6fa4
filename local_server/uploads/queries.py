"""SQL of uploads: batches, their files, and what became of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from local_server.database.tables import batch_files, batches, pictures, places
from local_server.uploads.models import Outcome, Taken


def add_batch(connection: Connection, batch_id: str, account_id: str, name: str, now: datetime) -> None:
    """Add a batch."""
    connection.execute(insert(batches).values(id=batch_id, account_id=account_id, name=name, started_at=now))


def add_file(connection: Connection, batch_id: str, taken: Taken) -> None:
    """Add what was answered about a file."""
    connection.execute(
        insert(batch_files).values(
            batch_id=batch_id,
            name=taken.name,
            outcome=taken.outcome.value,
            picture_id=taken.picture_id,
            reason_code=taken.code,
            reason=taken.reason,
        )
    )


def batch(connection: Connection, batch_id: str) -> Row[Any] | None:
    """Return a batch's row."""
    return connection.execute(select(batches).where(batches.c.id == batch_id)).one_or_none()


def outcomes(connection: Connection, batch_id: str) -> dict[tuple[str, str | None, bool | None], int]:
    """Count a batch's files by what was answered, and by status and presence of their pictures."""
    rows = connection.execute(
        select(batch_files.c.outcome, pictures.c.status, pictures.c.present, func.count())
        .outerjoin(pictures, pictures.c.id == batch_files.c.picture_id)
        .where(batch_files.c.batch_id == batch_id)
        .group_by(batch_files.c.outcome, pictures.c.status, pictures.c.present)
    )
    return {(outcome, status, present): int(count) for outcome, status, present, count in rows}


def files(connection: Connection, batch_id: str, after: int, limit: int) -> Sequence[Row[Any]]:
    """Return a batch's files in their order, with the state of their pictures."""
    return connection.execute(
        select(
            batch_files,
            pictures.c.status,
            pictures.c.present,
            pictures.c.reason_code.label("picture_code"),
            pictures.c.reason.label("picture_reason"),
        )
        .outerjoin(pictures, pictures.c.id == batch_files.c.picture_id)
        .where(batch_files.c.batch_id == batch_id, batch_files.c.id > after)
        .order_by(batch_files.c.id)
        .limit(limit)
    ).all()


def cancel(connection: Connection, batch_id: str, now: datetime) -> list[str]:
    """Withdraw what a batch brought and nobody has decoded yet; return those pictures."""
    connection.execute(update(batches).where(batches.c.id == batch_id).values(cancelled_at=now))
    waiting = list(
        connection.execute(
            select(batch_files.c.picture_id)
            .join(pictures, pictures.c.id == batch_files.c.picture_id)
            .where(
                batch_files.c.batch_id == batch_id,
                batch_files.c.outcome == Outcome.ACCEPTED.value,
                pictures.c.status == "waiting",
            )
        ).scalars()
    )
    # Only what was uploaded: the same content in a folder stays.
    connection.execute(
        update(places)
        .where(places.c.picture_id.in_(waiting), places.c.blob.is_not(None))
        .values(present=False)
    )
    return waiting
