"""The lookout as the desktop has it, on a thread of its own, for tests that are not coroutines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from desktop.guard.events import TripwireState
from desktop.guard.findings import Notice
from desktop.guard.lookout import Listener, Lookout, Tripwire
from tests.protection.stage import wait_until


class Watchman:
    """Everything that an armed lookout has said."""

    def __init__(self) -> None:
        self.standing: tuple[Notice, ...] = ()
        self.moments: list[Notice] = []
        self.states: tuple[TripwireState, ...] = ()

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of what stands."""
        return [one.kind for one in self.standing]

    def state(self, name: str) -> TripwireState | None:
        """Return what was said last of a tripwire."""
        return next((state for state in self.states if state.name == name), None)

    def until_live(self, name: str) -> None:
        """Wait until a tripwire is live."""
        wait_until(lambda: bool((state := self.state(name)) and state.live), f"{name} is live: {self.states}")

    def take_standing(self, found: tuple[Notice, ...]) -> None:
        """Take what stands."""
        self.standing = found

    def take_states(self, states: tuple[TripwireState, ...]) -> None:
        """Take which tripwires are live."""
        self.states = states


@contextmanager
def on_watch(wires: Sequence[Tripwire] = (), listeners: Sequence[Listener] = ()) -> Iterator[Watchman]:
    """Keep an armed lookout running for as long as the block lasts."""
    man = Watchman()
    lookout = Lookout(wires, listeners, man.take_standing, man.moments.append, man.take_states)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="lookout")
    thread.start()
    lookout.arm(True)
    work = asyncio.run_coroutine_threadsafe(_begin(lookout), loop).result(10)
    try:
        yield man
        if work.done():
            work.result()
    finally:
        asyncio.run_coroutine_threadsafe(_end(work), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _begin(lookout: Lookout) -> asyncio.Task[None]:
    return asyncio.create_task(lookout.run())


async def _end(work: asyncio.Task[None]) -> None:
    """Cancel once, as the program does: a second time would interrupt listeners that end their tools."""
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
