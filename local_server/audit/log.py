"""Append to the audit log inside the caller's transaction, and verify the whole of it."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, cast, insert, select

from local_server.audit.checkpoint import Signer
from local_server.audit.entry import Entry, chain, genesis, seal_head
from local_server.audit.walk import HEAD_LOST, Anchor, Verification, Walk
from local_server.database import upsert
from local_server.database.tables import audit_entries, installation

HEAD_KEY: Final = "audit_head"
_NOTHING: Final[Mapping[str, Any]] = {}


class AuditLog:
    """The chain's rules; holds no state but its key, so any process may append in its own transaction."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock

    def record(
        self,
        connection: Connection,
        kind: str,
        *,
        account_id: str | None = None,
        account_name: str | None = None,
        viewing_session_id: str | None = None,
        picture_id: str | None = None,
        detail: Mapping[str, Any] = _NOTHING,
    ) -> int:
        """Append one entry and return its sequence; the connection must hold the write lock.

        The next entry follows the sealed head, not the last row: where rows were cut off the end, a gap
        stays.
        """
        head = self._head(connection)
        if head is None:
            last = _last(connection)
            head = last or Anchor(0, genesis(self._key))
            if last is not None:
                head = self._append(connection, head, HEAD_LOST, None, None, None, None, {})
        head = self._append(
            connection, head, kind, account_id, account_name, picture_id, viewing_session_id, detail
        )
        self._store_head(connection, head)
        return head.sequence

    def verify(
        self, connection: Connection, start: Anchor | None = None, signer: Signer | None = None
    ) -> Verification:
        """Walk the chain from its genesis, or from an entry already verified; name the first that is wrong.

        With a signer the entries are compared with its checkpoints too. What it cannot see: the whole
        database put back to an earlier copy of itself.
        """
        walk = Walk(self._key, start, signer)
        found = walk.along(connection)
        if not found.intact:
            return found
        head = self._head(connection)
        if head is None and found.entries:
            return walk.broken(
                "The sealed end of the log is missing or forged: its last entries may have been removed."
            )
        if head is not None and (head.sequence, head.hash) != (walk.trusted.sequence, walk.trusted.hash):
            return walk.broken(
                f"Entry {found.entries + 1} is missing: the log ended with entry {head.sequence}."
            )
        return found

    def _append(
        self,
        connection: Connection,
        head: Anchor,
        kind: str,
        account_id: str | None,
        account_name: str | None,
        picture_id: str | None,
        viewing_session_id: str | None,
        detail: Mapping[str, Any],
    ) -> Anchor:
        # Through JSON and back: what is hashed must be what a reader gets (tuples are lists, keys are texts).
        stored = json.loads(json.dumps(dict(detail), allow_nan=False))
        entry = Entry(
            sequence=head.sequence + 1,
            time=self._clock(),
            kind=kind,
            account_id=account_id,
            account_name=account_name,
            picture_id=picture_id,
            viewing_session_id=viewing_session_id,
            detail=stored,
        )
        new_hash = chain(self._key, head.hash, entry.canonical())
        connection.execute(
            insert(audit_entries).values(
                sequence=entry.sequence,
                time=entry.time,
                kind=kind,
                account_id=account_id,
                account_name=account_name,
                picture_id=picture_id,
                viewing_session_id=viewing_session_id,
                detail=stored,
                previous_hash=head.hash,
                hash=new_hash,
            )
        )
        return Anchor(entry.sequence, new_hash)

    def _head(self, connection: Connection) -> Anchor | None:
        """Return the sealed head, or None where it is absent or not ours."""
        value = connection.execute(
            select(cast(installation.c.value, Text)).where(installation.c.key == HEAD_KEY)
        ).scalar()
        try:
            stored = json.loads(value or "null")
            head = Anchor(int(stored["count"]), str(stored["hash"]))
            good = hmac.compare_digest(seal_head(self._key, head.sequence, head.hash), str(stored["seal"]))
        except (TypeError, ValueError, KeyError):
            return None
        return head if good else None

    def _store_head(self, connection: Connection, head: Anchor) -> None:
        value = {
            "count": head.sequence,
            "hash": head.hash,
            "seal": seal_head(self._key, head.sequence, head.hash),
        }
        connection.execute(
            upsert.insert(connection, installation)
            .values(key=HEAD_KEY, value=value)
            .on_conflict_do_update(index_elements=["key"], set_={"value": value})
        )


def _last(connection: Connection) -> Anchor | None:
    row = connection.execute(
        select(audit_entries.c.sequence, audit_entries.c.hash)
        .order_by(audit_entries.c.sequence.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Anchor(int(row.sequence), str(row.hash))
