"""Opens dialogs that ask, and does what was asked while they wait for the answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget
from shiboken6 import isValid

from desktop.background import Background, Task
from desktop.client.errors import Failure
from desktop.look.dialog import AskingDialog

T = TypeVar("T")


class Asking(QObject):
    """`said` carries words, their tone and advice for the person."""

    said = Signal(str, str, str)

    def __init__(self, background: Background, page: QWidget) -> None:
        super().__init__(page)
        self._background = background
        self._page = page
        self._tasks: set[Task] = set()

    def forget(self) -> None:
        """Drop the answers that are still to come: nobody may see them any more."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()

    def open(self, dialog: QDialog) -> None:
        """Show a dialog, and take the keyboard back after it: without a window manager nobody else would."""
        dialog.finished.connect(lambda result: self._page.activateWindow())
        dialog.open()

    def fetch(self, work: Coroutine[Any, Any, T], done: Callable[[T], None]) -> None:
        """Fetch what a dialog needs before it opens."""
        self._start(work, done, self._failed)

    def run(self, work: Coroutine[Any, Any, T], done: Callable[[T], None], dialog: AskingDialog) -> None:
        """Do what was asked; the answer is heard though the dialog was closed: it may hold a code."""

        def answered(answer: T) -> None:
            if isValid(dialog):
                dialog.accept()
            done(answer)

        def refused(failure: Failure) -> None:
            if isValid(dialog):
                dialog.refuse(failure.message, failure.advice)
            else:
                self._failed(failure)

        self._start(work, answered, refused)

    def _start(
        self, work: Coroutine[Any, Any, T], done: Callable[[T], None], failed: Callable[[Failure], None]
    ) -> None:
        self._tasks = {task for task in self._tasks if not task.finished}
        self._tasks.add(self._background.run(work, done, failed, self))

    def _failed(self, failure: Failure) -> None:
        self.said.emit(failure.message, "alarm", failure.advice)
