"""The importer: one thread that watches the gallery folder, reconciles it, and follows the progress."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import structlog

from local_server.database.engine import Database
from local_server.errors import Outage
from local_server.events import announce
from local_server.importer import queries
from local_server.importer.errors import NoGallery, PictureRefused, StillWaiting
from local_server.importer.gallery import Gallery
from local_server.importer.hints import Hints
from local_server.importer.opening import opened
from local_server.importer.progress import Counts, Progress, Run, told
from local_server.importer.register import Entered, Register
from local_server.importer.scan import Found, Reconciler
from local_server.importer.settle import Settling
from local_server.importer.watch import Watch

RESCAN_SECONDS: Final = 900.0
OPEN_SECONDS: Final = 60.0
_TICK_SECONDS: Final = 0.5
_BUSY_TICK_SECONDS: Final = 0.2
_TELL_SECONDS: Final = 0.4
_GATHER_SECONDS: Final = 0.15
_URGENT: Final = 10
_log = structlog.get_logger("importer")


class Queue(Protocol):
    """Where a picture that waits is offered to the worker."""

    def put(self, picture_ids: Iterable[str], *, priority: int = 0) -> None: ...


@dataclass(frozen=True, slots=True)
class WatcherState:
    """What health wants to know of the watcher."""

    folder: str | None
    watching: bool
    kind: str | None
    seconds_behind: float
    reason: str | None


class Importer:
    """Start it once; its thread ends at `stop`. The other methods may be called from any thread."""

    def __init__(
        self,
        database: Database,
        gallery: Gallery,
        queue: Queue,
        clock: Callable[[], datetime],
        most_bytes: int,
    ) -> None:
        self._database = database
        self._gallery = gallery
        self._queue = queue
        self._clock = clock
        self._most_bytes = most_bytes
        self._register = Register(database, clock)
        self._hints = Hints(time.monotonic)
        self._settling = Settling(time.monotonic)
        self._stop = threading.Event()
        self._reconciler = Reconciler(
            database, self._register, self._settling, clock, most_bytes, self._offer, self._interrupted
        )
        self._run = Run(clock, time.monotonic)
        self._watch: Watch | None = None
        self._root: bytes | None = None
        self._reason: str | None = None
        self._next_scan = 0.0
        self._followed = 0.0
        self._thread = threading.Thread(target=self._work, name="importer", daemon=True)

    def start(self) -> None:
        """Begin: scan first, then follow what changes."""
        self._hints.rescan("start")
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the watcher."""
        self._stop.set()
        self._hints.wake()
        self._thread.join()

    def folder_changed(self) -> None:
        """Look at the chosen folder anew, as it may be another one."""
        self._hints.rescan("folder")

    def request_scan(self) -> None:
        """Ask for a scan. Raises NoGallery."""
        if self._gallery.folder() is None:
            raise NoGallery
        self._hints.rescan("request")

    @property
    def progress(self) -> Progress:
        """How far the current, or else the last, run is."""
        return self._run.progress

    def watcher(self) -> WatcherState:
        """Describe the watcher."""
        watch, root = self._watch, self._root
        return WatcherState(
            folder=None if root is None else root.decode("utf-8", "replace"),
            watching=watch is not None and watch.alive and self._thread.is_alive(),
            kind=watch.kind if watch else None,
            seconds_behind=self._hints.seconds_behind(),
            reason=self._reason or (watch.reason if watch else None),
        )

    def content(self, path: bytes) -> str:
        """Return the SHA-256 of a file that can be a picture, and import nothing. Raises PictureRefused."""
        return opened(path, self._most_bytes).content_hash

    def open(self, path: bytes) -> str:
        """Return the id of the picture in a file, imported first when it is unknown; waits until it is ready.

        Raises PictureRefused, and StillWaiting after a minute.
        """
        read = opened(path, self._most_bytes)
        path = read.seen.path
        root = self._gallery.folder()
        if root is None or not path.startswith(root.rstrip(b"/") + b"/"):
            root = path.rpartition(b"/")[0] or b"/"
        (entered,) = self._register.enter(root, [read])
        if entered.status == queries.WAITING:
            with self._database.write() as connection:
                queries.hurry(connection, [entered.picture_id], _URGENT)
            self._queue.put([entered.picture_id], priority=_URGENT)
        deadline = time.monotonic() + OPEN_SECONDS
        while time.monotonic() < deadline:
            with self._database.read() as connection:
                row = queries.picture(connection, entered.picture_id)
            if row.status == queries.READY:
                return entered.picture_id
            if row.status == queries.REFUSED:
                raise PictureRefused(row.reason or "", reason_code=row.reason_code)
            time.sleep(0.05)
        raise StillWaiting(f"picture {entered.picture_id}")

    def _work(self) -> None:
        try:
            self._loop()
        except BaseException:
            self._reason = "the importer has crashed; see logs/error.log, and start the program again"
            _log.exception("crash", thread="importer")
            raise
        finally:
            if self._watch is not None:
                self._watch.stop()

    def _loop(self) -> None:
        self._next_scan = time.monotonic() + RESCAN_SECONDS
        while not self._stop.is_set():
            busy = len(self._settling) > 0 or self.progress.active
            self._hints.wait(_BUSY_TICK_SECONDS if busy else _TICK_SECONDS)
            try:
                self._step()
            except Outage as outage:
                # In the health report as well; nothing is lost, as the next scan finds what this one did not.
                self._reason = outage.detail
                _log.error("importer waits", code=outage.code, detail=outage.detail)
                self._hints.rescan("outage")
                self._stop.wait(2.0)

    def _step(self) -> None:
        self._keep_watching()
        if time.monotonic() >= self._next_scan:
            self._next_scan = time.monotonic() + RESCAN_SECONDS
            self._hints.rescan("timer")
        if self._hints.seconds_behind() > 0:
            self._stop.wait(_GATHER_SECONDS)  # what is copied comes in bursts
        batch = self._hints.take()
        for path in batch.touched:
            self._settling.touched(path)
        for path in batch.closed:
            self._settling.closed(path)
        root = self._root
        if root is not None:
            if batch.rescan:
                self._scan(root, batch.rescan)
            elif batch.folders:
                self._tell(self._reconciler.look(root, batch.folders))
            settled = self._settling.settled()
            if settled:
                self._tell(self._reconciler.take(root, settled))
        self._follow()

    def _keep_watching(self) -> None:
        """Have a living watcher on the chosen folder, whatever became of either."""
        chosen = self._gallery.folder()
        if self._watch is not None and (
            chosen != self._watch.root or not self._watch.alive or not _is_folder(chosen)
        ):
            self._watch.stop()
            self._watch = None
            self._hints.rescan("watcher")
        self._root = chosen
        if chosen is None:
            self._reason = None
        elif not _is_folder(chosen):
            self._reason = "the gallery folder is not there; connect its disk or choose another folder"
        elif self._watch is None:
            watch = Watch(chosen, self._hints)
            try:
                watch.start()
            except OSError as error:
                self._reason = f"the gallery folder cannot be watched: {error.strerror or error}"
                return
            self._watch, self._reason = watch, None
            self._hints.rescan("watcher")

    def _scan(self, root: bytes, trigger: str) -> None:
        self._next_scan = time.monotonic() + RESCAN_SECONDS
        if not _is_folder(root):
            return
        with self._database.write() as connection:
            scan_id = queries.begin_scan(connection, root, trigger, self._clock())
        found = self._reconciler.scan(root)
        with self._database.write() as connection:
            queries.end_scan(
                connection,
                scan_id,
                self._clock(),
                seen=found.seen,
                added=found.added,
                moved=found.moved,
                removed=found.removed,
                unreadable=found.unreadable,
                error="interrupted" if found.stopped else None,
            )
        self._tell(found)

    def _tell(self, found: Found) -> None:
        if found.changed:
            with self._database.write() as connection:
                announce(connection, self._clock(), "gallery_changed", {})

    def _offer(self, entered: Sequence[Entered]) -> None:
        # Before they are offered: the worker may be done with a few pictures before the next look.
        self._followed = 0.0
        self._follow()
        self._queue.put(one.picture_id for one in entered if one.status == queries.WAITING)

    def _interrupted(self) -> bool:
        self._follow()
        return self._stop.is_set()

    def _follow(self) -> None:
        """Tell how far the import is, some times a second at most."""
        if time.monotonic() - self._followed < _TELL_SECONDS:
            return
        self._followed = time.monotonic()
        with self._database.read() as connection:
            counts = queries.status_counts(connection)
        now = Counts(
            self._reconciler.pending,
            counts.get(queries.WAITING, 0),
            counts.get(queries.READY, 0),
            counts.get(queries.REFUSED, 0),
        )
        if self._run.follow(now):
            with self._database.write() as connection:
                announce(
                    connection,
                    self._clock(),
                    "import_progress",
                    told(self.progress, self._root),
                    staff_only=True,
                )


def _is_folder(path: bytes | None) -> bool:
    return path is not None and Path(path.decode("utf-8", "surrogateescape")).is_dir()
