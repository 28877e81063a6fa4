"""The sentinel's two pipes to the desktop: messages out, commands in, a JSON object a line."""

from __future__ import annotations

import json
import os

from ..events import LEVELS, Rect, Region

BACKLOG = 1_000_000


class Messages:
    """JSON lines to the desktop that never make the loop wait: a desktop that hangs must not blind the
    sentinel.
    """

    def __init__(self, descriptor: int) -> None:
        """Write to an open descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._backlog = bytearray()

    def emit(self, message: dict[str, object]) -> None:
        """Queue a message and write what the pipe takes; a full pipe loses heartbeats first."""
        self.flush()
        if self._backlog and (message["event"] == "heartbeat" or len(self._backlog) > BACKLOG):
            return
        self._backlog += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes; raises BrokenPipeError when nobody reads any more."""
        while self._backlog:
            try:
                written = os.write(self._descriptor, self._backlog)
            except BlockingIOError:
                return
            del self._backlog[:written]


class Commands:
    """JSON lines from the desktop."""

    def __init__(self, descriptor: int) -> None:
        """Read from an open descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._partial = b""

    def receive(self) -> list[dict[str, object]] | None:
        """Return the whole lines that have arrived, None at the end of input; what is no JSON object is an
        error.
        """
        try:
            chunk = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        received: list[dict[str, object]] = []
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            received.append(message if isinstance(message, dict) else {"": line.decode(errors="replace")})
        return received


def parse_regions(value: object) -> list[Region]:
    """Read what a command says about regions; raises TypeError, ValueError or KeyError when it is wrong."""
    if not isinstance(value, list):
        raise TypeError("protect takes a list")
    regions = []
    for entry in value:
        if entry["level"] not in LEVELS:
            raise ValueError(f"no such level: {entry['level']!r}")
        x, y, width, height = (integer(number) for number in entry["rect"])
        regions.append(Region(integer(entry["window"]), Rect(x, y, width, height), entry["level"]))
    return regions


def integer(value: object) -> int:
    """Read a whole number; raises TypeError when it is none."""
    if isinstance(value, int):
        return value
    raise TypeError(f"{value!r} is no whole number")
