"""What becomes of an exception that nobody expected: a report here and to the server, then the end."""

import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from PySide6.QtCore import QMetaObject, Qt
from PySide6.QtWidgets import QApplication

LARGEST_LOG = 1 << 20


class BugReports:
    """Catches unexpected exceptions of all threads while it is entered."""

    def __init__(self, log: Path, application: QApplication) -> None:
        self._log = log
        self._application = application
        self._before: tuple[Callable[..., object], Callable[..., object]] | None = None
        self.on_bug: Callable[[BaseException | None, str], None] | None = None
        self.seen = 0

    def __enter__(self) -> Self:
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._report
        threading.excepthook = lambda arguments: self._report(
            arguments.exc_type, arguments.exc_value, arguments.exc_traceback
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before

    def _report(
        self,
        kind: type[BaseException],
        problem: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.seen += 1
        text = "".join(traceback.format_exception(kind, problem, where))
        sys.stderr.write(f"vaultsecure: a bug, please report it:\n{text}")
        # Where even this cannot be written, standard error has it.
        with suppress(OSError):
            self._log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = "a" if self._log.exists() and self._log.stat().st_size < LARGEST_LOG else "w"
            with self._log.open(mode, encoding="utf-8") as log:
                log.write(f"{datetime.now(UTC).isoformat()}\n{text}\n")
        try:
            if self.on_bug is not None:
                self.on_bug(problem, text)
        finally:
            QMetaObject.invokeMethod(self._application, "quit", Qt.ConnectionType.QueuedConnection)
