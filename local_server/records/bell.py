"""Wakes the outbox when something was announced, so that it need not wait for its next look."""

import asyncio
from contextlib import suppress
from typing import Protocol


class Bell(Protocol):
    """A hint and no more: a ring may be lost, and who waits looks now and then without one."""

    def ring(self) -> None:
        """Wake who waits; from any thread, at once, and without failing."""

    async def wait(self, seconds: float) -> None:
        """Return at a ring, or after so many seconds; a ring since the last wait counts."""


class LocalBell:
    """Rings within this process."""

    def __init__(self) -> None:
        self._ringing = False
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Wake the one who waits."""
        self._ringing = True
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has ended, and who waited on it too
                loop.call_soon_threadsafe(self._woken.set)

    async def wait(self, seconds: float) -> None:
        """Wait on the event loop."""
        self._loop = asyncio.get_running_loop()
        # Looked at after the loop was named: a ring before that has set it, one after it wakes.
        if not self._ringing:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._woken.wait()
        self._woken.clear()
        self._ringing = False
