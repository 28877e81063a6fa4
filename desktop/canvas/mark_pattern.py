"""Where the visible mark's text goes: a staggered, repeating pattern dense enough for crops; no Qt."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

ANGLE = -20.0  # degrees; text that is not level with anything survives cropping and inpainting best
LONGEST_NAME = 24


@dataclass(frozen=True)
class Pattern:
    """A period with two stamps in it, at its origin and at its middle; all in logical pixels.

    `stamp` is the size of the rotated text's bounding box.
    """

    font: int
    stamp: tuple[float, float]
    period: tuple[float, float]

    def holds_in(self, width: float, height: float) -> bool:
        """Say whether every window of this size shows at least one whole stamp."""
        across, down = self.stamp
        wide, high = self.period
        row_wise = width >= across + wide and height >= down + high / 2
        column_wise = width >= across + wide / 2 and height >= down + high
        return row_wise or column_wise


def mark_lines(account: str, moment: datetime, mark_id: str, *, narrow: bool) -> tuple[str, ...]:
    """Write the mark: account, UTC minute, mark id; `narrow` for thumbnails gives each its own line."""
    clean = "".join(c for c in account if not unicodedata.category(c).startswith("C"))
    name = clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - 1] + "…"
    minute = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    return (name, minute, mark_id) if narrow else (f"{name} · {minute}", mark_id)


def rotated_size(width: float, height: float, degrees: float = ANGLE) -> tuple[float, float]:
    """Give the bounding box of a rotated rectangle."""
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    return width * cosine + height * sine, width * sine + height * cosine


def snapped(length: float, tile: int, ratio: float) -> int:
    """Give a period in device pixels: at least `length` points, and a multiple of the tile's side."""
    return max(1, math.ceil(length * ratio / tile)) * tile


def choose(patterns: Sequence[Pattern], width: float, height: float) -> Pattern:
    """Take the first (largest) pattern of which every quarter of the area holds a stamp, else the last."""
    for pattern in patterns:
        if pattern.holds_in(width / 2, height / 2):
            return pattern
    return patterns[-1]
