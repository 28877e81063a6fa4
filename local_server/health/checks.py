"""The checks of a running server: one object a part, each cheap enough to be asked every few seconds."""

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import text

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import HEAD
from local_server.errors import Failure
from local_server.health.models import PartState, Status
from local_server.health.nodes import Node
from local_server.storage.keys import Keys

LITTLE_SPACE: Final = 1 << 30
NO_SPACE: Final = 64 << 20


class DatabaseCheck:
    """Reads the catalogue's revision and says how long that took; another than ours can't be worked with."""

    name = "database"
    vital = True

    def __init__(self, database: Database, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic

    def check(self) -> PartState:
        """Read."""
        started = self._monotonic()
        try:
            if self._database.path is not None and not self._database.path.is_file():
                return self._broken("catalogue.db has been removed")
            with self._database.read() as connection:
                revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (Failure, OSError) as error:
            return self._broken(str(error))
        latency = (self._monotonic() - started) * 1000
        if revision != HEAD:
            return self._broken(f"the catalogue has revision {revision}, this version needs {HEAD}")
        facts = {"kind": self._database.kind, "latency_ms": round(latency, 2), "revision": revision}
        return PartState(Status.HEALTHY, facts)

    def _broken(self, reason: str) -> PartState:
        return PartState(Status.UNHEALTHY, {"kind": self._database.kind, "latency_ms": None}, reason)


class StorageCheck:
    """Writes a small file where the sealed pictures lie, and measures the space that is left."""

    name = "storage"
    vital = True

    def __init__(
        self, folder: Path, free_bytes: Callable[[Path], int] | None = None, *, bucket: bool = False
    ) -> None:
        self._folder = folder
        self._free_bytes = free_bytes or _free_bytes
        self._kind = "cache of the bucket, sealed" if bucket else "folder, sealed"

    def check(self) -> PartState:
        """Write and measure."""
        facts = {"kind": self._kind}
        probe = self._folder / f".health-{os.getpid()}"
        try:
            free = self._free_bytes(self._folder)
            probe.write_bytes(b"written by the health check")
            probe.unlink()
        except OSError as error:
            with suppress(OSError):
                probe.unlink()
            reason = f"the folder of sealed pictures cannot be written: {error.strerror}"
            return PartState(Status.UNHEALTHY, facts | {"free_bytes": None}, reason)
        state = {"free_bytes": free, **facts}
        if free < NO_SPACE:
            return PartState(Status.UNHEALTHY, state, f"the disk is full: {free >> 20} MiB are left")
        if free < LITTLE_SPACE:
            return PartState(Status.DEGRADED, state, f"the disk is nearly full: {free >> 20} MiB are left")
        return PartState(Status.HEALTHY, state)


class DirectoryCheck:
    """Writes a small file into the data directory and measures the space that is left for it."""

    name = "data_directory"
    vital = True

    def __init__(self, data: DataDirectory, free_bytes: Callable[[Path], int] | None = None) -> None:
        self._data = data
        self._free_bytes = free_bytes or _free_bytes

    def check(self) -> PartState:
        """Write and measure."""
        probe = self._data.root / f".health-{os.getpid()}"
        try:
            free = self._free_bytes(self._data.root)
            probe.write_bytes(b"written by the health check")
            probe.unlink()
        except OSError as error:
            with suppress(OSError):
                probe.unlink()
            reason = f"the data directory cannot be written: {error.strerror}"
            return PartState(Status.UNHEALTHY, {"free_bytes": None}, reason)
        if free < NO_SPACE:
            reason = f"the disk is full: {free >> 20} MiB are left"
            return PartState(Status.UNHEALTHY, {"free_bytes": free}, reason)
        return PartState(Status.HEALTHY, {"free_bytes": free})


class KeysCheck:
    """Says where the master key is kept; a file is honest, but no key store."""

    name = "keys"
    vital = False

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def check(self) -> PartState:
        """Tell what was found when the keys were opened."""
        return PartState(Status.HEALTHY, {"kind": self._keys.where, "detail": self._keys.explanation})


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Jobs by state, from the catalogue's rows."""

    waiting: int
    active: int
    completed: int
    failed: int

    @property
    def total(self) -> int:
        """The sum of the four."""
        return self.waiting + self.active + self.completed + self.failed


class QueueCheck:
    """Counts jobs; a queue may be long and healthy."""

    name = "queue"
    vital = False

    def __init__(self, counts: Callable[[], QueueCounts]) -> None:
        self._counts = counts

    def check(self) -> PartState:
        """Count."""
        try:
            counts = self._counts()
        except Failure as failure:
            return PartState(Status.UNHEALTHY, {}, failure.detail)
        facts = {
            "waiting": counts.waiting,
            "active": counts.active,
            "completed": counts.completed,
            "failed": counts.failed,
            "total": counts.total,
        }
        return PartState(Status.HEALTHY, facts)


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """The worker process as its supervisor knows it."""

    running: bool
    pid: int | None
    restarts: int
    reason: str | None = None


class WorkerCheck:
    """Asks the supervisor of the worker."""

    name = "worker"
    vital = False

    def __init__(self, worker: Callable[[], WorkerFacts]) -> None:
        self._worker = worker

    def check(self) -> PartState:
        """Ask."""
        worker = self._worker()
        facts = {"pid": worker.pid, "restarts": worker.restarts}
        if worker.running:
            return PartState(Status.HEALTHY, facts)
        return PartState(Status.DEGRADED, facts, worker.reason or "the worker is being started again")


class WorkersElsewhereCheck:
    """Looks for workers that run by themselves; one that lives is enough."""

    name = "worker"
    vital = False

    def __init__(self, nodes: Callable[[], Sequence[Node]]) -> None:
        self._nodes = nodes

    def check(self) -> PartState:
        """Count."""
        try:
            alive = [node for node in self._nodes() if node.kind == "worker" and node.alive]
        except Failure as failure:
            return PartState(
                Status.DEGRADED, {"alive": None}, f"workers can't be looked for: {failure.detail}"
            )
        facts = {"alive": len(alive), "hosts": sorted({node.host for node in alive})}
        if alive:
            return PartState(Status.HEALTHY, facts)
        return PartState(Status.DEGRADED, facts, "no worker lives: start `vaultsecure-server worker`")


@dataclass(frozen=True, slots=True)
class WatcherFacts:
    """The watcher of the gallery folder as the importer knows it; `kind` is such as inotify."""

    folder: str | None
    watching: bool
    kind: str | None
    seconds_behind: float
    reason: str | None = None


class WatcherCheck:
    """Asks the importer."""

    name = "watcher"
    vital = False

    def __init__(self, watcher: Callable[[], WatcherFacts]) -> None:
        self._watcher = watcher

    def check(self) -> PartState:
        """Ask; without a gallery folder there is nothing to watch."""
        watcher = self._watcher()
        facts = {"kind": watcher.kind, "seconds_behind": round(watcher.seconds_behind, 1)}
        if watcher.folder is None:
            return PartState(Status.NOT_CONFIGURED, facts)
        if watcher.watching:
            return PartState(Status.HEALTHY, facts)
        return PartState(Status.DEGRADED, facts, watcher.reason or "the gallery folder is not being watched")


class SafeModeCheck:
    """Says that neither worker nor watcher run, and why."""

    name = "safe_mode"
    vital = False

    def check(self) -> PartState:
        """Say so."""
        return PartState(
            Status.DEGRADED, {}, "the server was started with --safe: nothing is imported, shown or decoded"
        )


class NotConfigured:
    """A part that this installation does without."""

    vital = False

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self) -> PartState:
        """Say so."""
        return PartState(Status.NOT_CONFIGURED)


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free
