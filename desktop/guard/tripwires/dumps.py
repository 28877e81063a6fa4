"""Our memory made readable again, after it was closed at the start."""

from __future__ import annotations

from collections.abc import Callable

from ..events import Culprit
from ..findings import DUMPABLE, Finding
from ..hardening import dumpable, harden


class Dumps:
    """Looks whether this process can be dumped, and closes it again."""

    name = "core dumps"
    every = 0.5

    def __init__(self, is_open: Callable[[], bool] = dumpable, close: Callable[[], None] = harden) -> None:
        """Start; only what was closed before can be found open."""
        self._was_closed = not is_open()
        self._is_open = is_open
        self._close = close

    def look(self) -> list[Finding]:
        """Return that it was opened, once; raises OSError where it was never closed."""
        if not self._was_closed:
            raise OSError(0, "the program was started without closing its memory")
        if not self._is_open():
            return []
        self._close()
        return [Finding(DUMPABLE, Culprit(name="Something in this program"))]
