"""The outbox: every event once and in order, bounded for a slow listener, resumed without a gap, pruned."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.database.tables import events
from local_server.events import announce
from local_server.records import outbox as room
from local_server.records.bell import LocalBell
from local_server.records.outbox import LiveEvent, Outbox, Subscription, TooSlow

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    data = DataDirectory(tmp_path)
    data.prepare()
    opened = open_catalogue(data)
    yield opened
    opened.close()


def tell(database: Database, *kinds: str, staff_only: bool = False) -> None:
    with database.write() as connection:
        for kind in kinds:
            announce(connection, NOW, kind, {}, staff_only=staff_only)


@asynccontextmanager
async def following(outbox: Outbox) -> AsyncIterator[None]:
    task = asyncio.create_task(outbox.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _pruned(outbox: Outbox) -> None:
    while await outbox.keeps(0):  # noqa: ASYNC110  (the outbox prunes unasked and tells nobody)
        await asyncio.sleep(0.02)


def event(sequence: int) -> LiveEvent:
    return LiveEvent(sequence, NOW, "picture_ready", {}, staff_only=False)


def test_listeners_hear_what_is_committed_from_then_on_in_order(database: Database) -> None:
    async def scenario() -> list[tuple[int, str]]:
        outbox = Outbox(database, lambda: NOW, LocalBell())
        async with following(outbox):
            subscription = await outbox.subscribe(lambda event: event.kind != "secret")
            assert subscription.start == 1
            await asyncio.to_thread(tell, database, "one", "secret", "two")
            await asyncio.to_thread(tell, database, "three")
            heard = [await subscription.next() for _ in range(3)]
            return [(event.sequence, event.kind) for event in heard]

    tell(database, "before")
    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == [(2, "one"), (4, "two"), (5, "three")]


def test_what_was_missed_can_be_read_again_in_pages(database: Database) -> None:
    async def scenario() -> list[int]:
        outbox = Outbox(database, lambda: NOW, LocalBell())
        async with following(outbox):
            subscription = await outbox.subscribe(lambda event: True)
            found: list[int] = []
            while page := await outbox.missed(found[-1] if found else 3, subscription.start):
                found += [event.sequence for event in page]
            assert await outbox.keeps(3)
            assert await outbox.keeps(subscription.start)
            assert not await outbox.keeps(subscription.start + 1)
            return found

    count = 2 * room.PAGE + 10
    tell(database, *["picture_ready"] * count)
    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == list(range(4, count + 1))


def test_a_slow_listener_is_told_to_come_back_and_nothing_piles_up() -> None:
    async def scenario() -> None:
        subscription = Subscription(0, lambda event: True)
        for sequence in range(1, room.WAITING_AT_MOST + 2):
            subscription.offer(event(sequence))
        with pytest.raises(TooSlow):
            await subscription.next()

    asyncio.run(scenario())


def test_a_listener_within_its_bound_loses_nothing() -> None:
    async def scenario() -> list[int]:
        subscription = Subscription(0, lambda event: True)
        for sequence in range(1, room.WAITING_AT_MOST + 1):
            subscription.offer(event(sequence))
        return [(await subscription.next()).sequence for _ in range(room.WAITING_AT_MOST)]

    assert asyncio.run(scenario()) == list(range(1, room.WAITING_AT_MOST + 1))


def test_old_events_go_and_the_sequence_goes_on(database: Database) -> None:
    async def scenario() -> tuple[bool, bool, list[int]]:
        outbox = Outbox(database, lambda: NOW, LocalBell())
        async with following(outbox):
            subscription = await outbox.subscribe(lambda event: True)
            await _pruned(outbox)
            kept = [event.sequence for event in await outbox.missed(0, subscription.start)]
            return await outbox.keeps(2), await outbox.keeps(1), kept

    with database.write() as connection:
        for age in (8, 7, 1):
            connection.execute(
                insert(events).values(time=NOW - timedelta(hours=age), kind="old", data={}, staff_only=False)
            )
    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == (True, False, [3])


def test_the_newest_event_stays_however_old_it_is(database: Database) -> None:
    async def scenario() -> int:
        outbox = Outbox(database, lambda: NOW + timedelta(days=30), LocalBell())
        async with following(outbox):
            await _pruned(outbox)
            return (await outbox.subscribe(lambda event: True)).start

    tell(database, "one", "two")
    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == 2


class OnlyBell:
    """A bell for which no time passes: who waits returns at a ring alone."""

    def __init__(self) -> None:
        self.rings = 0
        self._local = LocalBell()

    def ring(self) -> None:
        self.rings += 1
        self._local.ring()

    async def wait(self, seconds: float) -> None:
        assert seconds > 0
        await self._local.wait(1e6)


def test_a_ring_is_enough_to_hear_what_was_announced(database: Database) -> None:
    async def scenario() -> str:
        bell = OnlyBell()
        database.on_announced(bell.ring)
        outbox = Outbox(database, lambda: NOW, bell)
        async with following(outbox):
            subscription = await outbox.subscribe(lambda event: True)
            await asyncio.to_thread(tell, database, "rung")
            return (await subscription.next()).kind

    assert asyncio.run(asyncio.wait_for(scenario(), 20)) == "rung"


def test_only_a_committed_announcement_rings(database: Database) -> None:
    bell = OnlyBell()
    database.on_announced(bell.ring)
    with database.write() as connection:
        connection.execute(insert(events).values(time=NOW, kind="quiet", data={}, staff_only=False))
    with suppress(ZeroDivisionError), database.write() as connection:
        announce(connection, NOW, "undone", {})
        raise ZeroDivisionError
    assert bell.rings == 0
    tell(database, "one", "two")
    assert bell.rings == 1
    with database.write():
        pass
    assert bell.rings == 1
