"""Few transactions for many senders, each with its own answer; an outage reaches all that waited for it."""

import asyncio
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from local_server.database.errors import CatalogueBusy
from local_server.records.recordings import journal as room
from local_server.records.recordings.errors import RecordingNotFound
from local_server.records.recordings.journal import Journal, Outcome
from local_server.records.recordings.models import Acknowledged, Interaction
from local_server.records.recordings.service import Sent

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


def sent(number: int, count: int = 1) -> Sent:
    return Sent("v", f"{number:032}", [Interaction(n + 1, NOW, "zoomed") for n in range(count)])


class Store:
    """Counts transactions; refuses recording 13."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.broken = False
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, batch: Sequence[Sent]) -> list[Outcome]:
        self.go_on.wait(20)
        if self.broken:
            raise CatalogueBusy
        self.batches.append(sum(len(each.items) for each in batch))
        return [
            RecordingNotFound() if int(each.recording_id) == 13 else Acknowledged(int(each.recording_id), 1)
            for each in batch
        ]


async def running(journal: Journal, *sends: Sent) -> list[Outcome | BaseException]:
    task = asyncio.create_task(journal.run())
    try:
        async with asyncio.timeout(20):
            waiting = [asyncio.create_task(journal.write(each)) for each in sends]
            await asyncio.wait(waiting)
            return [each.exception() or each.result() for each in waiting]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_many_senders_share_a_transaction_and_each_hears_of_its_own() -> None:
    store = Store()
    outcomes = asyncio.run(running(Journal(store), *(sent(number) for number in range(200))))
    assert len(store.batches) == 1
    for number, outcome in enumerate(outcomes):
        if number == 13:
            assert isinstance(outcome, RecordingNotFound)
        else:
            assert outcome == Acknowledged(number, 1)


def test_no_transaction_is_larger_than_it_may_be() -> None:
    store = Store()
    asyncio.run(running(Journal(store), *(sent(number, 500) for number in range(12))))
    assert sum(store.batches) == 6000
    assert max(store.batches) <= room.AT_ONCE


def test_an_outage_reaches_who_waited_and_the_next_are_written() -> None:
    store = Store()
    journal = Journal(store)
    store.broken = True
    assert all(isinstance(each, CatalogueBusy) for each in asyncio.run(running(journal, sent(1), sent(2))))
    store.broken = False
    assert asyncio.run(running(Journal(store), sent(3))) == [Acknowledged(3, 1)]


def test_while_the_catalogue_stands_still_no_more_is_taken_in_than_may_wait() -> None:
    async def scenario() -> None:
        store = Store()
        store.go_on.clear()
        journal = Journal(store)
        task = asyncio.create_task(journal.run())
        writes = [asyncio.create_task(journal.write(sent(number, 500))) for number in range(100)]
        await asyncio.sleep(0.3)
        assert journal.waiting <= room.WAITING_AT_MOST + 500
        gone = writes.pop(0)
        gone.cancel()
        store.go_on.set()
        assert len(await asyncio.wait_for(asyncio.gather(*writes), 20)) == 99
        task.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)

    asyncio.run(scenario())
