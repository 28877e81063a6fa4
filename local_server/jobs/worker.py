"""The worker process: takes pictures from the queue, several at a time, until it is told to stop."""

import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from typing import Final

import structlog

from local_server.errors import Outage
from local_server.importer import leases
from local_server.importer.ingest import Ingest
from local_server.installation import Installation
from local_server.jobs.queue import JobQueue
from local_server.jobs.sweep import OWNER_PREFIX, Sweep
from local_server.marks.likenesses import Likenesses

HEARTBEAT_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 3.0
# A worker that dies keeps its pictures this long from the others.
_LEASE: Final = timedelta(seconds=20)
_RENEW_SECONDS: Final = 5.0
_ORPHANS_SECONDS: Final = 3600.0
# How many pictures of an older version are learnt at a time, and when to look again once there were none.
_LEARNT_AT_ONCE: Final = 30
_LEARN_AGAIN_SECONDS: Final = 600.0
_OUTAGE_PAUSE_SECONDS: Final = 2.0
_log = structlog.get_logger("worker")


class Worker:
    """Holds the queue's consumer and one decoder for each of its threads."""

    def __init__(self, installation: Installation, clock: Callable[[], datetime]) -> None:
        self._installation = installation
        self._clock = clock
        self._blobs = installation.blobs
        self._owner = f"{OWNER_PREFIX}{os.getpid()}:{secrets.token_hex(8)}"
        self._queue = JobQueue(installation.queue, self._work, key=installation.keys.derive("queue"))
        self._sweep = Sweep(installation.database, self._queue, self._blobs, clock)
        self._likenesses = Likenesses(installation.database, installation.blobs)
        self._learn_at = 0.0
        self._benches = threading.local()
        self._open: list[Ingest] = []
        self._stop = threading.Event()

    def stop(self, *_signal: int | FrameType | None) -> None:
        """Finish what is being decoded, and end."""
        self._stop.set()

    def run(self, threads: int, ready: Callable[[], None], heartbeat: Callable[[], None]) -> None:
        """Work until `stop`; must run on the main thread, with the worker's lock held."""
        # It tells of every task twice, and the catalogue's rows tell it better.
        logging.getLogger("huey").setLevel(logging.WARNING)
        self._sweep.begin()
        consumer = self._queue.consumer(threads)
        consumer.start()
        # After the consumer's own handlers: both signals mean the same to us.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        ready()
        swept = orphans = renewed = time.monotonic()
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                if not all(thread.is_alive() for _, thread in consumer.worker_threads):
                    raise RuntimeError("a consuming thread has died")
                heartbeat()
                now = time.monotonic()
                if now - renewed > _RENEW_SECONDS:
                    renewed = now
                    self._try(self._renew)
                if now - swept > _SWEEP_SECONDS:
                    swept = now
                    self._try(self._sweep.offer)
                    self._try(self._learn)
                    if self._installation.cached is not None:
                        self._try(self._installation.cached.flush)
                if now - orphans > _ORPHANS_SECONDS:
                    orphans = now
                    self._try(self._sweep.remove_orphans)
                    if self._installation.cached is not None:
                        self._try(self._installation.cached.trim)
        finally:
            consumer.stop(graceful=True)
            for ingest in self._open:
                ingest.close()

    def _work(self, picture_id: str) -> None:
        """Do one job, on one of the consumer's threads."""
        if self._stop.is_set():
            return  # the row still waits: the next worker's sweep offers it again
        try:
            self._ingest().finish(picture_id)
        except Outage as outage:
            _log.error("outage", code=outage.code, detail=outage.detail, picture=picture_id)
            self._stop.wait(_OUTAGE_PAUSE_SECONDS)

    def _ingest(self) -> Ingest:
        ingest: Ingest | None = getattr(self._benches, "ingest", None)
        if ingest is None:
            ingest = Ingest(self._installation, self._clock, self._owner, lease=_LEASE)
            self._benches.ingest = ingest
            self._open.append(ingest)
        return ingest

    def _renew(self) -> None:
        with self._installation.database.write() as connection:
            leases.renew(connection, self._owner, self._clock() + _LEASE)

    def _learn(self) -> None:
        if time.monotonic() > self._learn_at and not self._likenesses.learn_missing(_LEARNT_AT_ONCE):
            self._learn_at = time.monotonic() + _LEARN_AGAIN_SECONDS

    def _try(self, chore: Callable[[], object]) -> None:
        try:
            chore()
        except Outage as outage:
            _log.error("outage", code=outage.code, detail=outage.detail)
