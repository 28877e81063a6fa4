"""Proves again and again that requests are still reported: makes one that is, and waits to hear of it."""

from __future__ import annotations

import struct

from .connection import Connection, pack_request

INPUT_ONLY = 2
MISSES = 3


class Pulse:
    """A harmless request on a connection that nobody would suspect, with a question after it.

    The answer also makes the server flush the record stream, which it does only when it has output for
    somebody.
    """

    def __init__(self, prober: Connection) -> None:
        """Ask through `prober`, which must be no connection whose requests are ignored."""
        self._prober = prober
        self._window = prober.new_id()
        body = struct.pack(
            "=IIhhHHHHII", self._window, prober.roots[0].window, 0, 0, 1, 1, 0, INPUT_ONLY, 0, 0
        )
        prober.send(pack_request(1, 0, body))
        self._answered = self._seen = True
        self._misses = 0

    @property
    def client(self) -> int:
        """Return the resource base of the prober."""
        return int(self._prober.base)

    def beat(self) -> None:
        """Ask, unless the last question is unanswered: a program may have grabbed the server for long.

        Raises ConnectionAbortedError when requests have been answered, but not reported.
        """
        if not self._answered:
            return
        self._misses = 0 if self._seen else self._misses + 1
        if self._misses == MISSES:
            raise ConnectionAbortedError("requests are no longer reported to the guard")
        self._answered = self._seen = False
        self._prober.send(pack_request(2, 0, struct.pack("=II", self._window, 0)))
        self._prober.send(pack_request(43, 0), self._take_answer)

    def seen(self) -> None:
        """Take in that a request of the prober was reported."""
        self._seen = True

    def read_screen(self) -> None:
        """Read one pixel of the screen, as a capture tool does."""
        body = struct.pack("=IhhHHI", self._prober.roots[0].window, 0, 0, 1, 1, 0xFFFFFFFF)
        self._prober.send(pack_request(73, 2, body))

    def _take_answer(self, _: bytes) -> None:
        self._answered = True
