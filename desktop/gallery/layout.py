"""Justified rows under month heads: where every picture of the grid lies. Pure arithmetic, no Qt."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

HEAD = 48
GAP = 6
NARROWEST = 0.4
WIDEST = 3.5


class Group(NamedTuple):
    """Pictures that stand together: a key, and each picture's width divided by its height."""

    key: str
    aspects: tuple[float, ...]


class Cell(NamedTuple):
    """A picture's rectangle, in points from the top left of all content."""

    x: int
    y: int
    width: int
    height: int

    def moved(self, right: int, down: int) -> Cell:
        """Give the rectangle elsewhere: where it is on the screen."""
        return Cell(self.x + right, self.y + down, self.width, self.height)


class Row(NamedTuple):
    """One line of pictures; `top` is measured from its section's top, `first` counts within the section.

    `exact` is the height before rounding: the widths come from it.
    """

    top: int
    height: int
    first: int
    length: int
    exact: float

    def places(self, shapes: Sequence[float], width: int) -> list[tuple[int, int]]:
        """Give left edge and width of each picture; rounding never widens the row or its gaps."""
        placed = []
        edge = 0.0
        for shape in shapes[self.first : self.first + self.length]:
            left = min(round(edge), width - 1)
            right = max(min(round(edge + shape * self.exact), width), left + 1)
            placed.append((left, right - left))
            edge += shape * self.exact + GAP
        return placed


@dataclass(frozen=True, slots=True)
class Section:
    """One group laid out; `first` counts over all pictures, `top` from the top of all content."""

    key: str
    top: int
    height: int
    first: int
    count: int


def shapes_of(aspects: Sequence[float]) -> list[float]:
    """Bound the shapes of cells: panoramas and strips are cropped in the grid."""
    return [NARROWEST if each < NARROWEST else min(each, WIDEST) for each in aspects]


def justify(shapes: Sequence[float], width: int, target: int) -> list[Row]:
    """Break pictures into rows of equal width and nearly `target` height; a short last row stays so."""
    rows: list[Row] = []
    top, first, total = HEAD, 0, 0.0
    for number, shape in enumerate(shapes):
        total += shape
        gaps = GAP * (number - first)
        if total * target + gaps <= width:
            continue
        # Full with this picture: it goes where the height stays closer to what was asked for.
        exact, end = (width - gaps) / total, number + 1
        if number > first:
            without = (width - gaps + GAP) / (total - shape)
            if without * exact < target * target:
                exact, end = without, number
        height = max(1, round(exact))
        rows.append(Row(top, height, first, end - first, exact))
        top += height + GAP
        first, total = end, 0.0 if end > number else shape
    if first < len(shapes):
        exact = min(float(target), (width - GAP * (len(shapes) - first - 1)) / total)
        rows.append(Row(top, max(1, round(exact)), first, len(shapes) - first, exact))
    return rows


@dataclass
class GridLayout:
    """All sections, one below the other; sections that did not change are not computed again."""

    width: int = 0
    target: int = 0
    height: int = 0
    count: int = 0
    sections: list[Section] = field(default_factory=list)
    _rows: list[list[Row]] = field(default_factory=list)
    _shapes: list[list[float]] = field(default_factory=list)
    _tops: list[int] = field(default_factory=list)
    _firsts: list[int] = field(default_factory=list)
    _known: dict[str, tuple[tuple[float, ...], list[float], list[Row]]] = field(default_factory=dict)

    def arrange(self, groups: Sequence[Group], width: int, target: int) -> None:
        """Lay the groups out for a width and a row height, in points."""
        width, target = max(width, 64), max(target, 16)
        if (width, target) != (self.width, self.target):
            self._known.clear()
            self.width, self.target = width, target
        known, self._known = self._known, {}
        self.sections, self._rows, self._shapes = [], [], []
        top = first = 0
        for group in groups:
            old = known.get(group.key)
            if old is None or old[0] != group.aspects:
                shapes = shapes_of(group.aspects)
                old = (group.aspects, shapes, justify(shapes, width, target))
            self._known[group.key] = old
            rows = old[2]
            height = rows[-1].top + rows[-1].height if rows else HEAD
            self.sections.append(Section(group.key, top, height, first, len(group.aspects)))
            self._rows.append(rows)
            self._shapes.append(old[1])
            top += height
            first += len(group.aspects)
        self.height, self.count = top, first
        self._tops = [section.top for section in self.sections]
        self._firsts = [section.first for section in self.sections]

    def cell(self, index: int) -> Cell:
        """Give a picture's rectangle."""
        place, row = self._find(index)
        section, line = self.sections[place], self._rows[place][row]
        left, width = line.places(self._shapes[place], self.width)[index - section.first - line.first]
        return Cell(left, section.top + line.top, width, line.height)

    def between(self, top: int, bottom: int) -> range:
        """List the pictures whose rows touch the band from `top` to `bottom`."""
        start, end = self._at_or_after(top), self._at_or_after(bottom)
        if end < self.count and self.cell(end).y < bottom:
            end = self._row_range(end).stop
        return range(start, max(start, end))

    def at(self, x: int, y: int) -> int | None:
        """Find the picture at a point."""
        index = self._at_or_after(y)
        if index >= self.count:
            return None
        for number in self._row_range(index):
            cell = self.cell(number)
            if cell.x <= x < cell.x + cell.width and cell.y <= y < cell.y + cell.height:
                return number
        return None

    def section_at(self, y: int) -> int:
        """Give the number of the section at a height (the last one that begins there or above)."""
        return max(0, bisect_right(self._tops, y) - 1)

    def above(self, index: int) -> int:
        """Give the picture above, or the same one in the first row."""
        row = self._row_range(index)
        return self._nearest(index, self._row_range(row.start - 1)) if row.start > 0 else index

    def below(self, index: int) -> int:
        """Give the picture below, or the same one in the last row."""
        row = self._row_range(index)
        return self._nearest(index, self._row_range(row.stop)) if row.stop < self.count else index

    def _nearest(self, index: int, row: range) -> int:
        cell = self.cell(index)
        middle = cell.x + cell.width / 2
        return min(row, key=lambda number: abs(self.cell(number).x + self.cell(number).width / 2 - middle))

    def _find(self, index: int) -> tuple[int, int]:
        if not 0 <= index < self.count:
            raise IndexError(index)
        place = bisect_right(self._firsts, index) - 1
        within = index - self._firsts[place]
        row = bisect_right(self._rows[place], within, key=lambda line: line.first) - 1
        return place, row

    def _row_range(self, index: int) -> range:
        place, row = self._find(index)
        start = self.sections[place].first + self._rows[place][row].first
        return range(start, start + self._rows[place][row].length)

    def _at_or_after(self, y: int) -> int:
        """Give the first picture whose row ends below a height; `count` when there is none."""
        place = max(0, bisect_right(self._tops, y) - 1)
        while place < len(self.sections):
            section = self.sections[place]
            rows = self._rows[place]
            row = bisect_right(rows, y - section.top, key=lambda line: line.top + line.height)
            if row < len(rows):
                return section.first + rows[row].first
            place += 1
        return self.count
