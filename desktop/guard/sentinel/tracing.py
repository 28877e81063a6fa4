"""Tracers of desktop and sentinel, seen from the sentinel: a desktop that is held still sees none itself."""

from __future__ import annotations

from collections.abc import Callable

from ..findings import Found, notice_to_json
from ..tripwires.tracers import Tracers

LOOK_EVERY_S = 0.25


class Tracing:
    """Looks now and then, and tells the desktop whenever a tracer has come or gone."""

    def __init__(self, tracers: Tracers, emit: Callable[[dict[str, object]], None]) -> None:
        """Ask `tracers`; `emit` sends a message to the desktop."""
        self._tracers = tracers
        self._emit = emit
        self._found = Found()
        self._due = 0.0

    @property
    def attached(self) -> bool:
        """Say whether anybody was attached at the last look."""
        return bool(self._found.now)

    def look(self, now: float) -> None:
        """Look, if it is time."""
        if now < self._due:
            return
        self._due = now + LOOK_EVERY_S
        if self._found.look(self._tracers.look()):
            self._emit({"event": "found", "found": [notice_to_json(one) for one in self._found.now]})
