"""The windows of a screen as a pager treats them: found, moved, and given the keyboard."""

import struct
from collections.abc import Iterator

import xcffib
import xcffib.xproto

from tests.support.x_clients import connected

VIEWABLE = 2
TO_MANAGERS = 0x180000  # SubstructureNotify and SubstructureRedirect
CLIENT_MESSAGE = 33


class Windows:
    """One X client for all of it, so that the guard sees one program come and not hundreds."""

    def __init__(self, display: str, authority: str) -> None:
        self._connection = connected(display, authority)
        setup = self._connection.get_setup()
        self._root, self._mask = setup.roots[0].root, setup.resource_id_mask
        name = b"_NET_ACTIVE_WINDOW"
        self._active = self._connection.core.InternAtom(False, len(name), name).reply().atom

    def close(self) -> None:
        """Let go."""
        self._connection.disconnect()

    def find(self, words: str) -> int:
        """Return a visible window of a class, 0 when there is none."""
        return next((window for window in self._all(self._root, 3) if self._is(window, words)), 0)

    def keyboard_with(self, window: int) -> bool:
        """Say whether a window's program, or nobody, has the keyboard."""
        focus = self._connection.core.GetInputFocus().reply().focus
        return bool(focus <= 1 or focus & ~self._mask == window & ~self._mask)

    def activate(self, window: int) -> None:
        """Ask for the keyboard, as a click into a task bar does."""
        event = struct.pack("=BBHII5I", CLIENT_MESSAGE, 32, 0, window, self._active, 2, 0, 0, 0, 0)
        self._connection.core.SendEvent(False, self._root, TO_MANAGERS, event)
        self._connection.flush()

    def move(self, window: int, x: int, y: int) -> None:
        """Move it."""
        self._configure(window, 1 | 2, x, y)

    def resize(self, window: int, width: int, height: int) -> None:
        """Give it a size."""
        self._configure(window, 4 | 8, width, height)

    def put_on_top(self, window: int) -> None:
        """Raise it over the others."""
        self._configure(window, 64, 0)

    def _configure(self, window: int, mask: int, *values: int) -> None:
        self._connection.core.ConfigureWindow(window, mask, list(values))
        self._connection.flush()

    def _all(self, parent: int, depth: int) -> Iterator[int]:
        try:
            children = list(self._connection.core.QueryTree(parent).reply().children)
        except xcffib.xproto.WindowError:
            return  # it has gone meanwhile
        for window in children:
            yield window
            if depth > 1:
                yield from self._all(window, depth - 1)

    def _is(self, window: int, words: str) -> bool:
        core = self._connection.core
        try:
            if core.GetWindowAttributes(window).reply().map_state != VIEWABLE:
                return False
            value = core.GetProperty(False, window, xcffib.xproto.Atom.WM_CLASS, 0, 0, 64).reply().value
        except xcffib.xproto.WindowError:
            return False
        return words in value.buf().decode(errors="replace").lower()
