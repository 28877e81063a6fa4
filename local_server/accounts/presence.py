"""Who was heard of lately: noted in memory at each request, written in one go now and then."""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from local_server.accounts import queries
from local_server.database.engine import Database
from local_server.errors import Outage

SECONDS: Final = 15.0
_log = structlog.get_logger("presence")


class Presence:
    """Keeps `seen_at` of the viewing sessions fresh without a write in any request."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: set[str] = set()

    def note(self, viewing_session_id: str) -> None:
        """Remember that a session was heard of; costs no more than adding to a set."""
        with self._lock:
            self._seen.add(viewing_session_id)

    def write(self) -> None:
        """Store what was noted since the last time."""
        with self._lock:
            seen, self._seen = self._seen, set()
        if seen:
            with self._database.write() as connection:
                queries.note_seen(connection, seen, self._clock())

    async def keep(self) -> None:
        """Store it every few seconds, and once more when cancelled."""
        try:
            while True:
                await asyncio.sleep(SECONDS)
                await asyncio.to_thread(self._try)
        finally:
            await asyncio.to_thread(self._try)

    def _try(self) -> None:
        try:
            self.write()
        except Outage as outage:  # the health report tells of it; what was noted is of no use later
            _log.warning("presence not written", code=outage.code, detail=outage.detail)
