"""Read the outbox of events as it grows and hand every event to who listens; lives on the event loop."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Row, delete, func, select

from local_server.database.changes import changes_of
from local_server.database.engine import Database
from local_server.database.tables import events
from local_server.errors import Outage
from local_server.records.bell import Bell

# A file tells of changes for one pragma; a database server must be asked for its newest event.
POLL_FILE_SECONDS: Final = 0.1
POLL_SERVER_SECONDS: Final = 0.5
PAGE: Final = 500
WAITING_AT_MOST: Final = 2000
KEPT: Final = timedelta(hours=6)
PRUNE_EVERY_SECONDS: Final = 600.0
_RETRY_SECONDS: Final = 1.0

_log = structlog.get_logger("records.outbox")


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One row of the outbox."""

    sequence: int
    time: datetime
    kind: str
    data: dict[str, Any]
    staff_only: bool


class TooSlow(Exception):
    """A listener left more events waiting than are kept for it; it must come back and resume."""


class Subscription:
    """One listener's waiting events, bounded; `start` is the last event before it began to listen."""

    def __init__(self, start: int, wants: Callable[[LiveEvent], bool]) -> None:
        self.start = start
        self._wants = wants
        self._waiting: deque[LiveEvent] = deque()
        self._arrived = asyncio.Event()
        self._too_slow = False

    def wants(self, event: LiveEvent) -> bool:
        """Say whether this listener may hear of an event."""
        return self._wants(event)

    def offer(self, event: LiveEvent) -> None:
        """Queue an event that this listener wants."""
        if self._too_slow or not self._wants(event):
            return
        if len(self._waiting) >= WAITING_AT_MOST:
            self._too_slow = True
            self._waiting.clear()
        else:
            self._waiting.append(event)
        self._arrived.set()

    async def next(self) -> LiveEvent:
        """Wait for the next event; raises TooSlow where some had to be dropped."""
        while not self._waiting:
            if self._too_slow:
                raise TooSlow
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()


class Outbox:
    """Looks into the catalogue at each ring of the bell, and now and then without one; fans events out.

    The bell is a hint: what was announced by another process, or while the bell was broken, is found all the
    same, a moment later.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], bell: Bell) -> None:
        self._database = database
        self._clock = clock
        self._bell = bell
        self._poll_seconds = POLL_FILE_SECONDS if database.path is not None else POLL_SERVER_SECONDS
        self._last = 0
        self._subscriptions: set[Subscription] = set()
        self._read_once = asyncio.Event()

    async def run(self) -> None:
        """Follow the outbox until cancelled; an outage of the database is waited out."""
        counter = await asyncio.to_thread(changes_of, self._database)
        loop = asyncio.get_running_loop()
        prune_at = loop.time()
        try:
            while True:
                try:
                    if not self._read_once.is_set():
                        self._last = await asyncio.to_thread(self._newest)
                        self._read_once.set()
                    if await asyncio.to_thread(counter.changed):
                        await self._pump()
                    if loop.time() >= prune_at:
                        prune_at = loop.time() + PRUNE_EVERY_SECONDS
                        await asyncio.to_thread(self._prune)
                except (Outage, sqlite3.OperationalError) as error:
                    _log.error("live events wait for the catalogue", reason=str(error))
                    await asyncio.sleep(_RETRY_SECONDS)
                await self._bell.wait(self._poll_seconds)
        finally:
            counter.close()

    async def subscribe(self, wants: Callable[[LiveEvent], bool]) -> Subscription:
        """Begin to listen: every event after the subscription's `start` will be offered."""
        await self._read_once.wait()
        subscription = Subscription(self._last, wants)
        self._subscriptions.add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop listening."""
        self._subscriptions.discard(subscription)

    async def missed(self, after: int, up_to: int) -> list[LiveEvent]:
        """Return the next page of events that a listener missed: after one sequence, up to another."""
        return await asyncio.to_thread(self._page, after, up_to)

    async def keeps(self, after: int) -> bool:
        """Say whether every event after a sequence is still there."""
        return await asyncio.to_thread(self._keeps, after)

    async def _pump(self) -> None:
        while page := await asyncio.to_thread(self._page, self._last, None):
            for event in page:
                self._last = event.sequence
                for subscription in self._subscriptions:
                    subscription.offer(event)

    def _page(self, after: int, up_to: int | None) -> list[LiveEvent]:
        statement = select(events).where(events.c.sequence > after).order_by(events.c.sequence).limit(PAGE)
        if up_to is not None:
            statement = statement.where(events.c.sequence <= up_to)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(statement)]

    def _newest(self) -> int:
        with self._database.read() as connection:
            return _last_given(connection)

    def _keeps(self, after: int) -> bool:
        with self._database.read() as connection:
            oldest = connection.execute(select(func.min(events.c.sequence))).scalar() or 1
            return oldest - 1 <= after <= _last_given(connection)

    def _prune(self) -> None:
        with self._database.write() as connection:
            # The newest row stays: it tells a restarted server how far the sequence had come.
            connection.execute(
                delete(events).where(
                    events.c.time < self._clock() - KEPT,
                    events.c.sequence < select(func.max(events.c.sequence)).scalar_subquery(),
                )
            )


def _last_given(connection: Connection) -> int:
    return connection.execute(select(func.max(events.c.sequence))).scalar() or 0


def _event(row: Row[Any]) -> LiveEvent:
    return LiveEvent(row.sequence, row.time, row.kind, row.data, row.staff_only)
