"""Put an archive in the place of a recording's interactions once it has ended."""

import secrets

from local_server.database.engine import Database
from local_server.records.recordings import queries, screenshot_queries
from local_server.records.recordings.archive import packed
from local_server.storage.blobs import Blobs


class Archiving:
    """The blob is written first; then one transaction names it and removes what it holds."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def archive(self, recording_id: str) -> bool:
        """Archive a recording that has ended; False where there is nothing to do."""
        with self._database.read() as connection:
            recording = queries.find(connection, recording_id)
            if recording is None or recording.ended_at is None or recording.archive_blob is not None:
                return False
            content = packed(
                recording,
                queries.interactions_of(connection, recording_id),
                screenshot_queries.all_of(connection, recording_id),
            )
        blob = f"{secrets.token_hex(16)}-recording"
        size = self._blobs.put(blob, content)
        with self._database.write() as connection:
            first = queries.archived(connection, recording_id, blob, size)
        if not first:
            self._blobs.delete(blob)
        return first
