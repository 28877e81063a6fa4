"""Which tiles of the full picture a view needs, and having them fetched while it needs them."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtGui import QImage

from desktop.canvas.deliveries import Deliveries, Urgency, Want
from desktop.canvas.pixels import PixelKey
from desktop.canvas.viewport import Box, Viewport
from desktop.client.errors import Failure

TILE = 512
SCREEN_SIDE = 2560
AT_MOST = 256


def screen_share(width: int, height: int) -> float:
    """Give how large the screen rendition is, compared with the full picture (1: as large)."""
    return min(1.0, SCREEN_SIDE / max(width, height))


def needs_tiles(view: Viewport) -> bool:
    """Say whether the view shows more than the screen rendition holds."""
    share = screen_share(view.picture_width, view.picture_height)
    return share < 1.0 and view.zoom > share * 1.02


def tiles_in_view(view: Viewport) -> list[tuple[int, int]]:
    """List the (column, row) of the tiles in view, the middle ones first."""
    seen = view.seen
    if seen.width <= 0 or seen.height <= 0:
        return []
    columns = range(int(seen.x // TILE), math.ceil(seen.right / TILE))
    rows = range(int(seen.y // TILE), math.ceil(seen.bottom / TILE))
    middle_x, middle_y = seen.x + seen.width / 2, seen.y + seen.height / 2
    tiles = [(column, row) for row in rows for column in columns]
    tiles.sort(key=lambda at: math.hypot((at[0] + 0.5) * TILE - middle_x, (at[1] + 0.5) * TILE - middle_y))
    return tiles[:AT_MOST]


def tile_box(view: Viewport, column: int, row: int) -> Box:
    """Give a tile's rectangle in picture pixels; those at the right and lower edge are smaller."""
    left, top = column * TILE, row * TILE
    return Box(left, top, min(TILE, view.picture_width - left), min(TILE, view.picture_height - top))


class TileSource:
    """The tiles of one picture: wants those in view, gives up those that left it. On the GUI thread."""

    def __init__(self, deliveries: Deliveries, picture_id: str, on_change: Callable[[], None]) -> None:
        self._deliveries = deliveries
        self._picture_id = picture_id
        self._on_change = on_change
        self._wants: dict[tuple[int, int], Want] = {}
        self._refused: set[tuple[int, int]] = set()

    def look(self, view: Viewport) -> None:
        """Fetch what this view needs and give up what it does not."""
        needed = tiles_in_view(view) if needs_tiles(view) else []
        for gone in set(self._wants) - set(needed):
            self._wants.pop(gone).cancel()
        for at in needed:
            if (
                at in self._wants
                or at in self._refused
                or self._deliveries.cache.get(self._key(at)) is not None
            ):
                continue
            self._wants[at] = self._deliveries.ask(
                self._key(at),
                None,
                Urgency.SEEN,
                lambda image, at=at: self._arrived(at),  # type: ignore[misc]  # mypy cannot infer a lambda's default
                lambda failure, at=at: self._failed(at, failure),  # type: ignore[misc]  # the same
            )

    def ready(self, view: Viewport) -> list[tuple[Box, QImage]]:
        """Give the tiles in view that are in memory, each with its rectangle in picture pixels."""
        found = []
        if needs_tiles(view):
            for column, row in tiles_in_view(view):
                image = self._deliveries.cache.get(self._key((column, row)))
                if image is not None:
                    found.append((tile_box(view, column, row), image))
        return found

    def stop(self) -> None:
        """Give everything up."""
        for want in self._wants.values():
            want.cancel()
        self._wants.clear()

    def _key(self, at: tuple[int, int]) -> PixelKey:
        return PixelKey(self._picture_id, "tile", at[0], at[1])

    def _arrived(self, at: tuple[int, int]) -> None:
        self._wants.pop(at, None)
        self._on_change()

    def _failed(self, at: tuple[int, int], failure: Failure) -> None:
        """Keep the coarser pixels here; the tile is asked for again when the picture is opened anew."""
        self._wants.pop(at, None)
        self._refused.add(at)
