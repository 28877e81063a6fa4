"""Views wait for views of their own kind, and for nothing else; nothing else waits for them."""

import os
import threading

import anyio

from local_server.library.delivery import Delivered, Kind
from local_server.library.pixel_threads import PixelThreads

PICTURE = Delivered(b"jpeg", 4, 3)


def test_a_view_waits_for_its_own_kind_alone() -> None:
    threads, gate, begun = PixelThreads(), threading.Event(), threading.Semaphore(0)
    processors = os.cpu_count() or 2

    def slow() -> Delivered:
        begun.release()
        gate.wait(20)
        return PICTURE

    async def look() -> None:
        async with anyio.create_task_group() as views:
            for _ in range(processors + 1):
                views.start_soon(threads.run, Kind.TILE, slow)
            for _ in range(processors):
                assert await anyio.to_thread.run_sync(begun.acquire)
            assert await threads.run(Kind.THUMBNAIL, lambda: PICTURE) == PICTURE
            assert not begun.acquire(blocking=False)
            gate.set()
        assert begun.acquire(blocking=False)

    anyio.run(look)
