"""End what was abandoned, archive what has ended, delete what is over its time; beside the requests."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.database.scrub import scrub
from local_server.errors import Outage
from local_server.records.recordings import queries, retention_queries, screenshot_queries
from local_server.records.recordings.archiving import Archiving
from local_server.storage.blobs import Blobs

EVERY_SECONDS: Final = 60.0
# A client says something every 20 s; what was silent for so long has gone without a word.
UNSEEN: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=1)
# Each batch is one transaction, and the one writer must not be kept from others for long.
_BATCH: Final = 20

_log = structlog.get_logger("records.retention")


class Retention:
    """Any number of replicas may do this at once: each row is ended, archived and deleted by one of them."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        archiving: Archiving,
        audit: AuditLog,
        clock: Callable[[], datetime],
        *,
        kept: timedelta,
        evidence_kept: timedelta,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._archiving = archiving
        self._audit = audit
        self._clock = clock
        self._kept = kept
        self._evidence_kept = evidence_kept
        self._to_scrub = False

    async def keep(self) -> None:
        """Do it now and every minute until cancelled."""
        while True:
            await asyncio.to_thread(self.once)
            await asyncio.sleep(EVERY_SECONDS)

    def once(self) -> None:
        """Do all there is to do; what an outage prevents is done at another time."""
        for part in (self.end_abandoned, self.archive_ended, self.delete_recordings, self.delete_evidence):
            try:
                while part():
                    pass
            except Outage as outage:
                _log.error("retention waits", part=part.__name__, code=outage.code, detail=outage.detail)
        if self._to_scrub:
            self._to_scrub = not scrub(self._database)

    def end_abandoned(self) -> int:
        """End a batch of recordings that nobody goes on with; return how many."""
        now = self._clock()
        with self._database.read() as connection:
            ids = retention_queries.abandoned(
                connection, unseen_since=now - UNSEEN, begun_before=now - LONGEST, limit=_BATCH
            )
        if not ids:
            return 0
        delete_at = now + self._kept
        with self._database.write() as connection:
            return sum(
                queries.end(connection, recording_id, now=now, reason="abandoned", delete_at=delete_at)
                for recording_id in ids
            )

    def archive_ended(self) -> int:
        """Archive a batch of recordings; return how many."""
        with self._database.read() as connection:
            ids = retention_queries.not_archived(connection, _BATCH)
        return sum(self._archiving.archive(recording_id) for recording_id in ids)

    def delete_recordings(self) -> int:
        """Delete a batch of recordings whose time is over, their files first; return how many."""
        with self._database.read() as connection:
            found = retention_queries.due(connection, self._clock(), _BATCH)
            blobs = screenshot_queries.blobs_of(connection, found)
        if not found:
            return 0
        for blob in (*blobs, *(archive for archive in found.values() if archive)):
            self._blobs.delete(blob)
        with self._database.write() as connection:
            deleted = retention_queries.delete_recordings(connection, found)
            if deleted:
                detail = {"count": deleted, "screenshots": len(blobs)}
                self._audit.record(connection, "records_deleted", detail=detail)
        self._to_scrub = True
        return deleted

    def delete_evidence(self) -> int:
        """Delete a batch of old evidence pictures; the attempts stay; return how many."""
        with self._database.read() as connection:
            found = retention_queries.old_evidence(connection, self._clock() - self._evidence_kept, _BATCH)
        if not found:
            return 0
        for blob in found.values():
            self._blobs.delete(blob)
        with self._database.write() as connection:
            deleted = retention_queries.forget_evidence(connection, list(found))
            if deleted:
                self._audit.record(connection, "evidence_deleted", detail={"count": deleted})
        return deleted
