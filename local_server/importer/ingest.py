"""From a waiting row to a ready picture: decode in isolation, seal, and say so in one transaction."""

import os
import random
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from local_server.database import upsert
from local_server.database.tables import renditions
from local_server.errors import Outage
from local_server.events import announce
from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Decoded, Refused
from local_server.importer import leases, queries
from local_server.importer.register import Register
from local_server.importer.virus_scan import Scan, virus_scan_of
from local_server.installation import Installation
from local_server.library.errors import OriginalMissing
from local_server.library.originals import Originals
from local_server.marks.likenesses import learn, looks

LEASE: Final = timedelta(minutes=2)
FIRST_PAUSE: Final = timedelta(seconds=1)
LONGEST_PAUSE: Final = timedelta(minutes=2)
MOST_ATTEMPTS: Final = 5
_SCANNED_AT_ONCE: Final = 1 << 20
_log = structlog.get_logger("ingest")


class Outcome(StrEnum):
    """What became of a waiting picture."""

    READY = "ready"
    REFUSED = "refused"
    GONE = "gone"
    """Its file is no longer there, or no longer the same."""

    NOT_OURS = "not ours"
    """It is done already, or somebody else is at it."""


class Ingest:
    """Makes pictures ready; each thread has its own, with a decoder of its own."""

    def __init__(
        self,
        installation: Installation,
        clock: Callable[[], datetime],
        owner: str,
        *,
        lease: timedelta = LEASE,
        uneven: Callable[[], float] = random.random,
    ) -> None:
        self._database = installation.database
        self._blobs = installation.blobs
        self._originals = Originals(self._database, self._blobs, installation.data.uploads)
        self._virus_scan = virus_scan_of(installation)
        self._register = Register(self._database, clock)
        self._decoder = Decoder()
        self._clock = clock
        self._owner = owner
        self._lease = lease
        self._uneven = uneven

    def finish(self, picture_id: str) -> Outcome:
        """Bring one picture to an end. On an outage it waits again, and the outage is raised."""
        now = self._clock()
        with self._database.write() as connection:
            if not leases.claim(connection, picture_id, self._owner, now, now + self._lease):
                return Outcome.NOT_OURS
            row = queries.picture(connection, picture_id)
        if row.attempts > MOST_ATTEMPTS:
            # The program itself ended this often over this file, in spite of the decoder's isolation.
            return self._refuse(
                picture_id, Refused("poison", "The program stopped each time it read the file.")
            )
        try:
            with self._originals.open(picture_id) as source:
                answer = self._scanned(picture_id, row.scan, source) or self._decoder.decode(source)
            if isinstance(answer, Refused):
                return self._refuse(picture_id, answer)
            # Blobs first: a row that says ready has all that it points to, whenever we are killed.
            stored = [
                {
                    "picture_id": picture_id,
                    "kind": rendition.kind,
                    "blob": f"{picture_id}-{rendition.kind}",
                    "width": rendition.width,
                    "height": rendition.height,
                    "bytes": self._blobs.put(f"{picture_id}-{rendition.kind}", rendition.content),
                }
                for rendition in answer.renditions
            ]
        except OriginalMissing:
            return self._gone(picture_id)
        except Outage:
            retry_at = self._clock() + pause_after(row.retries) * (0.5 + self._uneven() / 2)
            with self._database.write() as connection:
                leases.release(connection, picture_id, self._owner, retry_at)
            raise
        try:
            hashes = looks(answer.renditions[0].content)
        except OSError:
            return self._refuse(
                picture_id, Refused("crashed_decoder", "Its decoder made a thumbnail of noise.")
            )
        return self._ready(picture_id, answer, stored, hashes)

    def _scanned(self, picture_id: str, scan: str | None, source: int) -> Refused | None:
        """Have a file scanned that was not yet; return why it is refused, or None."""
        if self._virus_scan is None or scan in (Scan.CLEAN, Scan.SKIPPED):
            return None
        os.lseek(source, 0, os.SEEK_SET)
        with os.fdopen(os.dup(source), "rb") as file:
            found = self._virus_scan.look(iter(lambda: file.read(_SCANNED_AT_ONCE), b""))
        if isinstance(found, Refused):
            return found
        with self._database.write() as connection:
            queries.note_scan(connection, picture_id, found)
        return None

    def close(self) -> None:
        """End the decoder."""
        self._decoder.close()

    def _ready(
        self, picture_id: str, decoded: Decoded, stored: list[dict[str, Any]], hashes: bytes
    ) -> Outcome:
        with self._database.write() as connection:
            values = _columns(decoded, queries.picture(connection, picture_id).sort_at)
            if not leases.finish(connection, picture_id, self._owner, values):
                return Outcome.NOT_OURS
            for row in stored:
                statement = upsert.insert(connection, renditions).values(row)
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["picture_id", "kind"], set_=row)
                )
            learn(connection, picture_id, hashes)
            announce(connection, self._clock(), "picture_ready", {"id": picture_id})
        return Outcome.READY

    def _refuse(self, picture_id: str, refused: Refused) -> Outcome:
        values = {"status": queries.REFUSED, "reason_code": refused.code, "reason": refused.reason}
        with self._database.write() as connection:
            if not leases.finish(connection, picture_id, self._owner, values):
                return Outcome.NOT_OURS
            self._announce_refusal(connection, picture_id, refused)
        _log.info("refused", picture=picture_id, code=refused.code)
        return Outcome.REFUSED

    def _gone(self, picture_id: str) -> Outcome:
        """Forget where the file was, so that the next scan reads afresh what lies there now."""
        with self._database.write() as connection:
            leases.release(connection, picture_id, self._owner)
            queries.doubt_places(connection, picture_id)
            self._register.settle_presence(connection, [picture_id])
        return Outcome.GONE

    def _announce_refusal(self, connection: Connection, picture_id: str, refused: Refused) -> None:
        place = queries.first_place(connection, picture_id)
        if place is not None:
            announce(
                connection,
                self._clock(),
                "picture_refused",
                {"name": place.name, "folder": place.folder, "reason": refused.reason},
                staff_only=True,
            )


def pause_after(retries: int) -> timedelta:
    """Return the longest pause before the next try, after so many that the world made fail; it doubles."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(retries, 10)))


def _columns(decoded: Decoded, file_time: datetime) -> dict[str, Any]:
    metadata = decoded.metadata
    return {
        "status": queries.READY,
        "reason_code": None,
        "reason": None,
        "format": decoded.format,
        "width": decoded.width,
        "height": decoded.height,
        "orientation": decoded.orientation,
        "frames": decoded.frames,
        "taken_at": None if metadata.taken_utc is None else datetime.fromisoformat(metadata.taken_utc),
        "taken_local": metadata.taken_local,
        # The camera's clock sorts as if it were UTC: a day out with the camera stays in one piece.
        "sort_at": (
            file_time
            if metadata.taken_local is None
            else datetime.fromisoformat(metadata.taken_local).replace(tzinfo=UTC)
        ),
        "camera": asdict(metadata.camera),
        "latitude": metadata.latitude,
        "longitude": metadata.longitude,
        "icc": decoded.icc,
        "colour": decoded.colour,
        "histogram": decoded.histogram,
    }
