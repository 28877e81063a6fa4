"""The parts of this room, put together."""

from collections.abc import Callable
from datetime import datetime, timedelta

from local_server.audit.log import AuditLog
from local_server.database.engine import Database
from local_server.records.recordings.archiving import Archiving
from local_server.records.recordings.journal import Journal
from local_server.records.recordings.retention import Retention
from local_server.records.recordings.screenshots import Screenshots
from local_server.records.recordings.service import Recordings
from local_server.records.recordings.stream import Streams
from local_server.storage.blobs import Blobs


class RecordingsRoom:
    """Everything about recordings, on one database; `kept` and `evidence_kept` say for how long."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        audit: AuditLog,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        *,
        kept: timedelta,
        evidence_kept: timedelta,
    ) -> None:
        archiving = Archiving(database, blobs)
        self.recordings = Recordings(database, blobs, archiving, audit, clock, kept)
        self.screenshots = Screenshots(database, blobs, self.recordings, clock)
        self.journal = Journal(self.recordings.add_all)
        self.streams = Streams(self.recordings, self.screenshots, self.journal, monotonic)
        self.retention = Retention(
            database, blobs, archiving, audit, clock, kept=kept, evidence_kept=evidence_kept
        )
