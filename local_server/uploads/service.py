"""The rules of uploads: what a received file becomes, how a batch is doing, and how one is cancelled.

A file is acknowledged when its row is committed; its sealed content is stored before. A crash between the two
leaves a blob without a row, which is swept up, and a sender without an answer, who sends again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import Connection, Row

from local_server.accounts.audit import Audit
from local_server.accounts.models import CURATES, Caller
from local_server.events import announce
from local_server.imaging.formats import SPOKEN, looks_like_a_picture
from local_server.imaging.models import Refused
from local_server.importer.queries import REFUSED, picture_by_hash
from local_server.importer.register import Register
from local_server.importer.virus_scan import Scan, ScannerAway, VirusScan
from local_server.installation import Installation
from local_server.jobs.queue import JobQueue
from local_server.uploads import queries
from local_server.uploads.errors import BatchUnknown
from local_server.uploads.models import Outcome, Progress, Received, Taken, TooLarge

# What was sent is waited for more than what lies in a folder.
PRIORITY: Final = 5
_log = structlog.get_logger("uploads")


class Uploads:
    """Takes received files into the library."""

    def __init__(
        self,
        installation: Installation,
        queue: JobQueue,
        virus_scan: VirusScan | None,
        audit: Audit,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = installation.database
        self._blobs = installation.blobs
        self._folder = installation.data.uploads
        self._most_bytes = int(installation.settings.max_file_size)
        self._register = Register(installation.database, clock)
        self._queue = queue
        self._virus_scan = virus_scan
        self._audit = audit
        self._clock = clock

    def begin(self, caller: Caller, name: str) -> str:
        """Begin a batch and return its id."""
        batch_id = uuid4().hex
        with self._database.write() as connection:
            queries.add_batch(connection, batch_id, caller.account_id, name, self._clock())
        return batch_id

    def take(self, caller: Caller, batch_id: str, received: Received | TooLarge) -> Taken:
        """Take one file, or say why not. Its sealed file is stored or gone afterwards."""
        if isinstance(received, TooLarge):
            reason = f"The file is larger than {self._most_bytes >> 20} MiB."
            taken = Taken(received.name, Outcome.REFUSED, None, "file_too_large", reason)
            return self._noted(batch_id, taken)
        try:
            return self._taken(caller, batch_id, received)
        finally:
            received.path.unlink(missing_ok=True)

    def progress(self, caller: Caller, batch_id: str) -> Progress:
        """Say how a batch is doing. Raises BatchUnknown."""
        with self._database.read() as connection:
            row = self._row(caller, queries.batch(connection, batch_id))
            return _progress(row, queries.outcomes(connection, batch_id))

    def files(self, caller: Caller, batch_id: str, after: int, limit: int) -> list[Row[Any]]:
        """Return a page of a batch's files. Raises BatchUnknown."""
        with self._database.read() as connection:
            self._row(caller, queries.batch(connection, batch_id))
            return list(queries.files(connection, batch_id, after, limit))

    def cancel(self, caller: Caller, batch_id: str) -> Progress:
        """Withdraw what of a batch is not ready yet; what is ready stays. Raises BatchUnknown."""
        now = self._clock()
        with self._database.write() as connection:
            row = self._row(caller, queries.batch(connection, batch_id))
            if row.cancelled_at is None:
                withdrawn = queries.cancel(connection, batch_id, now)
                self._register.settle_presence(connection, withdrawn)
                detail = {"batch": batch_id, "pictures": len(withdrawn)}
                self._record(connection, caller, "upload_cancelled", detail)
        return self.progress(caller, batch_id)

    def sweep(self) -> int:
        """Remove what senders left behind that went away while no server ran; return how many files."""
        left = list(self._folder.glob("*"))
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)

    def _taken(self, caller: Caller, batch_id: str, received: Received) -> Taken:
        refused = self._look(received)
        if refused is not None:
            return self._noted(batch_id, _refused(received, refused))
        scan = self._scan(received)
        if isinstance(scan, Refused):
            with self._database.write() as connection:
                detail = {"file": received.name, "content_hash": received.content_hash, "reason": scan.reason}
                self._record(connection, caller, "upload_infected", detail)
            return self._noted(batch_id, _refused(received, scan))
        with self._database.read() as connection:
            known = picture_by_hash(connection, received.content_hash)
        if known is not None and known.present:
            return self._noted(batch_id, _doubled(received, known))
        self._blobs.adopt(received.blob, received.path)
        return self._entered(caller, batch_id, received, scan)

    def _entered(self, caller: Caller, batch_id: str, received: Received, scan: Scan | None) -> Taken:
        with self._database.write() as connection:
            # Somebody else may have sent it while we stored it.
            known = picture_by_hash(connection, received.content_hash)
            if known is not None and known.present:
                taken = _doubled(received, known)
            else:
                entered = self._register.enter_upload(
                    connection,
                    name=received.name,
                    size=received.size,
                    content_hash=received.content_hash,
                    blob=received.blob,
                    scan=scan,
                    priority=PRIORITY,
                )
                taken = Taken(received.name, Outcome.ACCEPTED, entered.picture_id)
                self._record(
                    connection,
                    caller,
                    "picture_uploaded",
                    {"file": received.name, "bytes": received.size, "batch": batch_id},
                    entered.picture_id,
                )
                announce(connection, self._clock(), "gallery_changed", {})
            queries.add_file(connection, batch_id, taken)
        if taken.outcome is Outcome.ACCEPTED and taken.picture_id is not None:
            self._queue.put([taken.picture_id], priority=PRIORITY)
        else:
            self._blobs.delete(received.blob)
        return taken

    def _look(self, received: Received) -> Refused | None:
        if received.size == 0:
            return Refused("empty", "The file is empty.")
        if not looks_like_a_picture(received.head):
            return Refused("not_a_picture", f"The content is none of {SPOKEN}.")
        return None

    def _scan(self, received: Received) -> Scan | Refused | None:
        """Have the content scanned now; where the scanner is away a worker does it before it decodes."""
        if self._virus_scan is None:
            return None
        try:
            with received.path.open("rb") as source:
                return self._virus_scan.look(self._blobs.opened(received.blob, source))
        except ScannerAway as away:
            _log.warning("upload waits for the virus scanner", reason=away.detail)
            return Scan.WAITING

    def _noted(self, batch_id: str, taken: Taken) -> Taken:
        with self._database.write() as connection:
            queries.add_file(connection, batch_id, taken)
        return taken

    def _record(
        self,
        connection: Connection,
        caller: Caller,
        kind: str,
        detail: Mapping[str, object],
        picture_id: str | None = None,
    ) -> None:
        self._audit.record(
            connection,
            kind,
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            picture_id=picture_id,
            detail=detail,
        )

    @staticmethod
    def _row(caller: Caller, row: Row[Any] | None) -> Row[Any]:
        if row is None or (row.account_id != caller.account_id and caller.role not in CURATES):
            raise BatchUnknown
        return row


def _refused(received: Received, refused: Refused) -> Taken:
    return Taken(received.name, Outcome.REFUSED, None, refused.code, refused.reason)


def _doubled(received: Received, known: Row[Any]) -> Taken:
    if known.status == REFUSED:
        return Taken(received.name, Outcome.REFUSED, None, known.reason_code, known.reason)
    return Taken(received.name, Outcome.DUPLICATE, known.id)


def _progress(row: Row[Any], counts: dict[tuple[str, str | None, bool | None], int]) -> Progress:
    def number(outcome: Outcome, status: str | None = None, *, present: bool = True) -> int:
        return sum(
            count
            for (answered, became, there), count in counts.items()
            if answered == outcome and (status is None or (became == status and bool(there) == present))
        )

    accepted = number(Outcome.ACCEPTED)
    waiting = number(Outcome.ACCEPTED, "waiting")
    ready = number(Outcome.ACCEPTED, "ready")
    refused = number(Outcome.ACCEPTED, "refused")
    return Progress(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        started_at=row.started_at,
        cancelled_at=row.cancelled_at,
        total=sum(counts.values()),
        duplicate=number(Outcome.DUPLICATE),
        waiting=waiting,
        ready=ready,
        refused=number(Outcome.REFUSED) + refused,
        # Withdrawn before it was decoded, or removed since.
        cancelled=accepted - waiting - ready - refused,
    )
