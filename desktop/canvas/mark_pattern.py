"""Where the visible mark's words go: a repeating, staggered pattern that no crop escapes; no Qt.

All lengths are logical pixels.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product

ANGLE = -20.0  # degrees; text that is not level with anything survives cropping and inpainting best
LONGEST_NAME = 24
AIRY = (384, 256)  # the longest period
STEP = 16  # periods are multiples of it, so that pictures of nearly one size share a pattern
GAP = 6  # between two stamps
DENSEST = 0.3  # the share of the area that words may take before smaller ones are tried


@dataclass(frozen=True)
class Stamp:
    """Lines over each other, the mark id last; its line's middle is the stamp's place."""

    lines: tuple[str, ...]
    width: float
    height: float


@dataclass(frozen=True)
class Style:
    """One way of writing the mark: a stamp at each corner of the period, and one in its middle."""

    font: int
    corner: Stamp
    middle: Stamp
    id_size: tuple[float, float]

    @property
    def id_box(self) -> tuple[float, float]:
        """Give the size of the box around the turned mark id."""
        return rotated_size(*self.id_size)

    def fits(self, wide: float, high: float) -> bool:
        """Say whether no stamp touches another in a pattern of this period."""
        return all(
            _apart(one, other, across + half * wide / 2, down + half * high / 2)
            for one, other, half in (
                (self.corner, self.corner, 0),
                (self.middle, self.middle, 0),
                (self.corner, self.middle, 1),
            )
            for across, down in _multiples(wide, high, one.width + other.width)
            if half or (across, down) != (0.0, 0.0)
        )

    def share(self, wide: float, high: float) -> float:
        """Give the share of the area that words take."""
        return sum(each.width * each.height for each in (self.corner, self.middle)) / (wide * high)


@dataclass(frozen=True)
class Pattern:
    """A style and the period at which it repeats."""

    style: Style
    period: tuple[float, float]

    def holds_in(self, width: float, height: float) -> bool:
        """Say whether every window of this size shows at least one whole mark id."""
        across, down = self.style.id_box
        wide, high = self.period
        row_wise = width >= across + wide and height >= down + high / 2
        column_wise = width >= across + wide / 2 and height >= down + high
        return row_wise or column_wise


def mark_lines(account: str, moment: datetime, mark_id: str, *, narrow: bool) -> tuple[str, ...]:
    """Write the mark: account, UTC minute, mark id; `narrow` gives each its own line."""
    clean = "".join(c for c in account if not unicodedata.category(c).startswith("C"))
    name = clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - 1] + "…"
    minute = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")
    return (name, minute, mark_id) if narrow else (f"{name} · {minute}", mark_id)


def rotated_size(width: float, height: float, degrees: float = ANGLE) -> tuple[float, float]:
    """Give the bounding box of a rotated rectangle."""
    cosine, sine = abs(math.cos(math.radians(degrees))), abs(math.sin(math.radians(degrees)))
    return width * cosine + height * sine, width * sine + height * cosine


def fitted(styles: Sequence[Style], width: float, height: float) -> Pattern:
    """Take the first style that leaves an area airy while every quarter of it holds a whole mark id.

    Quarters of any shape, from a strip as wide as the area to one as high; where the area is too small for
    that, quarters of its own shape; then at least the whole of it. In none of these the words are the last
    style's, as near to each other as they can be.
    """
    for periods in (_for_any_quarter, _for_like_quarters, _for_the_whole):
        found: list[tuple[float, Pattern]] = []
        for style in styles:
            wide, high = (
                min(STEP * (longest // STEP), most)
                for longest, most in zip(periods(style.id_box, width, height), AIRY, strict=True)
            )
            if wide > 0 and high > 0 and style.fits(wide, high):
                pattern, share = Pattern(style, (wide, high)), style.share(wide, high)
                if share <= DENSEST:
                    return pattern
                found.append((share, pattern))
        if found:
            return min(found, key=lambda each: each[0])[1]
    across, down = styles[-1].id_box
    return Pattern(styles[-1], (across + GAP, 2 * (down + GAP)))


def _for_any_quarter(box: tuple[float, float], width: float, height: float) -> tuple[float, float]:
    # The narrowest strip needs an id in half a period, and so does the lowest; all between need no more:
    # (box + period) across × down is at most (width / 2 - box) × (height / 2 - box), less than a quarter.
    return width / 2 - 2 * box[0], height / 2 - 2 * box[1]


def _for_like_quarters(box: tuple[float, float], width: float, height: float) -> tuple[float, float]:
    return width / 2 - box[0], height - 2 * box[1]


def _for_the_whole(box: tuple[float, float], width: float, height: float) -> tuple[float, float]:
    return width - box[0], 2 * (height - box[1])


def _multiples(wide: float, high: float, reach: float) -> Iterator[tuple[float, float]]:
    """Yield all whole periods across and down within reach, near ones first."""
    columns, rows = math.ceil(reach / wide) + 1, math.ceil(reach / high) + 1
    for row, column in product(_outwards(rows), _outwards(columns)):
        yield column * wide, row * high


def _outwards(most: int) -> list[int]:
    return sorted(range(-most, most + 1), key=abs)


def _apart(one: Stamp, other: Stamp, across: float, down: float) -> bool:
    """Say whether two stamps leave a gap, the other one's place lying so far across and down."""
    cosine, sine = math.cos(math.radians(ANGLE)), math.sin(math.radians(ANGLE))
    along, under = across * cosine + down * sine, down * cosine - across * sine
    return (
        abs(along) >= (one.width + other.width) / 2 + GAP
        or under >= other.height + GAP
        or -under >= one.height + GAP
    )
