"""The dark, blurred ground behind the entry pages, made from a bundled sample, never from one's pictures."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QLinearGradient, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

# A picture of so few pixels, drawn large with smooth scaling, is a blur.
BLUR = QSize(18, 12)
DOUBLINGS = 5
DARKEN = QColor(10, 11, 13, 190)
DARKEN_BELOW = QColor(8, 9, 10, 225)


class Backdrop(QWidget):
    """Paints the ground over its whole area; put the card into its layout."""

    def __init__(self, sample: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._blur = _blurred(sample)
        self._drawn = QPixmap()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the blur, rendered once a size."""
        if self._drawn.size() != self.size():
            self._drawn = self._render()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.end()

    def _render(self) -> QPixmap:
        drawn = QPixmap(self.size())
        drawn.fill(QColor(16, 17, 19))
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if not self._blur.isNull():
            painter.drawImage(drawn.rect(), self._blur)
        shade = QLinearGradient(0, 0, 0, drawn.height())
        shade.setColorAt(0.0, DARKEN)
        shade.setColorAt(1.0, DARKEN_BELOW)
        painter.fillRect(drawn.rect(), shade)
        painter.end()
        return drawn


def _blurred(sample: Path | None) -> QImage:
    if sample is None:
        return QImage()
    reader = QImageReader(str(sample))
    reader.setAutoTransform(True)
    reader.setScaledSize(BLUR)  # the JPEG decoder skips what it does not need: a few milliseconds
    image = reader.read()
    if image.isNull():
        return image
    # Doubling step by step rounds off the facets of one big step; 16 bits a channel keep dark tones smooth.
    image = image.convertToFormat(QImage.Format.Format_RGBA64)
    for _ in range(DOUBLINGS):
        image = image.scaled(
            image.size() * 2, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    return image
