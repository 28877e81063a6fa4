"""Which processes can see our display: one that works on another is no onlooker of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from .process_names import PROC
from .process_table import command_line
from .sentinel.display import DisplayUnreachable, parse_display

LONGEST = 65536
_DISPLAY = re.compile(r"[\w./-]*:\d{1,5}(\.\d{1,2})?")


class OwnDisplay:
    """Our display, as its name says; without one everybody may see what we show."""

    def __init__(self, display: str, proc: Path = PROC) -> None:
        """Take the value of DISPLAY."""
        self._own = _machine_and_number(display)
        self._proc = proc

    def is_seen_by(self, pid: int) -> bool:
        """Say whether a process may see it: by its user, its environment and the words it was started with.

        One that cannot be looked into, or names no display, may.
        """
        try:
            user = (self._proc / str(pid)).stat().st_uid
        except OSError:
            return True
        if user not in (os.getuid(), 0):
            return False
        named = {_machine_and_number(name) for name in self._named(pid)} - {None}
        return self._own is None or not named or self._own in named

    def _named(self, pid: int) -> Iterator[str]:
        yield from (word for word in command_line(pid, self._proc) if _DISPLAY.fullmatch(word))
        try:
            with (self._proc / str(pid) / "environ").open("rb") as file:
                variables = file.read(LONGEST).decode(errors="replace").split("\0")
        except OSError:
            return
        for variable in variables:
            name, _, value = variable.partition("=")
            if name == "DISPLAY":
                yield value


def _machine_and_number(display: str) -> tuple[str, int] | None:
    try:
        name = parse_display(display)
    except DisplayUnreachable:
        return None
    return name.host, name.number
