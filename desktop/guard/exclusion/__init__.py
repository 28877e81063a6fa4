"""Windows that the system itself keeps out of captures: asked for, read back, one file a system."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Exclusion(NamedTuple):
    """What the system says of a window after it was asked; `reason` says what is missing."""

    held: bool
    reason: str = ""


class Excluder(Protocol):
    """A system's way to keep a window out of captures; on the GUI thread, and it never waits."""

    def exclude(self, window: int) -> Exclusion:
        """Keep a top-level window of ours, by Qt's id, out of captures, and read back whether it is."""

    def include(self, window: int) -> None:
        """Let it be captured again."""
