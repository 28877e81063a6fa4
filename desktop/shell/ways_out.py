"""Copying, printing and exporting the current picture, as far as its level lets it; on the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QPagedPaintDevice, QPainter
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from desktop.background import Background
from desktop.client.errors import Failure
from desktop.client.exports import Exported
from desktop.client.models import Account, Picture
from desktop.guard.outlets import Outlet, Refusal, refusal
from desktop.shell.export_dialog import ExportDialog


class Server(Protocol):
    """Where pictures come from (`client.api.Gallery`)."""

    async def view(self, picture_id: str, rendition: str) -> bytes: ...
    async def export(self, picture_id: str, what: str, reason: str) -> Exported: ...


class WaysOut(QObject):
    """Does what the table of outlets lets through, and says of the rest why not."""

    said = Signal(str, str, str)

    def __init__(
        self,
        server: Server,
        background: Background,
        current: Callable[[], Picture | None],
        window: QWidget,
        open_dialog: Callable[[QDialog], None],
    ) -> None:
        """Take what gives the picture of this moment; None: there is none, or it is hidden."""
        super().__init__()
        self._server = server
        self._background = background
        self._current = current
        self._window = window
        self._open_dialog = open_dialog
        self._curates = False

    def begin(self, account: Account | None) -> None:
        """Take who has signed in; None: nobody."""
        self._curates = account is not None and account.curates

    def handlers(self) -> dict[str, tuple[Outlet, Callable[[], None]]]:
        """Give what is done for the actions of the program, and by which way out each goes."""
        return {
            "picture.copy": (Outlet.COPY, self.copy),
            "picture.print": (Outlet.PRINT, self.print),
            "picture.export": (Outlet.EXPORT, self.export),
        }

    def why_not(self, outlet: Outlet) -> str:
        """Say in a few words why the current picture may not go this way; empty where it may."""
        picture = self._current()
        if picture is None:
            return "There is no picture to be seen."
        refused = refusal(outlet, picture.level, curates=self._curates)
        return "" if refused is None else refused.words

    def refuse_drag(self) -> None:
        """Say why a picture is not dragged out."""
        self._permitted(Outlet.DRAG)

    def copy(self) -> None:
        """Put the current picture on the clipboard."""
        self._fetch(Outlet.COPY, self._copied)

    def print(self) -> None:
        """Print the current picture."""
        self._fetch(Outlet.PRINT, self._ask_printer)

    def export(self) -> None:
        """Ask what is to be exported, why and to where."""
        picture = self._permitted(Outlet.EXPORT)
        if picture is not None:

            def chosen(what: str, reason: str) -> None:
                work = self._server.export(picture.id, what, reason)
                self._background.run(work, self._save, self._failed, self)

            self._open_dialog(ExportDialog(picture, chosen, self._window))

    def save_to(self, exported: Exported, path: Path) -> None:
        """Write an export."""
        try:
            path.write_bytes(exported.content)
        except OSError as problem:
            self.said.emit(
                f"{path} cannot be written: {problem.strerror}.", "alarm", "Export it again to another place."
            )
        else:
            self.said.emit(f"Exported to {path}.", "good", "")

    def _save(self, exported: Exported) -> None:
        name, _ = QFileDialog.getSaveFileName(self._window, "Export", str(Path.home() / exported.name))
        if name:
            self.save_to(exported, Path(name))

    def _permitted(self, outlet: Outlet) -> Picture | None:
        picture = self._current()
        refused: Refusal | None
        if picture is None:
            refused = Refusal("There is no picture to be seen.", "Open one, or wait until it is shown again.")
        else:
            refused = refusal(outlet, picture.level, curates=self._curates)
        if refused is not None:
            self.said.emit(refused.words, "caution", refused.advice)
            return None
        return picture

    def _fetch(self, outlet: Outlet, then: Callable[[QImage], None]) -> None:
        picture = self._permitted(outlet)
        if picture is None:
            return

        def arrived(data: bytes) -> None:
            # Meanwhile its level may have been raised, or it was hidden.
            now = self._current()
            if now is not None and now.id == picture.id and self._permitted(outlet) is not None:
                then(QImage.fromData(data))

        self._background.run(self._server.view(picture.id, "screen"), arrived, self._failed, self)

    def _copied(self, image: QImage) -> None:
        QGuiApplication.clipboard().setImage(image)
        self.said.emit("Copied.", "good", "")

    def _ask_printer(self, image: QImage) -> None:
        # Loaded at need: it looks for printers.
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self._window)
        dialog.accepted.connect(lambda: print_on(printer, image))
        self._open_dialog(dialog)

    def _failed(self, failure: Failure) -> None:
        self.said.emit(failure.message, "alarm", failure.advice)


def print_on(printer: QPagedPaintDevice, image: QImage) -> None:
    """Print an image as large as the page has room for it."""
    painter = QPainter(printer)
    room = painter.viewport()
    size = image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(QPoint(0, 0), size)
    place.moveCenter(room.center())
    painter.drawImage(place, image)
    painter.end()
