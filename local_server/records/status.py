"""GET /status: the state of the catalogue, how much is in it, and how the server does."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Connection, func, select

from local_server.accounts.gate import Gate
from local_server.accounts.models import READS_RECORDS, Caller, KeyScope
from local_server.database.engine import Database
from local_server.database.tables import accounts, events, pictures, recordings, violations
from local_server.records.models import ServerFigures
from local_server.web.bodies import Answer


class CountsAnswer(Answer):
    """How much there is; `events` counts all that were ever told, `interactions` those that are kept."""

    pictures: dict[str, int]
    people: int
    recordings: int
    open_recordings: int
    interactions: int
    screenshots: int
    violations: int
    events: int


class FiguresAnswer(Answer):
    """How this server has done since its start."""

    pictures_asked: int
    picture_success: float | None
    response_p50_ms: float | None
    response_p95_ms: float | None
    response_p99_ms: float | None
    client_errors: int
    uptime_s: float
    restarts: int


class StatusAnswer(Answer):
    """The state of the catalogue, its counts, and the figures of the server that answered."""

    time: datetime
    database: dict[str, Any]
    counts: CountsAnswer
    metrics: FiguresAnswer


def routes(
    database: Database,
    state: Callable[[], Mapping[str, Any]],
    figures: Callable[[datetime], ServerFigures],
    clock: Callable[[], datetime],
    gate: Gate,
) -> APIRouter:
    """Build the one route; `state` is what the health report says of the database."""
    router = APIRouter(tags=["health"])

    @router.get("/status")
    def server_status(
        _caller: Annotated[Caller, Depends(gate.require(READS_RECORDS, scope=KeyScope.RECORDS_READ))],
    ) -> StatusAnswer:
        """Return the state of the catalogue, its counts, and how this server does."""
        now = clock()
        with database.read() as connection:
            counts = _counts(connection)
        known = figures(now)
        return StatusAnswer(
            time=now,
            database={"engine": database.kind, **state()},
            counts=counts,
            metrics=FiguresAnswer(
                pictures_asked=known.pictures_asked,
                picture_success=known.picture_success,
                response_p50_ms=known.p50_ms,
                response_p95_ms=known.p95_ms,
                response_p99_ms=known.p99_ms,
                client_errors=known.client_errors,
                uptime_s=known.uptime_seconds,
                restarts=known.restarts,
            ),
        )

    return router


def _counts(connection: Connection) -> CountsAnswer:
    # What was withdrawn, or is in no folder any more, is no picture that anybody waits for.
    by_status = connection.execute(
        select(pictures.c.status, func.count()).where(pictures.c.present).group_by(pictures.c.status)
    )
    kept = connection.execute(
        select(
            func.count(),
            func.count().filter(recordings.c.ended_at.is_(None)),
            func.sum(recordings.c.interactions),
            func.sum(recordings.c.screenshots),
        ).select_from(recordings)
    ).one()
    people = select(func.count()).select_from(accounts).where(accounts.c.disabled_at.is_(None))
    return CountsAnswer(
        pictures={str(name): int(count) for name, count in by_status},
        people=connection.execute(people).scalar_one(),
        recordings=kept[0],
        open_recordings=kept[1],
        interactions=int(kept[2] or 0),
        screenshots=int(kept[3] or 0),
        violations=connection.execute(select(func.count()).select_from(violations)).scalar_one(),
        events=connection.execute(select(func.max(events.c.sequence))).scalar() or 0,
    )
