"""What runs beside the requests of a server, from its start to its end, on its event loop."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

import structlog

from local_server.errors import Outage
from local_server.library.deliveries import WRITE_SECONDS, Deliveries
from local_server.library.delivery import Delivery
from local_server.lifespan import Companion, running
from local_server.records.error_reports import ClientLog
from local_server.records.shared_bell import SharedBell
from local_server.records.starts import Starts, parent_identity
from local_server.rooms import Rooms
from local_server.storage.cached import CachedStore
from local_server.uploads.service import Uploads

_FLUSH_SECONDS: Final = 2.0
_TRIM_SECONDS: Final = 600.0
_log = structlog.get_logger("companions")


def companions(rooms: Rooms) -> list[Companion]:
    """Return what runs beside the requests, in the order of its start."""
    settings = rooms.installation.settings
    bell = rooms.bell
    found: list[Companion] = [
        lambda: running(rooms.presence.keep()),
        lambda: _start_noted(rooms.starts),
        lambda: _beside(rooms.node),
        lambda: _swept(rooms.uploads),
        lambda: running(rooms.outbox.run()),
        lambda: running(rooms.health.watch()),
        lambda: running(rooms.checkpoints.keep()),
        lambda: _deliveries_kept(rooms.deliveries),
        lambda: running(rooms.recordings.journal.run()),
        lambda: running(rooms.recordings.retention.keep()),
    ]
    found.append(lambda: _beside(rooms.traces))
    if settings.start_worker:
        found.append(lambda: _beside(rooms.worker))
    if settings.watch_gallery:
        found.append(lambda: _beside(rooms.importer))
    if isinstance(bell, SharedBell):
        found.append(lambda: _beside(bell))
    cached = rooms.installation.cached
    if cached is not None:
        found.append(lambda: running(_spool_flushed(cached)))
    found.append(lambda: _closed_at_end(rooms.delivery))
    found.append(lambda: _closed_at_end(rooms.client_log))
    return found


def fewest_companions(rooms: Rooms) -> list[Companion]:
    """Return what runs in safe mode: nothing that imports, decodes, deletes or tells others."""
    return [
        lambda: running(rooms.presence.keep()),
        lambda: _beside(rooms.node),
        lambda: running(rooms.health.watch()),
        lambda: _closed_at_end(rooms.delivery),
        lambda: _closed_at_end(rooms.client_log),
    ]


@asynccontextmanager
async def _swept(uploads: Uploads) -> AsyncIterator[None]:
    """Remove what broken uploads of an earlier run left behind."""
    await asyncio.to_thread(uploads.sweep)
    yield


@asynccontextmanager
async def _start_noted(starts: Starts) -> AsyncIterator[None]:
    """Count this start of the server."""
    await asyncio.to_thread(starts.note, parent_identity())
    yield


class Threaded(Protocol):
    """A part that works on a thread of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@asynccontextmanager
async def _beside(part: Threaded) -> AsyncIterator[None]:
    """Let a part work beside the requests."""
    await asyncio.to_thread(part.start)
    try:
        yield
    finally:
        await asyncio.to_thread(part.stop)


@asynccontextmanager
async def _deliveries_kept(deliveries: Deliveries) -> AsyncIterator[None]:
    """Write who was sent what every second, and once more at the end."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await asyncio.to_thread(deliveries.write)
            except Outage as outage:  # what was to be written is kept, and tried again
                _log.error("deliveries not written", code=outage.code, detail=outage.detail)

    async with running(keep()):
        yield
    await asyncio.to_thread(deliveries.write)


@asynccontextmanager
async def _closed_at_end(part: Delivery | ClientLog) -> AsyncIterator[None]:
    """End what a part has started or opened."""
    yield
    await asyncio.to_thread(part.close)


async def _spool_flushed(cached: CachedStore) -> None:
    """Give the bucket what waits for it, as soon as it takes it, and keep the cache within its size."""
    trim_at = 0.0
    while True:
        await asyncio.sleep(_FLUSH_SECONDS)
        try:
            await asyncio.to_thread(cached.flush)
            if time.monotonic() > trim_at:
                trim_at = time.monotonic() + _TRIM_SECONDS
                await asyncio.to_thread(cached.trim)
        except Outage as outage:
            _log.info("the spool waits", code=outage.code, detail=outage.detail)
