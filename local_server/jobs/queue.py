"""The queue from servers to workers, huey on SQLite or Redis: a hint, the catalogue's rows are the truth."""

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import structlog
from huey import PriorityRedisHuey, SqliteHuey
from huey.api import TaskWrapper
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from local_server.errors import Outage
from local_server.external.link import Away
from local_server.external.redis import RedisPart

_NAME: Final = "pictures"
_FIRST_POLL_SECONDS: Final = 0.02
_LONGEST_POLL_SECONDS: Final = 0.25
T = TypeVar("T")
_log = structlog.get_logger("queue")


class QueueBroken(Outage):
    """The queue's file cannot be used."""

    code = "queue_broken"
    title = "The job queue cannot be used"
    advice = (
        "Stop the program, remove queue.db from the data directory and start again: nothing is lost with it."
    )


class JobQueue:
    """Offers pictures to workers; each process opens its own, and any thread may use it.

    In a file a connection belongs to a thread, and is closed when a call ends: threads of a server come and
    go. With Redis away nothing is offered and nothing fails: the rows wait, and a worker's sweep finds them.
    """

    def __init__(
        self, where: Path | RedisPart, work: Callable[[str], None] | None = None, *, key: bytes | None = None
    ) -> None:
        """Open a file, or Redis, whose offers are signed with the key: an unpickled one may run anything."""
        if isinstance(where, RedisPart) and key is None:
            raise ValueError("offers in Redis have to be signed")
        self._where = where
        self._key = key or b""
        self._work = work or _nothing
        self._lock = Lock()
        self._opened: tuple[Any, TaskWrapper] | None = None

    @property
    def shared(self) -> bool:
        """Whether workers of other machines take from it too."""
        return isinstance(self._where, RedisPart)

    def put(self, picture_ids: Iterable[str], *, priority: int = 0) -> None:
        """Offer pictures, those of higher priority first. Raises QueueBroken."""

        def offer(huey: Any, task: TaskWrapper) -> None:
            for picture_id in picture_ids:
                huey.enqueue(task.s(picture_id, priority=priority))

        self._call(offer, None)

    def waiting(self) -> int:
        """Return how many offers nobody has taken. Raises QueueBroken."""
        return self._call(lambda huey, _task: int(huey.pending_count()), 0)

    def clear(self) -> None:
        """Forget all offers; whoever does so offers what waits again. Raises QueueBroken."""
        self._call(lambda huey, _task: huey.flush(), None)

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

    def _call(self, call: Callable[[Any, TaskWrapper], T], away: T) -> T:
        """Do something with the queue; return `away` where it is Redis and does not answer."""
        huey, task = self._open()
        if isinstance(self._where, RedisPart):
            try:
                return self._where.call(lambda _redis: call(huey, task))
            except Away as reason:
                _log.info("queue is away, rows wait", reason=str(reason))
                return away
        with self._broken_is_outage():
            try:
                return call(huey, task)
            finally:
                huey.storage.close()

    def _open(self) -> tuple[Any, TaskWrapper]:
        with self._lock, self._broken_is_outage():
            if self._opened is None:
                huey = self._made()
                self._opened = huey, _registered(huey, self._work)
            return self._opened

    def _made(self) -> Any:
        if isinstance(self._where, RedisPart):
            return _on_redis(self._where, self._key)
        return _in_file(self._where)

    @contextmanager
    def _broken_is_outage(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise QueueBroken(f"{self._where}: {error}") from error


def _in_file(path: Path) -> SqliteHuey:
    return SqliteHuey(_NAME, filename=str(path), results=False, timeout=15, fsync=False)


def _on_redis(part: RedisPart, key: bytes) -> PriorityRedisHuey:
    # Named after the key: two houses on one Redis would throw away each other's offers.
    name = f"{_NAME}.{hmac.new(key, b'name', hashlib.sha256).hexdigest()[:12]}"
    serializer = SignedSerializer(secret=key, salt=_NAME)
    return PriorityRedisHuey(
        name, results=False, blocking=False, connection_pool=part.pool, serializer=serializer
    )


def _registered(huey: SqliteHuey, work: Callable[[str], None]) -> TaskWrapper:
    # huey names a task after the module of its function: it must be this one in every process.
    def ingest(picture_id: str) -> None:
        work(picture_id)

    return huey.task(retries=0)(ingest)


def _nothing(_picture_id: str) -> None:
    raise RuntimeError("this process offers pictures and takes none")
