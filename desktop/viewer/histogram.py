"""The histogram of the information panel: the server's 64 counts of luma."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QLinearGradient, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.look.appearance import Appearance

HEIGHT = 58
INSET = 4


def bar_heights(counts: Sequence[int], room: float) -> list[float]:
    """Scale counts to bars; the tallest fills the room, and what is there at all is seen."""
    tallest = max(counts, default=0)
    if tallest <= 0:
        return [1.0 for _ in counts]
    # A single spike (a black frame around a picture) would flatten all else.
    second = sorted(counts)[-2] if len(counts) > 1 else tallest
    scale = room / max(1, min(tallest, 3 * second or tallest))
    return [max(1.0, min(room, count * scale)) for count in counts]


class Histogram(QWidget):
    """Paints bars."""

    def __init__(self, look: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._counts: tuple[int, ...] = ()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Histogram")
        look.changed.connect(self.update)

    def show_counts(self, counts: tuple[int, ...]) -> None:
        """Show another picture's counts."""
        self._counts = counts
        self.update()

    def sizeHint(self) -> QSize:
        """Fill the panel's width."""
        return QSize(280, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground and the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(self.rect()), 4, 4)
        painter.fillPath(ground, self._look.colour("ground"))
        if self._counts:
            room = self.height() - 2 * INSET - 4
            pitch = (self.width() - 2 * INSET) / len(self._counts)
            shade = QLinearGradient(0, INSET, 0, self.height() - INSET)
            shade.setColorAt(0, self._look.colour("normal"))
            shade.setColorAt(1, self._look.colour("faint"))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            for number, high in enumerate(bar_heights(self._counts, room)):
                bar = QRectF(INSET + number * pitch, self.height() - INSET - high, max(1.0, pitch - 1), high)
                painter.fillRect(bar, shade)
        painter.end()
