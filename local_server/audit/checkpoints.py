"""Make a checkpoint when one is due; runs beside the requests of every server, and one of them makes it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from local_server.audit import queries
from local_server.audit.checkpoint import Checkpoint, Signer
from local_server.audit.log import AuditLog
from local_server.audit.walk import Anchor, last_checkpoint
from local_server.database.engine import Database
from local_server.errors import Outage

EVERY_ENTRIES: Final = 1000
EVERY: Final = timedelta(hours=1)
_LOOK_SECONDS: Final = 10.0
_log = structlog.get_logger("audit.checkpoints")


class Checkpoints:
    """Signs the log after every thousand entries, and every hour that has new ones."""

    def __init__(
        self, database: Database, log: AuditLog, signer: Signer, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._log = log
        self._signer = signer
        self._clock = clock
        self._told: str | None = None

    async def keep(self) -> None:
        """Make what is due, until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.make_due)
            except Outage as outage:  # it is still due the next time
                _log.error("checkpoint not made", code=outage.code, detail=outage.detail)
            await asyncio.sleep(_LOOK_SECONDS)

    def make_due(self) -> Checkpoint | None:
        """Sign the log up to its newest entry, if that is due and the entries since the last time verify."""
        now = self._clock()
        with self._database.read() as connection:
            last = last_checkpoint(connection, self._signer)
            start = None if last is None else Anchor(last.sequence, last.hash, last.content)
            uncovered = queries.uncovered(connection, 0 if last is None else last.sequence)
            if uncovered is None or not _due(uncovered, now):
                return None
            # Without the write lock: an entry that verifies now is the same when it is signed.
            found = self._log.verify(connection, start, self._signer)
        if found.anchor is None:
            if self._told != found.what:
                _log.error("checkpoint not made: the audit log does not verify", what=found.what)
            self._told = found.what
            return None
        self._told = None
        made = self._signer.sign(found.anchor.sequence, now, found.anchor.hash, found.anchor.content)
        with self._database.write() as connection:
            if queries.newest_checkpoint(connection) >= made.sequence:
                return None  # another server was quicker
            queries.add_checkpoint(connection, made)
        return made


def _due(uncovered: queries.Uncovered, now: datetime) -> bool:
    return uncovered.entries >= EVERY_ENTRIES or now - uncovered.since >= EVERY
