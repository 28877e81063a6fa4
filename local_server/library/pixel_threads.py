"""Threads of their own for what marks pixels, so that lists, tokens and health never wait for it."""

import os
from collections.abc import Callable
from typing import Final

from anyio import CapacityLimiter, to_thread

from local_server.library.delivery import Delivered, Kind

# Marking takes all of a processor; more threads than processors would only have more pictures half done.
_PROCESSORS: Final = os.cpu_count() or 2


class PixelThreads:
    """Lets as many views of a kind run at a time as there are processors; used on the event loop.

    No kind waits for another: thumbnails are many and quick, tiles may have to be cut from the original.
    """

    def __init__(self) -> None:
        self._limits = {kind: CapacityLimiter(_PROCESSORS) for kind in Kind}

    async def run(self, kind: Kind, view: Callable[[], Delivered]) -> Delivered:
        """Return what a view returns, when it had its turn; raises as it does."""
        return await to_thread.run_sync(view, limiter=self._limits[kind])
