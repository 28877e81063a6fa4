"""SQL of screenshots."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from local_server.database.tables import recordings, screenshots
from local_server.records.recordings.models import Screenshot


def recording_of(connection: Connection, screenshot_id: str) -> str | None:
    """Return the recording that a screenshot belongs to."""
    return connection.execute(
        select(screenshots.c.recording_id).where(screenshots.c.id == screenshot_id)
    ).scalar_one_or_none()


def bytes_since(connection: Connection, account_id: str, since: datetime) -> int:
    """Return how many bytes of screenshots the recordings hold that a person began since a moment."""
    total = connection.execute(
        select(func.sum(screenshots.c.bytes))
        .join_from(recordings, screenshots)
        .where(recordings.c.account_id == account_id, recordings.c.started_at >= since)
    ).scalar()
    return int(total or 0)


def add(connection: Connection, recording_id: str, screenshot: Screenshot, blob: str, size: int) -> None:
    """Store a screenshot's row and count it."""
    connection.execute(
        insert(screenshots).values(
            id=screenshot.id,
            recording_id=recording_id,
            sequence=screenshot.sequence,
            time=screenshot.time,
            picture_id=screenshot.picture_id,
            burst_id=screenshot.burst_id,
            burst_index=screenshot.burst_index,
            burst_total=screenshot.burst_total,
            trigger=screenshot.trigger,
            compression_ratio=screenshot.compression_ratio,
            blob=blob,
            bytes=size,
        )
    )
    connection.execute(
        update(recordings)
        .where(recordings.c.id == recording_id)
        .values(screenshots=recordings.c.screenshots + 1)
    )


def all_of(connection: Connection, recording_id: str) -> list[Screenshot]:
    """Return a recording's screenshots in their order."""
    statement = (
        select(screenshots)
        .where(screenshots.c.recording_id == recording_id)
        .order_by(screenshots.c.time, screenshots.c.id)
    )
    return [_screenshot(row) for row in connection.execute(statement)]


def blob_of(connection: Connection, recording_id: str, screenshot_id: str) -> str | None:
    """Return the blob of one screenshot of a recording."""
    return connection.execute(
        select(screenshots.c.blob).where(
            screenshots.c.id == screenshot_id, screenshots.c.recording_id == recording_id
        )
    ).scalar_one_or_none()


def blobs_of(connection: Connection, recording_ids: Collection[str]) -> list[str]:
    """Return the blobs of all screenshots of some recordings."""
    return list(
        connection.execute(
            select(screenshots.c.blob).where(screenshots.c.recording_id.in_(recording_ids))
        ).scalars()
    )


def _screenshot(row: Row[Any]) -> Screenshot:
    return Screenshot(
        id=row.id,
        time=row.time,
        trigger=row.trigger,
        sequence=row.sequence,
        picture_id=row.picture_id,
        burst_id=row.burst_id,
        burst_index=row.burst_index,
        burst_total=row.burst_total,
        compression_ratio=row.compression_ratio,
    )
