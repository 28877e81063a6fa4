"""SQL of recordings: their rows, and the interactions of those that are not archived yet."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from local_server.database.tables import accounts, interactions, recordings, viewing_sessions
from local_server.records.recordings.models import Interaction, Recording
from local_server.records.recordings.sequences import Arrived


@dataclass(slots=True)
class State:
    """What must be known of a recording before something is added to it."""

    viewing_session_id: str
    session_started_at: datetime
    ended: bool
    stored: int
    arrived: Arrived


def add(
    connection: Connection,
    recording_id: str,
    *,
    viewing_session_id: str,
    account_id: str,
    now: datetime,
    context: dict[str, Any],
) -> None:
    """Store a new recording."""
    connection.execute(
        insert(recordings).values(
            id=recording_id,
            viewing_session_id=viewing_session_id,
            account_id=account_id,
            started_at=now,
            context=context,
        )
    )


def open_of_session(connection: Connection, viewing_session_id: str) -> int:
    """Count the recordings of a viewing session that have not ended."""
    return connection.execute(
        select(func.count())
        .select_from(recordings)
        .where(recordings.c.viewing_session_id == viewing_session_id, recordings.c.ended_at.is_(None))
    ).scalar_one()


def begun_since(connection: Connection, account_id: str, since: datetime) -> int:
    """Count the recordings that a person began since a moment."""
    return connection.execute(
        select(func.count())
        .select_from(recordings)
        .where(recordings.c.account_id == account_id, recordings.c.started_at >= since)
    ).scalar_one()


def find(connection: Connection, recording_id: str) -> Recording | None:
    """Return one recording."""
    row = connection.execute(_recordings().where(recordings.c.id == recording_id)).one_or_none()
    return None if row is None else _recording(row)


def page(
    connection: Connection, *, account_id: str | None, after: tuple[datetime, str] | None, limit: int
) -> list[Recording]:
    """Return recordings, newest first: one person's, or everybody's."""
    conditions: list[ColumnElement[bool]] = []
    if account_id is not None:
        conditions.append(recordings.c.account_id == account_id)
    if after is not None:
        conditions.append(tuple_(recordings.c.started_at, recordings.c.id) < tuple_(*after))
    newest = (recordings.c.started_at.desc(), recordings.c.id.desc())
    statement = _recordings().where(*conditions).order_by(*newest).limit(limit)
    return [_recording(row) for row in connection.execute(statement)]


def states(connection: Connection, ids: Collection[str]) -> dict[str, State]:
    """Return the states of recordings; those that do not exist are missing."""
    columns = recordings.c
    rows = connection.execute(
        select(
            columns.id,
            columns.viewing_session_id,
            columns.ended_at,
            columns.interactions,
            columns.last_sequence,
            viewing_sessions.c.started_at,
        )
        .join_from(recordings, viewing_sessions)
        .where(columns.id.in_(ids))
    )
    found = {
        row.id: State(
            row.viewing_session_id,
            row.started_at,
            row.ended_at is not None,
            row.interactions,
            Arrived(row.last_sequence),
        )
        for row in rows
    }
    beyond_a_gap = connection.execute(
        select(interactions.c.recording_id, interactions.c.sequence)
        .join_from(recordings, interactions)
        .where(columns.id.in_(ids), interactions.c.sequence > columns.last_sequence)
    )
    for recording_id, sequence in beyond_a_gap:
        found[recording_id].arrived.ahead.add(sequence)
    return found


def store(
    connection: Connection, rows: Sequence[tuple[str, Interaction]], changed: Iterable[tuple[str, State]]
) -> None:
    """Store new interactions, and how far their recordings have come."""
    if not rows:
        return
    connection.execute(
        insert(interactions),
        [
            {
                "recording_id": recording_id,
                "sequence": item.sequence,
                "time": item.time,
                "kind": item.kind,
                "picture_id": item.picture_id,
                "region": item.region,
                "modifiers": item.modifiers,
                "offset_ms": item.offset_ms,
                "visible": item.visible,
                "context": item.context,
            }
            for recording_id, item in rows
        ],
    )
    connection.execute(
        update(recordings).where(recordings.c.id == bindparam("recording")),
        [
            {
                "recording": recording_id,
                "last_sequence": state.arrived.contiguous,
                "interactions": state.stored,
            }
            for recording_id, state in changed
        ],
    )


def end(
    connection: Connection, recording_id: str, *, now: datetime, reason: str, delete_at: datetime
) -> bool:
    """Note the end of a recording; False where it had ended before."""
    ended = connection.execute(
        update(recordings)
        .where(recordings.c.id == recording_id, recordings.c.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason, delete_at=delete_at)
    )
    return ended.rowcount > 0


def archived(connection: Connection, recording_id: str, blob: str, size: int) -> bool:
    """Put the archive in the place of the interactions; False where there was one already."""
    changed = connection.execute(
        update(recordings)
        .where(
            recordings.c.id == recording_id,
            recordings.c.ended_at.is_not(None),
            recordings.c.archive_blob.is_(None),
        )
        .values(archive_blob=blob, archive_bytes=size)
    )
    if changed.rowcount == 0:
        return False
    connection.execute(delete(interactions).where(interactions.c.recording_id == recording_id))
    return True


def interactions_of(
    connection: Connection, recording_id: str, *, after: int = 0, limit: int | None = None
) -> Iterator[Interaction]:
    """Yield the stored interactions of a recording in their order."""
    statement = (
        select(interactions)
        .where(interactions.c.recording_id == recording_id, interactions.c.sequence > after)
        .order_by(interactions.c.sequence)
        .limit(limit)
    )
    for row in connection.execution_options(yield_per=1000).execute(statement):
        yield Interaction(
            sequence=row.sequence,
            time=row.time,
            kind=row.kind,
            picture_id=row.picture_id,
            region=None if row.region is None else tuple(row.region),
            modifiers=None if row.modifiers is None else tuple(row.modifiers),
            offset_ms=row.offset_ms,
            visible=row.visible,
            context=row.context,
        )


def _recordings() -> Select[Any]:
    return select(recordings, accounts.c.name).join_from(recordings, accounts)


def _recording(row: Row[Any]) -> Recording:
    return Recording(
        id=row.id,
        viewing_session_id=row.viewing_session_id,
        account_id=row.account_id,
        account=row.name,
        started_at=row.started_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        context=row.context,
        acknowledged=row.last_sequence,
        interactions=row.interactions,
        screenshots=row.screenshots,
        archive_blob=row.archive_blob,
        kept_until=row.delete_at,
    )
