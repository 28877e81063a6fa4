"""Finds what the queue has lost and offers it again; removes blobs that nobody knows."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import Final

import structlog
from sqlalchemy import select

from local_server.database.engine import Database
from local_server.importer import leases
from local_server.jobs.inspection import OWNERS
from local_server.jobs.queue import JobQueue
from local_server.storage.blobs import Blobs

OWNER_PREFIX: Final = "worker:"
_OFFERED_AT_ONCE: Final = 500
_ORPHAN_SECONDS: Final = 3600.0
# Every column that names a blob: what none of them names is deleted.
_log = structlog.get_logger("sweep")


class Sweep:
    """What a worker does beside its work."""

    def __init__(
        self, database: Database, queue: JobQueue, blobs: Blobs, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._queue = queue
        self._blobs = blobs
        self._clock = clock

    def begin(self) -> None:
        """Take over from a worker that died: its leases, its queue, its half-written files.

        Only the holder of the worker's lock may do this. Where other machines have workers, leases run out by
        themselves, and the queue is everybody's.
        """
        cleared = 0
        if self._database.path is not None:
            with self._database.write() as connection:
                cleared = leases.clear_leases(connection, OWNER_PREFIX)
        if not self._queue.shared:
            self._queue.clear()
        self._blobs.sweep_partial(older_than_seconds=_ORPHAN_SECONDS)
        offered = self.offer()
        _log.info("began", leases_cleared=cleared, offered=offered)

    def offer(self) -> int:
        """Offer pictures that wait, when the queue has nothing; return how many."""
        if self._queue.waiting():
            return 0
        with self._database.read() as connection:
            unfinished = leases.unfinished(connection, self._clock(), _OFFERED_AT_ONCE)
        for priority, offered in groupby(unfinished, key=lambda one: one[1]):
            self._queue.put([picture_id for picture_id, _ in offered], priority=priority)
        return len(unfinished)

    def remove_orphans(self) -> int:
        """Remove blobs that no row names, an hour after they were written; return how many."""
        with self._database.read() as connection:
            known = {
                blob
                for _, column in OWNERS
                for blob in connection.execute(select(column).where(column.is_not(None))).scalars()
            }
        orphans = [
            name for name in self._blobs.names(older_than_seconds=_ORPHAN_SECONDS) if name not in known
        ]
        for name in orphans:
            self._blobs.delete(name)
        if orphans:
            _log.info("orphans removed", count=len(orphans))
        return len(orphans)
