"""Whether another program is in front of the pictures: it has the keyboard, or covers the whole screen."""

from __future__ import annotations

import struct
from collections.abc import Callable

from .connection import Connection, pack_request
from .scene import Scene

FOCUS_IN, FOCUS_OUT = 9, 10
DESTROYED, UNMAPPED, MAPPED, CONFIGURED = 17, 18, 19, 22
EVENT_MASK, SUBSTRUCTURE_NOTIFY = 1 << 11, 1 << 19
VIEWABLE = 2
# Smaller ids are no window: the keyboard then follows the pointer, or goes nowhere.
POINTER_ROOT = 1


class Foreground:
    """Asked for only while something sealed is shown."""

    def __init__(self, connection: Connection, scene: Scene, is_ours: Callable[[int], bool]) -> None:
        """Ask through `connection`; `is_ours` tells whether our programs have made a window."""
        self._connection = connection
        self._scene = scene
        self._is_ours = is_ours
        self._on = False
        self.focused: int | None = None
        self.covering: dict[int, int] = {}

    def watch(self, *, on: bool) -> None:
        """Begin or end to watch; what is in front already is found at the beginning."""
        if on == self._on:
            return
        self._on = on
        self.focused, self.covering = None, {}
        for root in self._scene.roots:
            mask = SUBSTRUCTURE_NOTIFY if on else 0
            self._connection.send(pack_request(2, 0, struct.pack("=III", root, EVENT_MASK, mask)))
            if on:
                self._connection.send(pack_request(15, 0, struct.pack("=I", root)), self._check_all)
        self.look()

    def look(self) -> None:
        """Ask who has the keyboard."""
        if self._on:
            self._connection.send(pack_request(43, 0), self._take_focus)

    def notice(self, event: bytes) -> None:
        """Take an event of the windows that are watched, or of the children of a root."""
        code = event[0] & 0x7F
        if code in (FOCUS_IN, FOCUS_OUT):
            self.look()
        if not self._on:
            return
        around, window = struct.unpack_from("=II", event, 4)
        if code in (DESTROYED, UNMAPPED):
            self.covering.pop(window, None)
        elif code in (MAPPED, CONFIGURED) and around in self._scene.roots:
            self._check(window, around)

    def _take_focus(self, reply: bytes) -> None:
        (window,) = struct.unpack_from("=I", reply, 8)
        ours = window <= POINTER_ROOT or self._scene.related(window) or self._is_ours(window)
        self.focused = None if ours else window

    def _check_all(self, reply: bytes) -> None:
        root = struct.unpack_from("=I", reply, 8)[0]
        for window in _children(reply):
            self._check(window, root)

    def _check(self, window: int, root: int) -> None:
        """Find out whether a window is visible, above ours, and as large as the screen."""
        if self._scene.related(window) or self._is_ours(window):
            return
        facts: list[bytes] = []

        def finish(reply: bytes) -> None:
            stack = _children(reply)
            tops = [watched.top for watched in self._scene.windows.values() if watched.top in stack]
            above = window in stack and any(stack.index(window) > stack.index(top) for top in tops)
            if self._on and above and len(facts) == 3 and _covers(*facts):
                self.covering.setdefault(window, window)
                self._connection.send(pack_request(15, 0, struct.pack("=I", window)), name_client)
            else:
                self.covering.pop(window, None)

        def name_client(reply: bytes) -> None:
            # In a frame of the window manager it is the window inside whose program matters.
            inside = _children(reply)
            if window in self.covering and inside:
                self.covering[window] = inside[-1]

        for code, asked in ((14, window), (14, root), (3, window)):
            self._connection.send(pack_request(code, 0, struct.pack("=I", asked)), facts.append)
        self._connection.send(pack_request(15, 0, struct.pack("=I", root)), finish)


def _children(reply: bytes) -> tuple[int, ...]:
    (count,) = struct.unpack_from("=H", reply, 16)
    return struct.unpack_from(f"={count}I", reply, 32)


def _covers(window: bytes, root: bytes, attributes: bytes) -> bool:
    """Compare the geometries; a window of depth 0 takes input only and covers nothing."""
    x, y, width, height = struct.unpack_from("=hhHH", window, 12)
    _, _, screen_width, screen_height = struct.unpack_from("=hhHH", root, 12)
    whole = x <= 0 and y <= 0 and x + width >= screen_width and y + height >= screen_height
    return bool(window[1]) and whole and attributes[26] == VIEWABLE
