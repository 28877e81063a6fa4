"""The leaked image with the evidence over it: boxes where marks and pictures lie, or the correlation map."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.canvas.mark_overlay import MarkOverlay
from desktop.client.traces import Box
from desktop.look.appearance import Appearance
from desktop.look.tokens import DARK

LEAST = QSize(320, 240)
MAP_OPACITY = 0.6
DIMMED = 0.35


@dataclass(frozen=True)
class Outline:
    """A box in shares of the image, in a colour token, with a word beside it."""

    box: Box
    tone: str
    word: str
    dashed: bool = False


class EvidenceView(QWidget):
    """Fits the image into itself; without one it says why."""

    def __init__(self, look: Appearance, overlay: MarkOverlay) -> None:
        super().__init__()
        self._look = look
        self._overlay = overlay
        self._image: QImage | None = None
        self._map: QImage | None = None
        self._outlines: tuple[Outline, ...] = ()
        self._words = ""
        self._shape = QSize(3, 2)
        self._shielded = False
        self.map_shown = False
        self.setMinimumSize(LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("The leaked image")
        look.changed.connect(self.update)
        overlay.changed.connect(self.update)

    @property
    def image_shown(self) -> bool:
        """Whether an image is to be seen."""
        return self._image is not None and not self._shielded

    def show_words(self, words: str) -> None:
        """Show no image, and say why."""
        self._image, self._words = None, words
        self.update()

    def show_shape(self, width: int, height: int) -> None:
        """Take the image's shape, which boxes are drawn in even where the image may not be seen."""
        self._shape = QSize(max(1, width), max(1, height))
        self.update()

    def show_image(self, image: QImage) -> None:
        """Show an image."""
        self._image = image
        self.update()

    def show_evidence(self, outlines: tuple[Outline, ...], map_png: bytes | None) -> None:
        """Draw boxes; the map is drawn instead of them when it is asked for."""
        self._outlines = outlines
        self._map = None
        if map_png is not None:
            grey = QImage.fromData(map_png)
            self._map = None if grey.isNull() else _tinted(grey, self._look.colour("accent"))
        names = ", ".join(outline.word for outline in outlines)
        self.setAccessibleDescription(f"Boxes: {names}" if names else "No box")
        self.update()

    def show_map(self, shown: bool) -> None:
        """Draw the correlation map over the image, or the boxes."""
        self.map_shown = shown
        self.update()

    def set_shielded(self, shielded: bool) -> None:
        """Hide the image, or show it again."""
        self._shielded = shielded
        self.repaint() if shielded else self.update()

    def forget(self) -> None:
        """Drop the image and what lies over it."""
        self._image = self._map = None
        self._outlines, self._words = (), ""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the image, the mark of who looks at it, and the evidence."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = self._area()
        if self._image is not None and not self._shielded and self._overlay.ready:
            painter.drawImage(area, self._image)
            if self.map_shown and self._map is not None:
                painter.fillRect(area, QColor(0, 0, 0, round(255 * DIMMED)))
                painter.setOpacity(MAP_OPACITY)
                painter.drawImage(area, self._map)
                painter.setOpacity(1)
            self._overlay.paint(painter, area)
        else:
            painter.fillRect(area, self._look.colour("raised"))
            if self.map_shown and self._map is not None:
                painter.drawImage(area, self._map)
            painter.setPen(self._look.colour("normal"))
            room = area.adjusted(24, 16, -24, -16)
            flags = Qt.AlignmentFlag.AlignCenter.value | Qt.TextFlag.TextWordWrap.value
            painter.drawText(room, flags, self._words)
        if not (self.map_shown and self._map is not None):
            for outline in self._outlines:
                self._paint_outline(painter, area, outline)
            for outline in self._outlines:
                self._paint_word(painter, area, outline)
        painter.end()

    def _area(self) -> QRectF:
        shape = self._shape if self._image is None else self._image.size()
        fitted = shape.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF((self.width() - fitted.width()) / 2, 0, fitted.width(), fitted.height())

    def _paint_outline(self, painter: QPainter, area: QRectF, outline: Outline) -> None:
        corners = _corners(area, outline.box)
        # A picture is no paper: the bright colours of the dark palette are seen on it by day, too.
        colour = QColor(getattr(DARK, outline.tone))
        # A dark line below the bright one: it is seen on any picture.
        for ink, width in ((QColor(0, 0, 0, 150), 4.0), (colour, 2.0)):
            pen = QPen(ink, width)
            if outline.dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolygon(corners)

    def _paint_word(self, painter: QPainter, area: QRectF, outline: Outline) -> None:
        """Write what a box is, over all boxes."""
        painter.setFont(self._look.fonts.text(11))
        words = painter.fontMetrics().boundingRect(outline.word).adjusted(-6, -2, 6, 3)
        box = _corners(area, outline.box).boundingRect()
        # A picture is named at the bottom, a mark at the top: the two often lie over each other.
        if outline.dashed:
            words.moveBottomLeft(QPointF(box.x(), min(area.bottom(), box.bottom())).toPoint())
        else:
            words.moveTopLeft(QPointF(box.x(), max(area.y(), box.y())).toPoint())
        painter.fillRect(words, QColor(16, 17, 19, 200))
        painter.setPen(QColor("#ECEDEE"))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, outline.word)


def _corners(area: QRectF, box: Box) -> QPolygonF:
    return QPolygonF([QPointF(area.x() + x * area.width(), area.y() + y * area.height()) for x, y in box])


def _tinted(grey: QImage, colour: QColor) -> QImage:
    """Return a map in a colour, transparent where nothing correlates."""
    tinted = QImage(grey.size(), QImage.Format.Format_ARGB32)
    tinted.fill(colour)
    tinted.setAlphaChannel(grey.convertToFormat(QImage.Format.Format_Grayscale8))
    return tinted
