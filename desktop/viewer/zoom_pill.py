"""The floating pill over the canvas: zoom out, how large, zoom in, fit, 100 %."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from desktop.canvas.viewport import Viewport
from desktop.look.appearance import Appearance
from desktop.look.buttons import IconButton
from desktop.look.surfaces import label, line

HEIGHT = 40


def zoom_words(view: Viewport) -> str:
    """Write how large a picture is shown."""
    share = f"{view.zoom * 100:.0f}%"
    return f"Fit {share}" if view.fitting else share


class ZoomPill(QWidget):
    """Tells what was pressed; shows what the canvas says."""

    zoom_in = Signal()
    zoom_out = Signal()
    fit = Signal()
    full_size = Signal()

    def __init__(self, look: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setFixedHeight(HEIGHT)
        self._words: QLabel = label("")
        self._words.setFont(look.fonts.count(13, QFont.Weight.Normal))
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setMinimumWidth(62)
        self._words.setAccessibleName("Zoom")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(0)
        row.addWidget(IconButton(look, "minus", "Zoom out", self.zoom_out.emit, keys="-", size=16))
        row.addWidget(self._words)
        row.addWidget(IconButton(look, "plus", "Zoom in", self.zoom_in.emit, keys="+", size=16))
        divider = line(vertical=True)
        divider.setFixedHeight(16)
        row.addSpacing(6)
        row.addWidget(divider)
        row.addSpacing(6)
        row.addWidget(IconButton(look, "maximize", "Fit the window", self.fit.emit, keys="Ctrl+0", size=16))
        row.addWidget(
            IconButton(look, "move", "Actual size, 100 %", self.full_size.emit, keys="Ctrl+1", size=16)
        )
        look.changed.connect(self.update)

    def show_view(self, view: Viewport) -> None:
        """Say how large the picture is shown."""
        self._words.setText(zoom_words(view))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pill, nearly opaque, so that it is read over any picture."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(self._look.palette.panel)
        ground.setAlphaF(0.9)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(QRectF(self.rect()), HEIGHT / 2, HEIGHT / 2)
        painter.end()
