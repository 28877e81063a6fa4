"""The black windows that hide protected regions.

Each is a child of the window that it protects, above everything in it: it moves along by itself, no window
manager sees it, it shows up in reads of the screen, of the window and, under a compositing manager, of the
window's pixmap, and the program's own painting cannot reach through it. Its owner being another process, it
stays black however busy the program is. Clicks go through to the window.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ..events import Rect, Region
from .connection import Connection, pack_request

OPAQUE_BLACK = 0xFF000000
BACK_PIXEL, BORDER_PIXEL, OVERRIDE_REDIRECT, EVENT_MASK = 1 << 1, 1 << 3, 1 << 9, 1 << 11
STRUCTURE_NOTIFY = 1 << 17
POSITION_AND_SIZE, STACK_MODE = 0b1111, 1 << 6


class Covers:
    """One black window for each region whose level asks for a shield, made in advance, mapped when needed."""

    def __init__(self, connection: Connection) -> None:
        """Make the windows through `connection`, whose end also takes them away."""
        self._connection = connection
        self._made: dict[tuple[int, int], tuple[int, Rect]] = {}
        self._up = False
        self._mapped: set[int] = set()
        self._awaited: set[int] = set()

    @property
    def client(self) -> int:
        """Return whose windows they are."""
        return int(self._connection.base)

    @property
    def hiding(self) -> bool:
        """Tell whether the server has mapped every black window."""
        return self._up and not self._awaited

    def mapped(self, window: int) -> bool:
        """Note that the server has mapped a black window; returns whether that was the last one awaited."""
        self._awaited.discard(window)
        return self.hiding

    @property
    def up(self) -> bool:
        """Tell whether the windows have been told to appear."""
        return self._up

    @property
    def windows(self) -> frozenset[int]:
        """Return the ids of the black windows."""
        return frozenset(window for window, _ in self._made.values())

    def place(self, regions: Iterable[Region]) -> None:
        """Make, move and remove black windows so that there is one for each region."""
        wanted: dict[tuple[int, int], Rect] = {}
        for region in regions:
            index = sum(1 for parent, _ in wanted if parent == region.window)
            wanted[region.window, index] = region.rect
        for key in [key for key in self._made if key not in wanted]:
            self._connection.send(pack_request(4, 0, struct.pack("=I", self._made.pop(key)[0])))
        for key, rect in wanted.items():
            if key in self._made:
                window, before = self._made[key]
                if before != rect:
                    body = struct.pack("=IHxxiiII", window, POSITION_AND_SIZE, *_sane(rect))
                    self._connection.send(pack_request(12, 0, body))
            else:
                window = self._create(key[0], rect)
            self._made[key] = (window, rect)
        self._awaited &= self.windows
        if self._up:
            self.show()
        self._connection.flush()

    def rebuild(self) -> None:
        """Make every black window anew, whatever somebody else has done to the old ones."""
        made, self._made = self._made, {}
        for window, _ in made.values():
            self._connection.send(pack_request(4, 0, struct.pack("=I", window)))
        self._mapped.clear()
        self._awaited.clear()
        for key, (_, rect) in made.items():
            self._made[key] = (self._create(key[0], rect), rect)
        if self._up:
            self.show()
        self._connection.flush()

    def forget(self, parent: int) -> None:
        """Drop the black windows of a window that is gone; the server has destroyed them with it."""
        for key in [key for key in self._made if key[0] == parent]:
            del self._made[key]
        self._awaited &= self.windows

    def show(self) -> None:
        """Map every black window above its siblings, at once."""
        for window in self.windows:
            self._connection.send(pack_request(12, 0, struct.pack("=IHxxI", window, STACK_MODE, 0)))
            self._connection.send(pack_request(8, 0, struct.pack("=I", window)))
        self._connection.flush()
        self._awaited |= self.windows - self._mapped
        self._mapped |= self.windows
        self._up = True

    def hide(self) -> None:
        """Unmap every black window."""
        for window in self.windows:
            self._connection.send(pack_request(10, 0, struct.pack("=I", window)))
        self._connection.flush()
        self._mapped.clear()
        self._awaited.clear()
        self._up = False

    def _create(self, parent: int, rect: Rect) -> int:
        window = self._connection.new_id()
        attributes = BACK_PIXEL | BORDER_PIXEL | OVERRIDE_REDIRECT
        x, y, width, height = _sane(rect)
        body = struct.pack("=IIhhHHHHII", window, parent, x, y, width, height, 0, 1, 0, attributes)
        values = struct.pack("=III", OPAQUE_BLACK, OPAQUE_BLACK, 1)
        self._connection.send(pack_request(1, 0, body + values))
        return window


def _sane(rect: Rect) -> Rect:
    """Bring a rectangle into what the protocol can carry: 16 bits, at least one pixel."""
    return Rect(
        max(-32768, min(32767, rect.x)),
        max(-32768, min(32767, rect.y)),
        max(1, min(65535, rect.width)),
        max(1, min(65535, rect.height)),
    )
