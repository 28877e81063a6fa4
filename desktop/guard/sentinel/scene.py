"""What is protected and where: our windows, the windows around them, and whether a rectangle touches them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..events import LEVELS, Rect

# Resource ids of clients have 29 bits; what the server makes for itself, as the overlay window of a
# compositing manager, has this one more.
MADE_BY_SERVER = 1 << 30


class Touch(NamedTuple):
    """A protected region that a read reaches: the level, and the common part in root coordinates if known."""

    level: str
    rect: Rect | None


class Watched:
    """One of our windows and its place among the windows around it."""

    def __init__(self, window: int) -> None:
        """Start without knowledge: until the server has answered, every read of a root counts as touching."""
        self.window = window
        self.regions: list[tuple[Rect, str]] = []
        self.located = False
        self.viewable = True
        self.root = 0
        self.chain: tuple[int, ...] = ()
        self.offsets: dict[int, tuple[int, int]] = {window: (0, 0)}

    @property
    def top(self) -> int:
        """Return the direct child of the root that holds our window: its frame when there is one."""
        return self.chain[-2] if len(self.chain) > 1 else self.window

    def located_at(
        self, chain: tuple[int, ...], offsets: dict[int, tuple[int, int]], *, viewable: bool
    ) -> None:
        """Take over a fresh position: `chain` are the ancestors up to the root, `offsets` ours in each."""
        self.chain = (self.window, *chain)
        self.root = chain[-1] if chain else 0
        self.offsets = {self.window: (0, 0), **offsets}
        self.viewable = viewable
        self.located = True


class Scene:
    """All watched windows."""

    def __init__(self, roots: frozenset[int]) -> None:
        """Start with nothing protected on a display with these root windows."""
        self.roots = roots
        self.windows: dict[int, Watched] = {}

    def has_level(self, level: str) -> bool:
        """Tell whether anything of exactly this level is protected."""
        return any(of == level for watched in self.windows.values() for _, of in watched.regions)

    def strongest(self) -> str:
        """Return the highest level that is protected now."""
        levels = [of for watched in self.windows.values() for _, of in watched.regions]
        return max(levels, key=LEVELS.index, default="open")

    def is_screen(self, drawable: int) -> bool:
        """Tell whether a drawable shows the screen: a root, or the compositing overlay."""
        return drawable in self.roots or bool(drawable & MADE_BY_SERVER)

    def related(self, drawable: int) -> bool:
        """Tell whether a drawable is one of our windows, a window around one, or a root."""
        return self.is_screen(drawable) or any(
            drawable == watched.window or drawable in watched.chain for watched in self.windows.values()
        )

    def ours(self, drawable: int) -> bool:
        """Tell whether a drawable is one of our windows or a window between one and its root."""
        return not self.is_screen(drawable) and self.related(drawable)

    def touched(self, drawable: int, rect: Rect) -> Touch | None:
        """Return the most protected region that a read of `rect` in `drawable` reaches."""
        found: Touch | None = None
        for touch in self._touches(drawable, rect):
            if found is None or LEVELS.index(touch.level) > LEVELS.index(found.level):
                found = touch
        return found

    def _touches(self, drawable: int, rect: Rect) -> Iterator[Touch]:
        for watched in self.windows.values():
            if self.is_screen(drawable):
                if not watched.viewable:
                    continue
                if not watched.located:
                    yield from (Touch(level, None) for _, level in watched.regions)
                    continue
            overlay = drawable & MADE_BY_SERVER
            offset = watched.offsets.get(watched.root if overlay else drawable)
            if offset is None:
                continue
            in_root = watched.offsets.get(watched.root, (0, 0))
            for region, level in watched.regions:
                common = region.moved(*offset).intersection(rect)
                if common is not None:
                    yield Touch(level, common.moved(in_root[0] - offset[0], in_root[1] - offset[1]))
