"""Write what many connections send in few transactions: there is one writer at a time; on the event loop."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from local_server.errors import Outage, Rejection
from local_server.records.recordings.models import Acknowledged
from local_server.records.recordings.service import Sent

GATHER_SECONDS: Final = 0.05
ENOUGH: Final = 500
AT_ONCE: Final = 2_000
WAITING_AT_MOST: Final = 10_000

Outcome = Acknowledged | Rejection
Store = Callable[[Sequence[Sent]], list[Outcome]]


class _Entry(NamedTuple):
    sent: Sent
    outcome: "asyncio.Future[Outcome]"


class Journal:
    """A bounded queue in front of the catalogue; who is told an outcome may rely on it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[_Entry] = deque()
        self._items = 0
        self._arrived = asyncio.Event()
        self._enough = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def waiting(self) -> int:
        """How many interactions wait to be committed."""
        return self._items

    async def write(self, sent: Sent) -> Outcome:
        """Return once it is committed, or why it was refused; raise the outage that prevented it."""
        while not self._room.is_set():
            await self._room.wait()
        entry = _Entry(sent, asyncio.get_running_loop().create_future())
        self._waiting.append(entry)
        self._count(len(sent.items))
        self._arrived.set()
        return await entry.outcome

    async def run(self) -> None:
        """Commit what has gathered until cancelled."""
        while True:
            await self._arrived.wait()
            await self._gather()
            batch = self._take()
            try:
                outcomes = await asyncio.to_thread(self._store, [entry.sent for entry in batch])
            except Outage as outage:
                for entry in batch:
                    if not entry.outcome.done():
                        entry.outcome.set_exception(outage)
                continue
            for entry, outcome in zip(batch, outcomes, strict=True):
                if not entry.outcome.done():  # else its connection has gone, and will ask again
                    entry.outcome.set_result(outcome)

    async def _gather(self) -> None:
        """Wait a moment for more, unless there is enough."""
        try:
            async with asyncio.timeout(GATHER_SECONDS):
                await self._enough.wait()
        except TimeoutError:
            return

    def _take(self) -> list[_Entry]:
        batch: list[_Entry] = []
        items = 0
        while self._waiting and (not batch or items + len(self._waiting[0].sent.items) <= AT_ONCE):
            batch.append(self._waiting.popleft())
            items += len(batch[-1].sent.items)
        if not self._waiting:
            self._arrived.clear()
        self._count(-items)
        return batch

    def _count(self, items: int) -> None:
        self._items += items
        for event, wanted in (
            (self._enough, self._items >= ENOUGH),
            (self._room, self._items < WAITING_AT_MOST),
        ):
            if wanted:
                event.set()
            else:
                event.clear()
