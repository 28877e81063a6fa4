"""What somebody looks at is decoded first: a folder that is opened while its pictures still wait."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final

import structlog

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.importer import queries
from local_server.jobs.queue import JobQueue

# More than what lies in a folder (0), less than what was sent or opened by itself.
PRIORITY: Final = 1
_AGAIN_SECONDS: Final = 10.0
_REMEMBERED: Final = 1000
_AT_ONCE: Final = 200
_log = structlog.get_logger("looking")


class Looking:
    """Hears of every folder that is looked at; asks the catalogue now and then only."""

    def __init__(
        self, database: Database, queue: JobQueue, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._queue = queue
        self._monotonic = monotonic
        self._lock = Lock()
        self._asked: dict[str, float] = {}

    def at(self, folder: str) -> None:
        """Let what waits in a folder, and below it, go before the rest; a failure stops nobody."""
        if not self._due(folder):
            return
        try:
            with self._database.read() as connection:
                waiting = queries.waiting_in(connection, folder, PRIORITY, _AT_ONCE)
            if waiting:
                with self._database.write() as connection:
                    queries.hurry(connection, waiting, PRIORITY)
                self._queue.put(waiting, priority=PRIORITY)
        except Outage as outage:
            _log.warning("not hurried", folder=folder, code=outage.code)

    def _due(self, folder: str) -> bool:
        now = self._monotonic()
        with self._lock:
            if now - self._asked.get(folder, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
                return False
            if len(self._asked) >= _REMEMBERED:
                self._asked.clear()
            self._asked[folder] = now
        return True
