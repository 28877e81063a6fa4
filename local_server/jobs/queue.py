"""The queue between server and worker, huey on SQLite: a hint only, the catalogue's rows are the truth."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

from huey import SqliteHuey
from huey.api import TaskWrapper
from huey.consumer import Consumer

from local_server.errors import Outage

_FIRST_POLL_SECONDS: Final = 0.02
_LONGEST_POLL_SECONDS: Final = 0.25


class QueueBroken(Outage):
    """The queue's file cannot be used."""

    code = "queue_broken"
    title = "The job queue cannot be used"
    advice = (
        "Stop the program, remove queue.db from the data directory and start again: nothing is lost with it."
    )


class JobQueue:
    """Offers pictures to the worker; each process opens its own, and any thread may use it.

    A connection belongs to a thread, and is closed when a call ends: threads of a server come and go.
    """

    def __init__(self, path: Path, work: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._work = work or _nothing
        self._lock = Lock()
        self._opened: tuple[SqliteHuey, TaskWrapper] | None = None

    def put(self, picture_ids: Iterable[str], *, priority: int = 0) -> None:
        """Offer pictures. Raises QueueBroken."""
        with self._broken_is_outage():
            huey, task = self._open()
            try:
                for picture_id in picture_ids:
                    huey.enqueue(task.s(picture_id, priority=priority))
            finally:
                huey.storage.close()

    def waiting(self) -> int:
        """Return how many offers nobody has taken. Raises QueueBroken."""
        with self._broken_is_outage():
            huey, _ = self._open()
            try:
                return int(huey.pending_count())
            finally:
                huey.storage.close()

    def clear(self) -> None:
        """Forget all offers; whoever does so offers what waits again. Raises QueueBroken."""
        with self._broken_is_outage():
            huey, _ = self._open()
            try:
                huey.flush()
            finally:
                huey.storage.close()

    def consumer(self, threads: int) -> Consumer:
        """Return what takes offers and does the work given to the constructor, on its own threads."""
        with self._broken_is_outage():
            huey, _ = self._open()
            return Consumer(
                huey,
                workers=threads,
                periodic=False,
                initial_delay=_FIRST_POLL_SECONDS,
                max_delay=_LONGEST_POLL_SECONDS,
                scheduler_interval=60,
            )

    def _open(self) -> tuple[SqliteHuey, TaskWrapper]:
        with self._lock:
            if self._opened is None:
                huey = SqliteHuey(
                    "pictures", filename=str(self._path), results=False, timeout=15, fsync=False
                )
                self._opened = huey, _registered(huey, self._work)
            return self._opened

    @contextmanager
    def _broken_is_outage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise QueueBroken(f"{self._path}: {error}") from error


def _registered(huey: SqliteHuey, work: Callable[[str], None]) -> TaskWrapper:
    # huey names a task after the module of its function: it must be this one in every process.
    def ingest(picture_id: str) -> None:
        work(picture_id)

    return huey.task(retries=0)(ingest)


def _nothing(_picture_id: str) -> None:
    raise RuntimeError("this process offers pictures and takes none")
