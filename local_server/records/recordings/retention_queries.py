"""SQL of what ends by itself and what is deleted in time."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from local_server.database.tables import interactions, recordings, screenshots, viewing_sessions, violations


def abandoned(
    connection: Connection, *, unseen_since: datetime, begun_before: datetime, limit: int
) -> list[str]:
    """Return open recordings whose viewing session has ended or was not heard of, and those of long ago."""
    statement = (
        select(recordings.c.id)
        .join_from(recordings, viewing_sessions)
        .where(
            recordings.c.ended_at.is_(None),
            or_(
                viewing_sessions.c.ended_at.is_not(None),
                viewing_sessions.c.seen_at < unseen_since,
                recordings.c.started_at < begun_before,
            ),
        )
        .order_by(recordings.c.started_at)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def not_archived(connection: Connection, limit: int) -> list[str]:
    """Return recordings that have ended and have no archive yet."""
    statement = (
        select(recordings.c.id)
        .where(recordings.c.archive_blob.is_(None), recordings.c.ended_at.is_not(None))
        .order_by(recordings.c.ended_at)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def due(connection: Connection, now: datetime, limit: int) -> dict[str, str | None]:
    """Return recordings whose time is over, with the blobs of their archives."""
    statement = (
        select(recordings.c.id, recordings.c.archive_blob)
        .where(recordings.c.delete_at <= now)
        .order_by(recordings.c.delete_at)
        .limit(limit)
    )
    return {row.id: row.archive_blob for row in connection.execute(statement)}


def delete_recordings(connection: Connection, ids: Collection[str]) -> int:
    """Delete recordings with all that belongs to them; return how many there still were."""
    for table in (interactions, screenshots):
        connection.execute(delete(table).where(table.c.recording_id.in_(ids)))
    return connection.execute(delete(recordings).where(recordings.c.id.in_(ids))).rowcount


def old_evidence(connection: Connection, before: datetime, limit: int) -> dict[str, str]:
    """Return the evidence blobs of capture attempts before a moment, by the attempt's id."""
    statement = (
        select(violations.c.id, violations.c.evidence_blob)
        .where(violations.c.evidence_blob.is_not(None), violations.c.time < before)
        .order_by(violations.c.time)
        .limit(limit)
    )
    return {row.id: row.evidence_blob for row in connection.execute(statement)}


def forget_evidence(connection: Connection, ids: Sequence[str]) -> int:
    """Note that capture attempts have no evidence any more; return how many still had."""
    return connection.execute(
        update(violations)
        .where(violations.c.id.in_(ids), violations.c.evidence_blob.is_not(None))
        .values(evidence_blob=None)
    ).rowcount
