"""Which part of a picture a view shows, and where: pure arithmetic, no Qt.

Three spaces: *picture* pixels of the full picture, *view* points (logical pixels of the widget), *device*
pixels (view points times the pixel ratio of the screen). Zoom is device pixels per picture pixel: 1.0 is
"100 %" on any screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

MAXIMUM_ZOOM = 16.0
WHEEL_STEP = 1.2


class Box(NamedTuple):
    """A rectangle; the units are those of the function that gives it."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Give the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Give the lower edge."""
        return self.y + self.height

    def meet(self, other: Box) -> Box | None:
        """Give what both cover, or None."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Box(left, top, right - left, bottom - top) if right > left and bottom > top else None


@dataclass(frozen=True)
class Viewport:
    """One state of looking at one picture; every change makes a new one.

    `x` and `y` are the picture point in the middle of the view. While `fitting`, a change of the view's
    size fits again.
    """

    width: float
    height: float
    picture_width: int
    picture_height: int
    ratio: float = 1.0
    zoom: float = 1.0
    x: float = 0.0
    y: float = 0.0
    fitting: bool = True

    @property
    def fit_zoom(self) -> float:
        """Give the zoom that shows the whole picture; small ones are not enlarged beyond a point a pixel."""
        across = self.width * self.ratio / self.picture_width
        down = self.height * self.ratio / self.picture_height
        return max(min(across, down, self.ratio), 1e-4)

    @property
    def minimum_zoom(self) -> float:
        """Give the smallest zoom: the whole picture, or 100 % where that is less."""
        return min(self.fit_zoom, 1.0)

    @property
    def scale(self) -> float:
        """Give view points per picture pixel."""
        return self.zoom / self.ratio

    @property
    def box(self) -> Box:
        """Give where the whole picture lies, in view points; may reach beyond the view."""
        left, top = self.to_view(0.0, 0.0)
        return Box(left, top, self.picture_width * self.scale, self.picture_height * self.scale)

    @property
    def device_box(self) -> Box:
        """Give where the picture lies in device pixels, on whole ones so that nothing is blurred."""
        box = self.box
        left, top = round(box.x * self.ratio), round(box.y * self.ratio)
        width = max(1, round(self.picture_width * self.zoom))
        height = max(1, round(self.picture_height * self.zoom))
        return Box(left, top, width, height)

    @property
    def seen(self) -> Box:
        """Give the part of the picture that is in view, in picture pixels."""
        left, top = self.to_picture(0.0, 0.0)
        right, bottom = self.to_picture(self.width, self.height)
        left, top = max(left, 0.0), max(top, 0.0)
        right, bottom = min(right, float(self.picture_width)), min(bottom, float(self.picture_height))
        return Box(left, top, max(right - left, 0.0), max(bottom - top, 0.0))

    @property
    def can_pan(self) -> bool:
        """Say whether part of the picture is out of view."""
        box = self.box
        return box.width > self.width + 0.5 or box.height > self.height + 0.5

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Map a picture point to view points."""
        return (x - self.x) * self.scale + self.width / 2, (y - self.y) * self.scale + self.height / 2

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """Map a view point to picture pixels; may lie outside the picture."""
        return (x - self.width / 2) / self.scale + self.x, (y - self.height / 2) / self.scale + self.y

    def fitted(self) -> Viewport:
        """Show the whole picture, and go on doing so when the view changes."""
        return replace(self, zoom=self.fit_zoom, fitting=True)._clamped()

    def at_zoom(self, zoom: float, at: tuple[float, float] | None = None) -> Viewport:
        """Zoom while the picture point under `at` (view points, default the middle) stays where it is."""
        zoom = min(max(zoom, self.minimum_zoom), MAXIMUM_ZOOM)
        at_x, at_y = at if at is not None else (self.width / 2, self.height / 2)
        held_x, held_y = self.to_picture(at_x, at_y)
        scale = zoom / self.ratio
        moved = replace(
            self,
            zoom=zoom,
            x=held_x - (at_x - self.width / 2) / scale,
            y=held_y - (at_y - self.height / 2) / scale,
            fitting=math.isclose(zoom, self.fit_zoom, rel_tol=1e-6),
        )
        return moved._clamped()

    def zoomed(self, factor: float, at: tuple[float, float] | None = None) -> Viewport:
        """Multiply the zoom."""
        return self.at_zoom(self.zoom * factor, at)

    def toggled(self, at: tuple[float, float] | None = None) -> Viewport:
        """Go from fitting to 100 % at a point, or back to fitting."""
        if self.fitting and not math.isclose(self.fit_zoom, 1.0):
            return self.at_zoom(1.0, at)
        return self.fitted()

    def panned(self, dx: float, dy: float) -> Viewport:
        """Move the picture by view points; it stops at its edges."""
        return replace(self, x=self.x - dx / self.scale, y=self.y - dy / self.scale)._clamped()

    def resized(self, width: float, height: float, ratio: float) -> Viewport:
        """Look through a view of another size or pixel ratio, at the same point."""
        changed = replace(self, width=max(width, 1.0), height=max(height, 1.0), ratio=ratio)
        return changed.fitted() if self.fitting else changed.at_zoom(self.zoom)

    def _clamped(self) -> Viewport:
        return replace(
            self,
            x=_clamp(self.x, self.picture_width, self.width / self.scale),
            y=_clamp(self.y, self.picture_height, self.height / self.scale),
        )


def opened(width: float, height: float, ratio: float, picture_width: int, picture_height: int) -> Viewport:
    """Look at a picture for the first time: fitting."""
    if picture_width < 1 or picture_height < 1:
        raise ValueError("a picture has at least one pixel")
    fresh = Viewport(max(width, 1.0), max(height, 1.0), picture_width, picture_height, ratio)
    return fresh.fitted()


def _clamp(middle: float, picture: float, seen: float) -> float:
    """Keep the middle where no gap opens; a picture smaller than the view is centred."""
    if seen >= picture:
        return picture / 2
    return min(max(middle, seen / 2), picture - seen / 2)
