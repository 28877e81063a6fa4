"""Which key presses ask for a screenshot: Print, and what desktops bind beside it, on this keyboard."""

from __future__ import annotations

import struct

from .connection import Connection, pack_request

SHIFT, CONTROL, ALT, SUPER = 1 << 0, 1 << 2, 1 << 3, 1 << 6
MODIFIERS = SHIFT | CONTROL | ALT | SUPER
# XK_Print, XK_Sys_Req and XF86XK_SelectiveScreenshot, whatever is held with them.
ALONE = frozenset({0xFF61, 0xFF15, 0x1008127A})
# GNOME records on Ctrl+Shift+Alt+R; KDE takes a part on Meta+Shift+S, records on Meta+R; Deepin has
# Ctrl+Alt+A and Ctrl+Alt+R.
COMBINED = {
    (ord("r"), CONTROL | SHIFT | ALT),
    (ord("s"), SUPER | SHIFT),
    (ord("r"), SUPER | SHIFT),
    (ord("r"), SUPER),
    (ord("a"), CONTROL | ALT),
    (ord("r"), CONTROL | ALT),
}


class CaptureKeys:
    """The key codes of this keyboard that belong to those names."""

    def __init__(self, connection: Connection) -> None:
        """Ask for the mapping through `connection`."""
        self._connection = connection
        self._alone: set[int] = set()
        self._named: dict[int, set[int]] = {}
        self.learn()

    def learn(self) -> None:
        """Ask for the mapping, at the start and whenever it has changed."""
        first, last = self._connection.key_codes

        def take(reply: bytes) -> None:
            width = reply[1]
            self._alone, self._named = set(), {}
            for index in range(last - first + 1):
                names = set(struct.unpack_from(f"={width}I", reply, 32 + 4 * width * index))
                if names & ALONE:
                    self._alone.add(first + index)
                self._named[first + index] = names

        self._connection.send(pack_request(101, 0, struct.pack("=BBxx", first, last - first + 1)), take)

    def asks_for_capture(self, event: bytes, order: str) -> bool:
        """Tell whether a key press asks for a screenshot."""
        code = event[1]
        (state,) = struct.unpack_from(f"{order}H", event, 28)
        names = self._named.get(code, set())
        return code in self._alone or any(
            name in names and state & MODIFIERS == held for name, held in COMBINED
        )
