"""Compare what the rows say is stored with what is, and mend what can be made anew.

Every object is read and its seal is checked. A rendition is made anew from its original; an original, an
evidence picture or a record that is lost can't be, and is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, select

from local_server.database.engine import Database
from local_server.database.tables import places, recordings, renditions, screenshots, traces, violations
from local_server.events import announce
from local_server.library.queries import wait_for_renditions
from local_server.storage.blobs import Blobs
from local_server.storage.errors import BlobDamaged, BlobMissing

# Renditions first: what they name twice is told of as theirs.
OWNERS: Final[tuple[tuple[str, Column[str]], ...]] = (
    ("rendition", renditions.c.blob),
    ("original", places.c.blob),
    ("evidence", violations.c.evidence_blob),
    ("screenshot", screenshots.c.blob),
    ("archive", recordings.c.archive_blob),
    ("trace", traces.c.evidence_blob),
)
_YOUNG_SECONDS: Final = 3600.0
_STREAMED: Final = "original"


class Fault(StrEnum):
    """What is wrong with an object."""

    MISSING = "missing"
    DAMAGED = "damaged"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Finding:
    """One object that is not as the rows say, and whether it was mended."""

    blob: str
    kind: str
    fault: Fault
    mended: bool


class Inspection:
    """Walks over every object once."""

    def __init__(self, database: Database, blobs: Blobs, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self.looked_at = 0

    def run(self, *, mend: bool) -> Iterator[Finding]:
        """Yield what is wrong, mended or only named. Raises the outage of a storage that is away."""
        known: set[str] = set()
        for kind, column in OWNERS:
            with self._database.read() as connection:
                named = set(connection.execute(select(column).where(column.is_not(None))).scalars())
            for blob in sorted(named - known):
                self.looked_at += 1
                fault = self._fault(blob, kind)
                if fault is not None:
                    yield Finding(blob, kind, fault, mend and self._mended(blob, kind))
            known |= named
        for blob in list(self._blobs.names(older_than_seconds=_YOUNG_SECONDS)):
            if blob not in known and not self._named_since(blob):
                self.looked_at += 1
                if mend:
                    self._blobs.delete(blob)
                yield Finding(blob, "unknown", Fault.ORPHANED, mend)

    def _fault(self, blob: str, kind: str) -> Fault | None:
        try:
            if kind == _STREAMED:
                for _ in self._blobs.stream(blob):
                    pass
            else:
                self._blobs.get(blob)
        except BlobMissing:
            return Fault.MISSING
        except BlobDamaged:
            return Fault.DAMAGED
        return None

    def _mended(self, blob: str, kind: str) -> bool:
        if kind != "rendition":
            return False
        with self._database.write() as connection:
            picture_id = connection.execute(
                select(renditions.c.picture_id).where(renditions.c.blob == blob)
            ).scalar_one_or_none()
            if picture_id is not None:
                wait_for_renditions(connection, picture_id)
                announce(connection, self._clock(), "picture_changed", {"id": picture_id})
        return True

    def _named_since(self, blob: str) -> bool:
        with self._database.read() as connection:
            return any(
                connection.execute(select(column).where(column == blob).limit(1)).first() is not None
                for _, column in OWNERS
            )


def told(finding: Finding) -> str:
    """Return a sentence about a finding."""
    done = {
        Fault.ORPHANED: "removed",
        Fault.MISSING: "the worker makes it anew from the original",
        Fault.DAMAGED: "the worker makes it anew from the original",
    }[finding.fault]
    return f"{finding.kind} {finding.blob} is {finding.fault}{': ' + done if finding.mended else ''}."
