"""The ASGI server, and what its owner wants to know of it: that it serves, and that its loop still turns."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

BEAT_SECONDS: Final = 0.5


class Listening(uvicorn.Server):
    """Calls `began` once requests are answered, and `beat` from the event loop from then on."""

    def __init__(
        self, config: uvicorn.Config, began: Callable[[], None], beat: Callable[[], None] | None
    ) -> None:
        super().__init__(config)
        self._began = began
        self._beat = beat
        self._beating: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """End the server soon; may be called from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._began()
        if self._beat is not None:
            self._beating = asyncio.create_task(self._beats(self._beat))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self._beating is not None:
            self._beating.cancel()

    @staticmethod
    async def _beats(beat: Callable[[], None]) -> None:
        while True:
            beat()
            await asyncio.sleep(BEAT_SECONDS)
