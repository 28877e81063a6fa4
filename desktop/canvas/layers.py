"""Painting one picture from whatever of it is in memory, coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from desktop.canvas.device import device_pixels
from desktop.canvas.viewport import Box, Viewport


@dataclass
class Layers:
    """What is in memory of the picture in view.

    `exact` has the picture's size on the screen in device pixels; `tiles` come with their rectangle in
    picture pixels.
    """

    colour: str | None = None
    thumbnail: QImage | None = None
    screen: QImage | None = None
    exact: QImage | None = None
    tiles: list[tuple[Box, QImage]] = field(default_factory=list)
    covered: bool = False  # the tiles leave nothing of the coarser pixels to be seen

    @property
    def any_pixels(self) -> bool:
        """Say whether there is more to show than a colour."""
        return self.thumbnail is not None or self.screen is not None or self.exact is not None


def paint_layers(painter: QPainter, view: Viewport, layers: Layers, *, smooth: bool = True) -> None:
    """Paint a picture at its place in the view."""
    with device_pixels(painter):
        whole = view.device_box
        target = QRectF(*whole)
        if layers.exact is not None and (layers.exact.width(), layers.exact.height()) == (
            whole.width,
            whole.height,
        ):
            painter.drawImage(target.topLeft(), layers.exact)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        image = layers.screen if layers.screen is not None else layers.thumbnail
        if image is None:
            painter.fillRect(target, QColor(layers.colour) if layers.colour else Qt.GlobalColor.transparent)
            return
        if not layers.covered:
            _paint_part(painter, view, Box(0, 0, view.picture_width, view.picture_height), image)
        for box, tile in layers.tiles:
            _paint_part(painter, view, box, tile)


def _paint_part(painter: QPainter, view: Viewport, box: Box, image: QImage) -> None:
    """Paint the visible part of an image that covers `box` (picture pixels), on whole device pixels."""
    whole, zoom = view.device_box, view.zoom
    # One formula for all edges: neighbouring tiles share theirs, so that no seam opens between them.
    left, right = whole.x + round(box.x * zoom), whole.x + round(box.right * zoom)
    top, bottom = whole.y + round(box.y * zoom), whole.y + round(box.bottom * zoom)
    screen = Box(0, 0, view.width * view.ratio + 1, view.height * view.ratio + 1)
    target = Box(left, top, right - left, bottom - top)
    seen = target.meet(screen)
    if seen is None:
        return
    per_x, per_y = image.width() / target.width, image.height() / target.height
    source = QRectF(
        (seen.x - target.x) * per_x, (seen.y - target.y) * per_y, seen.width * per_x, seen.height * per_y
    )
    painter.drawImage(QRectF(*seen), image, source)
