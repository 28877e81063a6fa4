"""Takes picture files that are dropped or chosen, has them sent, and tells how it went; on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, QMimeData, QObject, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.background import Background, Task
from desktop.client.errors import Failure
from desktop.client.models import Account, RefusedFile
from desktop.client.uploads import SUFFIXES, Sending, Sent, TakenFile, Upload
from desktop.gallery.refused import RefusedDialog
from desktop.look.appearance import Appearance

FEATURE = "uploads"


class Uploads(Protocol):
    """Where files go (`client.api.Gallery`)."""

    def upload(self, paths: Sequence[Path], told: Callable[[Sending], None]) -> Upload:
        """Make a sending of these files; `told` is called on the io thread."""


class UploadDesk(QObject):
    """One sending at a time; `told` carries how far it is, None when nothing is sent."""

    told = Signal(object)
    said = Signal(str, str, str)
    allowed_changed = Signal(bool)

    def __init__(self, look: Appearance, server: Uploads, background: Background, page: QWidget) -> None:
        super().__init__(page)
        self._look = look
        self._server = server
        self._background = background
        self._page = page
        self._account: Account | None = None
        self._off = False
        self._upload: Upload | None = None
        self._task: Task | None = None

    @property
    def allowed(self) -> bool:
        """Say whether the signed-in person may send pictures."""
        return self._account is not None and self._account.curates and not self._off

    @property
    def sending(self) -> bool:
        """Say whether files are being sent."""
        return self._upload is not None

    def begin(self, account: Account | None) -> None:
        """Take the person who signed in; None breaks off what is sent."""
        self._account = account
        if account is None and self._task is not None:
            self._task.cancel()
            self._end()
        self.allowed_changed.emit(self.allowed)

    def withhold(self, off: frozenset[str]) -> None:
        """Take which features are switched off for this person."""
        self._off = FEATURE in off
        self.allowed_changed.emit(self.allowed)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Give what this does for the actions of the program."""
        return {"pictures.add": self.choose}

    def choose(self) -> None:
        """Ask which files to send."""
        if not self._permitted():
            return
        kinds = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(SUFFIXES))
        names, _ = QFileDialog.getOpenFileNames(
            self._page, "Add pictures", str(Path.home()), f"Pictures ({kinds});;All files (*)"
        )
        if names:
            self.send([Path(name) for name in names])

    def send(self, paths: Sequence[Path]) -> None:
        """Send these files, and the pictures in these folders."""
        if not self._permitted():
            return
        if self._upload is not None:
            self.said.emit("Pictures are being sent already.", "caution", "Wait for them, or cancel first.")
            return
        upload = self._server.upload(paths, self._heard)
        self._upload = upload
        self._task = self._background.run(upload.run(), self._sent, self._failed, self)

    def cancel(self) -> None:
        """Send no more, and withdraw what was sent."""
        if self._upload is not None:
            self._background.call_soon(self._upload.stop)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take files that are dropped on what is watched."""
        if isinstance(event, QDragEnterEvent | QDragMoveEvent | QDropEvent) and self.allowed:
            paths = dropped(event.mimeData())
            if not paths:
                return False
            if event.type() == QEvent.Type.Drop:
                self.send(paths)
            event.acceptProposedAction()
            return True
        return False

    def _heard(self, sending: Sending) -> None:
        """Pass on what is told on the io thread."""
        self._background.post(lambda: self._tell(sending))

    def _tell(self, sending: Sending) -> None:
        if self._upload is not None:
            self.told.emit(sending)

    def _sent(self, sent: Sent) -> None:
        self._end()
        words, tone = sent_words(sent)
        advice = ""
        if sent.failure is not None:
            words, tone, advice = f"{sent.failure.message} {words}", "alarm", sent.failure.advice
        self.said.emit(words, tone, advice)
        if sent.refused:
            self._show_refused(sent.refused)

    def _failed(self, failure: Failure) -> None:
        self._end()
        self.said.emit(failure.message, "alarm", failure.advice)

    def _end(self) -> None:
        self._upload = self._task = None
        self.told.emit(None)

    def _show_refused(self, files: Sequence[TakenFile]) -> None:
        refused = tuple(
            RefusedFile(file.name, None, file.code or "", file.reason or "It was refused.", file.advice, None)
            for file in files
        )
        intro = "These files did not become pictures. Nothing else is affected."
        dialog = RefusedDialog.of(self._look, refused, intro, self._page)
        dialog.finished.connect(lambda result: self._page.activateWindow())
        dialog.open()

    def _permitted(self) -> bool:
        if not self.allowed:
            off = "Sending pictures is switched off for your role."
            words = off if self._off else "You can look at pictures, not add any."
            self.said.emit(words, "caution", "Ask an admin.")
        return self.allowed


def dropped(data: QMimeData) -> list[Path]:
    """Return the files and folders of this machine in what is dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def sent_words(sent: Sent) -> tuple[str, str]:
    """Sum up a sending, and in which colour token."""
    if sent.cancelled:
        kept = sent.accepted - sent.withdrawn
        stayed = f" {_pictures(kept)} had become part of the library already." if kept else ""
        return f"Cancelled: {_pictures(sent.withdrawn)} withdrawn.{stayed}", "caution"
    parts = [f"{_pictures(sent.accepted)} added"] if sent.accepted else []
    if sent.duplicates:
        parts.append(f"{_pictures(sent.duplicates)} known already")
    if sent.refused:
        parts.append(f"{_files(len(sent.refused))} refused")
    if not parts:
        return "Nothing was sent: there are no pictures there.", "caution"
    words = ", ".join(parts)
    return f"{words[0].upper()}{words[1:]}.", "caution" if sent.refused else "good"


def _pictures(count: int) -> str:
    return "1 picture" if count == 1 else f"{count:,} pictures"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
