"""Waits until files have stopped changing: a writer closed them, or size and time stay as they are."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

QUIET_SECONDS: Final = 1.0

# Size and time of change, or None for a file that is not there.
State = tuple[int, int] | None


@dataclass(slots=True)
class _Waiting:
    state: State
    since: float


def state_of(path: bytes) -> State:
    """Return what changes when a file is written."""
    try:
        status = Path(os.fsdecode(path)).lstat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


class Settling:
    """The files that are perhaps still being written; belongs to the importer's thread."""

    def __init__(self, monotonic: Callable[[], float], look: Callable[[bytes], State] = state_of) -> None:
        self._monotonic = monotonic
        self._look = look
        self._waiting: dict[bytes, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def touched(self, path: bytes) -> None:
        """Wait, or go on waiting, for a file."""
        self._waiting[path] = _Waiting(self._look(path), self._monotonic())

    def closed(self, path: bytes) -> None:
        """Take a file at the next look: its writer is done."""
        self._waiting[path] = _Waiting(self._look(path), self._monotonic() - QUIET_SECONDS)

    def waits(self, path: bytes) -> bool:
        """Tell whether a file is not to be taken yet."""
        return path in self._waiting

    def settled(self) -> list[bytes]:
        """Return, once, the files that did not change for a while (or that are gone)."""
        now = self._monotonic()
        done = []
        for path, waiting in self._waiting.items():
            state = self._look(path)
            if state != waiting.state:
                waiting.state, waiting.since = state, now
            elif now - waiting.since >= QUIET_SECONDS:
                done.append(path)
        for path in done:
            del self._waiting[path]
        return done
