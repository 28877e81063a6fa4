"""SQL of traces that were asked for: what is at work, what came of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from local_server.database.tables import accounts, traces


class State(StrEnum):
    """How far a trace is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


_UNFINISHED = (State.WAITING.value, State.RUNNING.value)


def add(connection: Connection, values: dict[str, Any]) -> None:
    """Add a trace that waits."""
    connection.execute(insert(traces).values(state=State.WAITING.value, **values))


def go_on(connection: Connection, trace_id: str, step: str, now: datetime) -> bool:
    """Note the step of a trace that is at work; False where it was cancelled."""
    return (
        connection.execute(
            update(traces)
            .where(traces.c.id == trace_id, traces.c.state.in_(_UNFINISHED))
            .values(state=State.RUNNING.value, step=step, seen_at=now)
        ).rowcount
        == 1
    )


def keep_waiting(connection: Connection, trace_ids: Collection[str], now: datetime) -> None:
    """Note that the server which will do these is alive."""
    connection.execute(
        update(traces)
        .where(traces.c.id.in_(list(trace_ids)), traces.c.state == State.WAITING.value)
        .values(seen_at=now)
    )


def end(connection: Connection, trace_id: str, state: State, now: datetime, **values: Any) -> bool:
    """End a trace; False where it has ended already."""
    return (
        connection.execute(
            update(traces)
            .where(traces.c.id == trace_id, traces.c.state.in_(_UNFINISHED))
            .values(state=state.value, step=None, seen_at=now, ended_at=now, **values)
        ).rowcount
        == 1
    )


def end_silent(connection: Connection, before: datetime | None, now: datetime, result: dict[str, Any]) -> int:
    """End as failed what no server was heard of since a moment, or all that has not ended."""
    statement = update(traces).where(traces.c.state.in_(_UNFINISHED))
    if before is not None:
        statement = statement.where(traces.c.seen_at < before)
    ended = connection.execute(
        statement.values(state=State.FAILED.value, step=None, ended_at=now, result=result)
    )
    return ended.rowcount


def forget_evidence(connection: Connection, before: datetime) -> None:
    """Let go of what files showed; a sweep removes the blobs that no row names."""
    connection.execute(
        update(traces)
        .where(traces.c.evidence_blob.is_not(None), traces.c.started_at < before)
        .values(evidence_blob=None)
    )


def one(connection: Connection, trace_id: str) -> Row[Any] | None:
    """Return a trace, with the name of who asked for it."""
    return connection.execute(_named().where(traces.c.id == trace_id)).one_or_none()


def page(connection: Connection, after: tuple[datetime, str] | None, limit: int) -> Sequence[Row[Any]]:
    """Return traces, the newest first, from after a place in the list."""
    statement = _named().order_by(traces.c.started_at.desc(), traces.c.id.desc()).limit(limit)
    if after is not None:
        moment, last = after
        statement = statement.where(
            (traces.c.started_at < moment) | ((traces.c.started_at == moment) & (traces.c.id < last))
        )
    return connection.execute(statement).all()


def _named() -> Any:
    return select(traces, accounts.c.name.label("account")).join(
        accounts, accounts.c.id == traces.c.account_id
    )
