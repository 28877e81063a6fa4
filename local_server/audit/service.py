"""Read, verify and export the audit log."""

from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Lock
from typing import Any, Final

from sqlalchemy import Row

from local_server.accounts.models import Caller
from local_server.audit import queries
from local_server.audit.entry import written
from local_server.audit.log import AuditLog, Verification
from local_server.database.engine import Database

FULL_WALK_SECONDS: Final = 600.0
PAGE: Final = 1000


class Audit:
    """The log as a whole; verification is remembered, so that asking often costs only the newest entries."""

    def __init__(self, database: Database, log: AuditLog, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._log = log
        self._monotonic = monotonic
        self._lock = Lock()
        self._last: Verification | None = None
        self._walked_at = 0.0

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
                self._last = self._log.verify(connection, last.anchor if last else None)
            return self._last

    def newest(self, *, kinds: frozenset[str], since: datetime | None, limit: int) -> list[dict[str, Any]]:
        """Return the newest entries as JSON objects, oldest first."""
        with self._database.read() as connection:
            rows = queries.newest(connection, kinds=kinds, since=since, limit=limit)
        return [as_object(row) for row in rows]

    def entries(
        self, *, kinds: frozenset[str] = frozenset(), since: datetime | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield entries as JSON objects, oldest first.

        Each page is a transaction of its own: a slow reader must not hold up the write-ahead log.
        """
        after = 0
        while True:
            with self._database.read() as connection:
                rows = queries.page(connection, after=after, kinds=kinds, since=since, limit=PAGE)
            for row in rows:
                yield as_object(row)
            if len(rows) < PAGE:
                return
            after = rows[-1].sequence

    def export(self, caller: Caller) -> Iterator[dict[str, Any]]:
        """Note who exports, then yield every entry, that note among them."""
        with self._database.write() as connection:
            self._log.record(
                connection,
                "audit_exported",
                account_id=caller.account_id,
                account_name=caller.name,
                viewing_session_id=caller.viewing_session_id,
                detail={"entries": queries.count(connection) + 1},
            )
        yield from self.entries()


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
