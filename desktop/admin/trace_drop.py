"""Where a leaked file is dropped, chosen or pasted."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.look.appearance import Appearance
from desktop.look.surfaces import button, label

ROUND = 12
KINDS = (
    "Pictures, documents and videos (*.jpg *.jpeg *.png *.webp *.gif *.tif *.tiff *.bmp *.avif *.heic *.heif "
    "*.pdf *.mp4 *.mov *.m4v *.mkv *.webm *.avi *.mpg *.ts);;All files (*)"
)


class DropZone(QWidget):
    """A dashed box; `chosen` carries the path of a file, or the PNG of a picture that was pasted."""

    chosen = Signal(object)

    def __init__(self, look: Appearance) -> None:
        super().__init__()
        self._look = look
        self._over = False
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Drop a leaked file here, or paste a picture")
        words = label("Drop a screenshot, a copy\nor a photo of a screen", "normal")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose_button = button("Choose a file…")
        self.paste_button = button("Paste", "text")
        self.paste_button.setToolTip("Paste a picture or a file (Ctrl+V)")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.choose_button)
        row.addWidget(self.paste_button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 20, 16, 16)
        column.setSpacing(12)
        column.addWidget(words)
        column.addLayout(row)
        self.choose_button.clicked.connect(self.choose)
        self.paste_button.clicked.connect(self.paste)
        look.changed.connect(self.update)

    def choose(self) -> None:
        """Ask for a file."""
        name, _ = QFileDialog.getOpenFileName(self, "Trace a leak", str(Path.home()), KINDS)
        if name:
            self.chosen.emit(Path(name))

    def paste(self) -> None:
        """Take what the clipboard holds: a picture, or a file."""
        leak = leak_in(QGuiApplication.clipboard().mimeData())
        if leak is not None:
            self.chosen.emit(leak)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste with the usual key."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome a file or a picture."""
        data = event.mimeData()
        if data.hasImage() or _file_in(data) is not None:
            self._over = True
            event.acceptProposedAction()
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take it."""
        self._over = False
        self.update()
        leak = leak_in(event.mimeData())
        if leak is not None:
            event.acceptProposedAction()
            self.chosen.emit(leak)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dashed edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong = self._over or self.hasFocus()
        pen = QPen(self._look.colour("accent" if strong else "line"), 1.5 if strong else 1)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        if self._over:
            painter.setBrush(self._look.colour("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), ROUND, ROUND)
        painter.end()


def leak_in(data: QMimeData) -> Path | bytes | None:
    """Return the file, or the PNG of the picture, in what was dropped or pasted."""
    path = _file_in(data)
    if path is not None:
        return path
    if not data.hasImage():
        return None
    image = QImage(data.imageData())
    packed = QBuffer()
    packed.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(packed, "PNG")  # type: ignore[call-overload]  # the stub knows file names alone
    return bytes(packed.data().data()) or None


def _file_in(data: QMimeData) -> Path | None:
    return next((Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()), None)
