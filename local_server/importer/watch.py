"""Watches a folder tree and turns what the system reports into hints; falls back to polling and says so."""

import errno
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from watchdog.events import (
    FileClosedEvent,
    FileClosedNoWriteEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileOpenedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from local_server.importer.hints import Hints

POLL_SECONDS: Final = 30
_LIMITS: Final = frozenset((errno.ENOSPC, errno.EMFILE))
_log = structlog.get_logger("watch")


class Watch:
    """One observer on one root, with its fallback."""

    def __init__(self, root: bytes, hints: Hints, native: Callable[[], BaseObserver] = Observer) -> None:
        self.root = root
        self.kind: str | None = None
        self.reason: str | None = None
        self._hints = hints
        self._native = native
        self._observer: BaseObserver | None = None
        self._overflow = _Overflow(hints)
        self._identity: tuple[int, int] | None = None

    @property
    def alive(self) -> bool:
        """Whether every thread that should watch still does, and watches the folder that is there now."""
        observer = self._observer
        return (
            observer is not None
            and self._identity is not None
            and _identity(self.root) == self._identity
            and observer.is_alive()
            and all(emitter.is_alive() for emitter in observer.emitters)
        )

    def start(self) -> None:
        """Begin; with the system's own notices where it has room for them, else by polling."""
        logging.getLogger("watchdog").addHandler(self._overflow)
        try:
            self._observe(self._native())
            self.kind, self.reason = "inotify" if os.name == "posix" else "native", None
        except OSError as error:
            if error.errno not in _LIMITS:
                self.stop()
                raise
            _log.warning("polling", reason=error.strerror)
            self.reason = (
                f"The system's limit of watched folders is reached ({error.strerror}); the gallery is polled "
                f"every {POLL_SECONDS} s. Raise fs.inotify.max_user_watches to be notified at once."
            )
            self._observe(PollingObserver(timeout=POLL_SECONDS))
            self.kind = "polling"

    def stop(self) -> None:
        """End every thread of the observer."""
        logging.getLogger("watchdog").removeHandler(self._overflow)
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join()

    def _observe(self, observer: BaseObserver) -> None:
        self._identity = _identity(self.root)
        observer.schedule(_Handler(self._hints), os.fsdecode(self.root), recursive=True)
        try:
            observer.start()
        except OSError:
            # An emitter that failed to start leaves the others, and the dispatching thread, running.
            observer.stop()
            if observer.is_alive():
                observer.join()
            raise
        self._observer = observer


class _Handler(FileSystemEventHandler):
    def __init__(self, hints: Hints) -> None:
        self._hints = hints

    def dispatch(self, event: FileSystemEvent) -> None:
        """Note what an event is about; which it was matters little, as we look ourselves."""
        source = os.fsencode(event.src_path)
        match event:
            case FileOpenedEvent() | FileClosedNoWriteEvent():
                return
            case FileClosedEvent():
                self._hints.closed(source)
            case FileCreatedEvent() | FileModifiedEvent():
                self._hints.touched(source)
            case _:
                self._hints.folder(_folder(source))
                if event.dest_path:
                    self._hints.folder(_folder(os.fsencode(event.dest_path)))


def _identity(folder: bytes) -> tuple[int, int] | None:
    """Return what tells a folder from another one at the same path."""
    try:
        status = Path(os.fsdecode(folder)).stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISDIR(status.st_mode) else None


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


class _Overflow(logging.Handler):
    """Hears the observer's own warnings: events were lost, so that only a scan can tell."""

    def __init__(self, hints: Hints) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, record: logging.LogRecord) -> None:
        """Ask for a scan."""
        self._hints.rescan("overflow")
