"""Read, verify and export the audit log."""

from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock
from typing import Any, Final

from sqlalchemy import Row

from local_server.accounts.models import Caller
from local_server.audit import queries, walk
from local_server.audit.checkpoint import Checkpoint, Signer
from local_server.audit.entry import written
from local_server.audit.log import AuditLog
from local_server.audit.walk import Verification
from local_server.database.engine import Database

FULL_WALK_SECONDS: Final = 600.0
PAGE: Final = 1000
EXPORT: Final = "vaultsecure audit export 1"


class Audit:
    """The log as a whole; verification is remembered, so that asking often costs only the newest entries."""

    def __init__(
        self,
        database: Database,
        log: AuditLog,
        signer: Signer,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._log = log
        self._signer = signer
        self._clock = clock
        self._monotonic = monotonic
        self._lock = Lock()
        self._last: Verification | None = None
        self._walked_at = 0.0

    @property
    def public_key(self) -> str:
        """The key that checks the signatures of checkpoints, in hexadecimal."""
        return self._signer.public_key

    @property
    def installation(self) -> str:
        """The installation that checkpoints speak of."""
        return self._signer.installation

    def verify(self, *, whole: bool = False) -> Verification:
        """Verify the chain: the whole at least every ten minutes, between that the new entries alone."""
        with self._lock:
            now = self._monotonic()
            last = None if whole or now - self._walked_at > FULL_WALK_SECONDS else self._last
            if last is not None and not last.intact:
                return last
            if last is None:
                self._walked_at = now
            with self._database.read() as connection:
                self._last = self._log.verify(connection, last.anchor if last else None, self._signer)
            return self._last

    def newest(self, *, kinds: frozenset[str], since: datetime | None, limit: int) -> list[dict[str, Any]]:
        """Return the newest entries as JSON objects, oldest first."""
        with self._database.read() as connection:
            rows = queries.newest(connection, kinds=kinds, since=since, limit=limit)
        return [as_object(row) for row in rows]

    def entries(
        self,
        *,
        kinds: frozenset[str] = frozenset(),
        since: datetime | None = None,
        up_to: int | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Yield entries as JSON objects, oldest first.

        Each page is a transaction of its own: a slow reader must not hold up the write-ahead log.
        """
        after = 0
        while True:
            with self._database.read() as connection:
                rows = queries.page(connection, after=after, kinds=kinds, since=since, limit=PAGE)
            for row in rows:
                if up_to is not None and row.sequence > up_to:
                    return
                yield as_object(row)
            if len(rows) < PAGE:
                return
            after = rows[-1].sequence

    def checkpoints(self) -> list[Checkpoint | None]:
        """Return the checkpoints in their order; None for one that was damaged beyond reading."""
        with self._database.read() as connection:
            return walk.checkpoints(connection)

    def export(self, caller: Caller) -> Iterator[dict[str, Any]]:
        """Note who exports, then yield the lines of `exported`, that note among them."""
        with self._database.write() as connection:
            self._log.record(
                connection,
                "audit_exported",
                account_id=caller.account_id,
                account_name=caller.name,
                viewing_session_id=caller.viewing_session_id,
                detail={"entries": queries.count(connection) + 1},
            )
        yield from self.exported()

    def exported(self) -> Iterator[dict[str, Any]]:
        """Yield what identifies the log, then every entry, and each checkpoint after the entry it is of.

        A log that verifies ends with a checkpoint of its last entry, made for the export alone: whoever cuts
        the file is found out.
        """
        anchor = self.verify().anchor
        yield {"export": EXPORT, "installation": self.installation, "public_key": self.public_key}
        waiting = [one for one in self.checkpoints() if one is not None]
        if anchor is not None and anchor.sequence:
            waiting = [one for one in waiting if one.sequence < anchor.sequence]
            waiting.append(self._signer.sign(anchor.sequence, self._clock(), anchor.hash, anchor.content))
        waiting.reverse()
        for entry in self.entries(up_to=None if anchor is None else anchor.sequence):
            yield entry
            while waiting and waiting[-1].sequence <= entry["sequence"]:
                yield checkpoint_as_object(waiting.pop())


def as_object(row: Row[Any]) -> dict[str, Any]:
    """Return an entry with its hashes, so that what is exported can be compared with the chain."""
    return {
        "sequence": row.sequence,
        "time": written(row.time),
        "kind": row.kind,
        "account": row.account_name,
        "account_id": row.account_id,
        "viewing_session": row.viewing_session_id,
        "picture": row.picture_id,
        "detail": row.detail,
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }


def checkpoint_as_object(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a checkpoint as a line of an export."""
    return {
        "checkpoint": checkpoint.sequence,
        "time": written(checkpoint.time),
        "hash": checkpoint.hash,
        "content": checkpoint.content,
        "signature": checkpoint.signature,
    }
