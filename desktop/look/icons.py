"""Outline icons by name, tinted, at the pixel ratio of the screen they are shown on."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

RATIOS = (1.0, 2.0, 3.0)
OWN_BRASS = "#E0B04C"  # in the program's own sign, which is also its window icon


class Icons:
    """Render the SVG files of a folder; one object keeps one palette's worth of results."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: dict[str, str] = {}
        self._pixmaps: dict[tuple[str, int, str, float, bool], QPixmap] = {}

    def forget(self) -> None:
        """Drop all rendered icons (the palette has changed)."""
        self._pixmaps.clear()

    def pixmap(self, name: str, size: int, colour: str, ratio: float, *, filled: bool = False) -> QPixmap:
        """Render an icon of `size` logical pixels; `filled` paints the shape's inside as well.

        Raises FileNotFoundError for a name that does not exist: that is a mistake in the program.
        """
        key = (name, size, colour, ratio, filled)
        found = self._pixmaps.get(key)
        if found is None:
            found = self._render(name, size, colour, ratio, filled)
            self._pixmaps[key] = found
        return found

    def icon(self, name: str, size: int, colour: str, active: str | None = None) -> QIcon:
        """Make a QIcon; `active` is the colour when hovered or checked."""
        icon = QIcon()
        for ratio in RATIOS:
            icon.addPixmap(self.pixmap(name, size, colour, ratio), QIcon.Mode.Normal, QIcon.State.Off)
            strong = self.pixmap(name, size, active or colour, ratio)
            icon.addPixmap(strong, QIcon.Mode.Active, QIcon.State.Off)
            icon.addPixmap(strong, QIcon.Mode.Normal, QIcon.State.On)
            icon.addPixmap(strong, QIcon.Mode.Active, QIcon.State.On)
        return icon

    def _render(self, name: str, size: int, colour: str, ratio: float, filled: bool) -> QPixmap:
        source = self._sources.get(name)
        if source is None:
            source = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
            self._sources[name] = source
        # Lucide draws 2-unit strokes on a 24-unit grid; 1.5 keeps lines near one pixel at 16 to 20 px.
        svg = (
            source.replace("currentColor", colour)
            .replace(OWN_BRASS, colour)
            .replace('stroke-width="2"', 'stroke-width="1.6"')
        )
        if filled:
            svg = svg.replace('fill="none"', f'fill="{colour}"', 1)
        renderer = QSvgRenderer(QByteArray(svg.encode()))
        side = round(size * ratio)
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(0, 0, side, side))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap
