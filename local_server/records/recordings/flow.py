"""How much a connection may send: a bounded inbox, and an allowance that slows who sends more."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from local_server.records.recordings.frames import InteractionsFrame, Told

INBOX_CHARACTERS: Final = 128 * 1024
ITEMS_A_SECOND: Final = 250.0
ITEMS_AT_ONCE: Final = 5_000.0
SCREENSHOT_COSTS: Final = 100.0
PATIENCE_SECONDS: Final = 10.0


class TooMuch(Exception):
    """The client goes on sending more than it may, although it is slowed down."""


class Allowance:
    """A bucket that fills by the second; who has overdrawn it waits, and not for ever."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._left = ITEMS_AT_ONCE
        self._looked = monotonic()
        self._slow_since: float | None = None

    def spend(self, cost: float) -> float:
        """Return for how many seconds nothing more must be read; raise TooMuch."""
        now = self._monotonic()
        self._left = min(ITEMS_AT_ONCE, self._left + (now - self._looked) * ITEMS_A_SECOND) - cost
        self._looked = now
        if self._left >= 0:
            self._slow_since = None
            return 0.0
        if self._slow_since is None:
            self._slow_since = now
        elif now - self._slow_since > PATIENCE_SECONDS:
            raise TooMuch
        return -self._left / ITEMS_A_SECOND


def cost_of(frame: Told) -> float:
    """Return what a frame costs: an item a piece, a screenshot as much as many, any frame something."""
    if isinstance(frame, InteractionsFrame):
        return float(len(frame.items))
    return SCREENSHOT_COSTS if frame.type == "screenshot_data" else 10.0


class Inbox:
    """Frames that wait for the catalogue; while it is full nothing more is read, and TCP holds the sender."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Told, int]] = deque()
        self._size = 0
        self._changed = asyncio.Condition()

    async def put(self, frame: Told, size: int) -> None:
        """Wait for room: one frame always has it when none else waits."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._frames or self._size + size <= INBOX_CHARACTERS)
            self._frames.append((frame, size))
            self._size += size
            self._changed.notify_all()

    async def take(self, items_at_most: int) -> list[Told]:
        """Wait for a frame; return it, and interactions with those that follow at once."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._frames))
            taken = [self._pop()]
            items = len(taken[0].items) if isinstance(taken[0], InteractionsFrame) else items_at_most
            while self._frames and isinstance(following := self._frames[0][0], InteractionsFrame):
                items += len(following.items)
                if items > items_at_most:
                    break
                taken.append(self._pop())
            self._changed.notify_all()
        return taken

    def _pop(self) -> Told:
        frame, size = self._frames.popleft()
        self._size -= size
        return frame
