"""Painting one picture of the grid: pixels or placeholder, mark, stars and heart, hover and ring."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from desktop.canvas.device import device_pixels
from desktop.canvas.levels import is_protected
from desktop.canvas.mark_overlay import MarkOverlay
from desktop.client.models import Picture
from desktop.gallery.layout import Cell
from desktop.look.appearance import Appearance
from desktop.look.tokens import DARK, RADIUS_THUMBNAIL

STAR = 13
HEART = 16
INSET = 6
RING = 3


def device_size(cell: Cell, ratio: float) -> QSize:
    """Give a cell's size in device pixels."""
    return QSize(max(1, round(cell.width * ratio)), max(1, round(cell.height * ratio)))


class CellPainter:
    """Paints cells; keeps the few small pictures that all cells share."""

    def __init__(self, look: Appearance, overlay: MarkOverlay, ground: str) -> None:
        self._look = look
        self._overlay = overlay
        self._ground = ground
        self._corners: dict[tuple[str, float], QPixmap] = {}

    def paint(self, painter: QPainter, cell: Cell, picture: Picture, image: QImage | None) -> None:
        """Paint a picture's pixels and the mark over them; without pixels, its average colour."""
        area = QRectF(cell.x, cell.y, cell.width, cell.height)
        protected = is_protected(picture.level)
        if image is None or (protected and not self._overlay.ready):
            painter.fillRect(area, self._placeholder(picture))
        else:
            paint_covering(painter, cell, image)
            if protected:
                self._overlay.paint(painter, area, anchored=True)

    def paint_hidden(self, painter: QPainter, cell: Cell) -> None:
        """Paint a place that shows nothing."""
        painter.fillRect(QRectF(cell.x, cell.y, cell.width, cell.height), self._look.colour("hidden"))
        self.round_off(painter, cell)

    def paint_broken(self, painter: QPainter, cell: Cell) -> None:
        """Paint the sign of a thumbnail that did not come."""
        ratio = painter.deviceTransform().m11()
        icon = self._look.icons.pixmap("image-off", 24, self._look.palette.faint, ratio)
        painter.drawPixmap(QPointF(cell.x + (cell.width - 24) / 2, cell.y + (cell.height - 24) / 2), icon)

    def paint_badges(self, painter: QPainter, cell: Cell, picture: Picture) -> None:
        """Paint stars, pick or reject, and heart, in the brass of the dark palette: they lie on pictures."""
        bottom = cell.y + cell.height - INSET
        left = cell.x + INSET
        if picture.rating and cell.width > picture.rating * STAR + 2 * INSET:
            for number in range(picture.rating):
                self._badge(
                    painter, "star", STAR, DARK.accent, left + number * (STAR + 1), bottom - STAR, filled=True
                )
        right = cell.x + cell.width - INSET
        if picture.favourite:
            self._badge(painter, "heart", HEART, "#FFFFFF", right - HEART, bottom - HEART)
            right -= HEART + 4
        if picture.flag == "pick":
            self._badge(painter, "check", HEART, DARK.good, right - HEART, bottom - HEART)
        elif picture.flag == "reject":
            painter.fillRect(QRectF(cell.x, cell.y, cell.width, cell.height), QColor(0, 0, 0, 120))
            self._badge(painter, "x", HEART, DARK.alarm, right - HEART, bottom - HEART)

    def paint_hover(self, painter: QPainter, cell: Cell) -> None:
        """Lighten the picture under the cursor."""
        painter.fillRect(QRectF(cell.x, cell.y, cell.width, cell.height), QColor(255, 255, 255, 18))

    def paint_ring(self, painter: QPainter, cell: Cell) -> None:
        """Paint the brass ring of the selected picture, a little outside of it."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.colour(self._ground), 2))
        area = QRectF(cell.x, cell.y, cell.width, cell.height)
        painter.drawRoundedRect(area.adjusted(-1, -1, 1, 1), RADIUS_THUMBNAIL + 1, RADIUS_THUMBNAIL + 1)
        painter.setPen(QPen(self._look.colour("accent"), 2))
        painter.drawRoundedRect(
            area.adjusted(-RING, -RING, RING, RING), RADIUS_THUMBNAIL + 3, RADIUS_THUMBNAIL + 3
        )
        painter.restore()

    def round_off(self, painter: QPainter, cell: Cell) -> None:
        """Round a cell's corners by painting the ground over them (a clip path would cost more)."""
        ratio = painter.deviceTransform().m11()
        corners = self._corner_pixmap(ratio)
        side = RADIUS_THUMBNAIL
        source = round(side * ratio)
        for right in (0, 1):
            for low in (0, 1):
                target = QRectF(
                    cell.x + right * (cell.width - side), cell.y + low * (cell.height - side), side, side
                )
                painter.drawPixmap(target, corners, QRectF(right * source, low * source, source, source))

    def _placeholder(self, picture: Picture) -> QColor:
        colour = QColor(picture.colour) if picture.colour else QColor()
        return colour if colour.isValid() else self._look.colour("raised")

    def _badge(
        self,
        painter: QPainter,
        name: str,
        size: int,
        colour: str,
        x: float,
        y: float,
        *,
        filled: bool = False,
    ) -> None:
        ratio = painter.deviceTransform().m11()
        icons = self._look.icons
        painter.setOpacity(0.45)
        painter.drawPixmap(QPointF(x, y + 1), icons.pixmap(name, size, "#000000", ratio, filled=filled))
        painter.setOpacity(1.0)
        painter.drawPixmap(QPointF(x, y), icons.pixmap(name, size, colour, ratio, filled=filled))

    def _corner_pixmap(self, ratio: float) -> QPixmap:
        ground = self._look.colour(self._ground)
        key = (ground.name(), ratio)
        if key not in self._corners:
            side = 2 * round(RADIUS_THUMBNAIL * ratio)
            pixmap = QPixmap(side, side)
            pixmap.fill(Qt.GlobalColor.transparent)
            outside = QPainterPath()
            outside.addRect(QRectF(0, 0, side, side))
            inside = QPainterPath()
            inside.addEllipse(QRectF(0, 0, side, side))
            brush = QPainter(pixmap)
            brush.setRenderHint(QPainter.RenderHint.Antialiasing)
            brush.fillPath(outside.subtracted(inside), ground)
            brush.end()
            self._corners[key] = pixmap
        return self._corners[key]


def paint_covering(painter: QPainter, cell: Cell, image: QImage) -> None:
    """Paint the middle of an image so that it covers the cell; unscaled where it has the right size."""
    with device_pixels(painter) as ratio:
        left, top = round(cell.x * ratio), round(cell.y * ratio)
        # Both edges are rounded by themselves: cells that line up in points line up in device pixels.
        right, bottom = round((cell.x + cell.width) * ratio), round((cell.y + cell.height) * ratio)
        size = QSize(right - left, bottom - top)
        scale = max(size.width() / image.width(), size.height() / image.height())
        if 0.98 <= scale <= 1.0 or (scale < 1.0 and image.width() - size.width() < 2):
            dx, dy = (image.width() - size.width()) // 2, (image.height() - size.height()) // 2
            painter.drawImage(left, top, image, dx, dy, size.width(), size.height())
            return
        wide, high = size.width() / scale, size.height() / scale
        source = QRectF((image.width() - wide) / 2, (image.height() - high) / 2, wide, high)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(left, top, size.width(), size.height()), image, source)
