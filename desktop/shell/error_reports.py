"""Errors of this program on their way to the server: told from any thread, sent from the GUI thread."""

import asyncio
import logging
import platform
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, qVersion
from PySide6.QtGui import QGuiApplication

from desktop import VERSION
from desktop.background import Background, Task
from desktop.client.api import Gallery
from desktop.client.errors import Failure
from desktop.client.scrubbing import scrubbed

# What the server takes at once, and how long each part may be.
BATCH, LOGGER, MESSAGE, TRACEBACK, TOGETHER = 20, 128, 4096, 24_000, 100_000
KEPT = 60
SEND_MS = 5_000
PAUSE_S = 60.0
LAST_WITHIN_S = 1.0

Entry = dict[str, Any]


class ErrorReports(QObject):
    """Sends each error once at most: one that got lost on the way is not worth another.

    Nothing is sent before somebody has signed in or while the server is away; then the oldest make room.
    """

    def __init__(
        self,
        gallery: Gallery,
        background: Background,
        *,
        server_there: Callable[[], bool],
        secrets: Callable[[], Sequence[str]] = list,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; `secrets` must never be sent, and both it and `server_there` are asked from any thread."""
        super().__init__()
        self._gallery = gallery
        self._background = background
        self._server_there = server_there
        self._secrets = secrets
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[Entry] = deque()
        self.dropped = 0
        self._signed_in = False
        self._not_before = 0.0
        self._task: Task | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEND_MS)
        self._timer.timeout.connect(self._send)

    @property
    def waiting(self) -> int:
        """Count what has not been sent."""
        return len(self._waiting)

    def add(self, level: str, logger: str, message: str, trace: str = "") -> None:
        """Take an error; `level` is warning, error or critical."""
        entry: Entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "logger": self._clean(logger[: 4 * LOGGER])[:LOGGER] or "unnamed",
            "message": self._clean(message[: 4 * MESSAGE])[:MESSAGE],
            # The end of it names the place.
            "traceback": self._clean(trace[-4 * TRACEBACK :])[-TRACEBACK:] or None,
            "context": {"thread": threading.current_thread().name[:64], **_machine()},
        }
        with self._lock:
            if len(self._waiting) == KEPT:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(entry)
            first = len(self._waiting) == 1
        if first:
            self._background.post(self._soon)

    def add_bug(self, problem: BaseException | None, trace: str) -> None:
        """Take an exception that nobody expected."""
        last = "".join(traceback.format_exception_only(problem)).strip()
        self.add("critical", "bug", last, trace)

    def begin(self) -> None:
        """Send from now on: somebody has signed in."""
        self._signed_in = True
        self._soon()

    def withdraw(self) -> list[Entry]:
        """Stop sending, and give up the last batch: it goes with the session, or not at all."""
        was_signed_in, self._signed_in = self._signed_in, False
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()
            self._task = None
        return self._take(newest=True) if was_signed_in else []

    def _soon(self) -> None:
        if self._signed_in and self._waiting and self._task is None and not self._timer.isActive():
            self._timer.start()

    def _send(self) -> None:
        if not self._signed_in or self._task is not None:
            return
        if not self._server_there() or self._clock() < self._not_before:
            self._soon()
            return
        batch = self._take(newest=False)
        if batch:
            sending = self._gallery.report_errors(VERSION, batch)
            self._task = self._background.run(sending, lambda _: self._sent(), self._failed, self)

    def _sent(self) -> None:
        self._task = None
        self._soon()

    def _failed(self, failure: Failure) -> None:
        # Where it fails once it will fail again for a while; what is told meanwhile pushes the oldest out.
        self._not_before = self._clock() + (failure.retry_after or PAUSE_S)
        self._sent()

    def _take(self, *, newest: bool) -> list[Entry]:
        """Take out one batch, from either end; for the newest all others go."""
        with self._lock:
            batch: deque[Entry] = deque()
            size = 0
            while self._waiting and len(batch) < BATCH:
                entry = self._waiting[-1 if newest else 0]
                size += len(entry["message"]) + len(entry["traceback"] or "")
                if batch and size > TOGETHER:
                    break
                if newest:
                    batch.appendleft(self._waiting.pop())
                else:
                    batch.append(self._waiting.popleft())
            if newest:
                self.dropped += len(self._waiting)
                self._waiting.clear()
            if batch and self.dropped:
                batch[0]["context"]["dropped_before"] = self.dropped
        return list(batch)

    def _clean(self, text: str) -> str:
        """Return what may be sent, in characters that can be."""
        return scrubbed(text.encode("utf-8", "backslashreplace").decode(), self._secrets())


class ErrorLines(logging.Handler):
    """Tells of what libraries log as an error."""

    def __init__(self, reports: ErrorReports) -> None:
        super().__init__(logging.ERROR)
        self._reports = reports

    def emit(self, record: logging.LogRecord) -> None:
        """Take one line."""
        try:
            trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
            level = "critical" if record.levelno >= logging.CRITICAL else "error"
            self._reports.add(level, record.name, record.getMessage(), trace)
        except Exception:  # noqa: BLE001  (whoever logs must not suffer for it; the library tells of it)
            self.handleError(record)


@contextmanager
def error_lines(reports: ErrorReports) -> Iterator[None]:
    """Tell of every error line as long as the block lasts; they go to standard error as before."""
    root, lines = logging.getLogger(), ErrorLines(reports)
    # The library writes to standard error by itself only where nobody else listens.
    last = logging.lastResort if not root.handlers else None
    added = [handler for handler in (lines, last) if handler is not None]
    for handler in added:
        root.addHandler(handler)
    try:
        yield
    finally:
        for handler in added:
            root.removeHandler(handler)


async def deliver_errors(gallery: Gallery, batch: Sequence[Entry]) -> None:
    """Send a last batch before a session ends, if that is quickly done."""
    if batch:
        with suppress(TimeoutError, Failure):
            async with asyncio.timeout(LAST_WITHIN_S):
                await gallery.report_errors(VERSION, batch)


def _machine() -> dict[str, str]:
    return {
        "system": sys.platform,
        "python": platform.python_version(),
        "qt": qVersion(),
        "display": QGuiApplication.platformName() or "none",
    }
