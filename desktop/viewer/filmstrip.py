"""The strip of neighbours under an opened picture; only those in view are fetched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from desktop.canvas.deliveries import Deliveries
from desktop.canvas.device import device_pixels
from desktop.canvas.levels import is_protected
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.canvas.shield_page import SHIELDED
from desktop.canvas.thumbnails import Thumbnails
from desktop.client.models import Picture
from desktop.look.appearance import Appearance
from desktop.look.tokens import RADIUS_THUMBNAIL
from desktop.look.tooltip import drop_tooltip

HEIGHT = 64
NARROW, WIDE = 76, 96
GAP = 6
ROOM = 116
TOP = 32
DIMMED = 0.35


class Filmstrip(QWidget):
    """Shows a list of pictures with the opened one in the middle, wider and ringed."""

    chosen = Signal(str)

    def __init__(
        self, look: Appearance, thumbnails: Deliveries, overlay: MarkOverlay, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._overlay = overlay
        self._thumbnails = Thumbnails(thumbnails, lambda picture_id: self.update())
        self._pictures: Sequence[Picture] = ()
        self._current = 0
        self._middle = 0.0  # the place in the list that is at the middle; moves towards the current one
        self._hidden = False
        self._glide = QVariantAnimation(self)
        self._glide.valueChanged.connect(self._glided)
        self.setFixedHeight(ROOM)
        self.setMouseTracking(True)
        self.setAccessibleName("Filmstrip")
        look.changed.connect(self.update)
        overlay.changed.connect(self.update)

    def show_pictures(self, pictures: Sequence[Picture], current: int) -> None:
        """Show a list; the place of the opened picture glides to the middle."""
        fresh = self._pictures is not pictures
        self._pictures, self._current = pictures, current
        self._glide.stop()
        if fresh or not self._look.motion.calm or abs(self._middle - current) > 12:
            self._middle = float(current)
        else:
            self._glide.setDuration(self._look.motion.calm)
            self._glide.setStartValue(self._middle)
            self._glide.setEndValue(float(current))
            self._glide.start()
        self._want_visible()
        self.update()

    def set_shielded(self, hidden: bool) -> None:
        """Show places instead of pictures."""
        self._hidden = hidden
        self.setAccessibleName(SHIELDED if hidden else "Filmstrip")
        if hidden:
            drop_tooltip()
        self._want_visible()
        self.repaint() if hidden else self.update()

    def forget(self) -> None:
        """Drop every thumbnail wanted."""
        self._thumbnails.forget()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures in view, the mark over each."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("stage"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in self._visible():
            self._paint_picture(painter, index, self._place(index))
        painter.end()

    def _paint_picture(self, painter: QPainter, index: int, area: QRectF) -> None:
        picture = self._pictures[index]
        image = None if self._hidden else self._thumbnails.image(picture.id)
        protected = is_protected(picture.level)
        shape = QPainterPath()
        shape.addRoundedRect(area, RADIUS_THUMBNAIL, RADIUS_THUMBNAIL)
        if image is None or (protected and not self._overlay.ready):
            painter.fillPath(shape, self._look.colour("hidden"))
        else:
            painter.save()
            painter.setClipPath(shape)
            with device_pixels(painter) as ratio:
                target = QRectF(
                    area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio
                )
                scale = max(target.width() / image.width(), target.height() / image.height())
                wide, high = target.width() / scale, target.height() / scale
                source = QRectF((image.width() - wide) / 2, (image.height() - high) / 2, wide, high)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(target, image, source)
            if index != self._current:
                shade = self._look.colour("stage")
                shade.setAlphaF(DIMMED)
                painter.fillRect(area, shade)
            if protected:  # over the shade, which would weaken it
                self._overlay.paint(painter, area, anchored=True)
            painter.restore()
        if index == self._current:
            painter.setPen(QPen(self._look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(-3, -3, 3, 3), RADIUS_THUMBNAIL + 3, RADIUS_THUMBNAIL + 3)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fetch what a wider strip shows."""
        self._want_visible()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the picture under the cursor."""
        index = self._at(event.position())
        if index is not None:
            self.chosen.emit(self._pictures[index].id)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Open the next or the previous picture."""
        turn = event.angleDelta().y() or event.angleDelta().x()
        index = self._current + (-1 if turn > 0 else 1)
        if turn and 0 <= index < len(self._pictures):
            self.chosen.emit(self._pictures[index].id)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Name the picture under the cursor."""
        index = self._at(event.position())
        self.setCursor(Qt.CursorShape.ArrowCursor if index is None else Qt.CursorShape.PointingHandCursor)
        if index is not None and not self._hidden:
            picture = self._pictures[index]
            QToolTip.showText(event.globalPosition().toPoint(), picture.title or picture.name, self)

    def leaveEvent(self, event: QEvent) -> None:
        """Name nothing."""
        QToolTip.hideText()

    def _glided(self, value: object) -> None:
        if isinstance(value, float):
            self._middle = value
            self._want_visible()
            self.update()

    def _place(self, index: int) -> QRectF:
        """Give a picture's rectangle; the opened one is wider, which moves its right neighbours."""
        left = self.width() / 2 + (index - self._middle) * (NARROW + GAP) - NARROW / 2
        if index == self._current:
            left -= (WIDE - NARROW) / 2
        elif index > self._current:
            left += (WIDE - NARROW) / 2
        else:
            left -= (WIDE - NARROW) / 2
        return QRectF(round(left), TOP, WIDE if index == self._current else NARROW, HEIGHT)

    def _visible(self) -> range:
        half = self.width() / 2 / (NARROW + GAP) + 2
        return range(max(0, int(self._middle - half)), min(len(self._pictures), int(self._middle + half) + 1))

    def _at(self, point: QPointF) -> int | None:
        return next((index for index in self._visible() if self._place(index).contains(point)), None)

    def _want_visible(self) -> None:
        ratio = self.devicePixelRatioF()
        box = QSize(round(WIDE * ratio), round(HEIGHT * ratio))
        shown = [] if self._hidden or not self.isVisible() else self._visible()
        self._thumbnails.need({self._pictures[index].id: box for index in shown})

    def showEvent(self, event: object) -> None:
        """Fetch what comes into view."""
        self._want_visible()
