"""Whether the picture is hidden now, by our black windows or by the desktop's own page."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from .covers import Covers

# What the desktop has painted takes its time to reach the screen of a busy machine.
PAINT_GRACE_S = 0.25
# The desktop shows the picture again before we hear of it, but never so soon after the last event.
TRUSTED_S = 0.7
# In that time it hears of a new one, and hides the picture again if it was about to show it.
RECONSIDERED_S = 0.3
LAST_COVER_S = 0.4

Emit = Callable[[dict[str, object]], None]


class Shield:
    """The black windows, and what the desktop has said about its own page."""

    def __init__(self, covers: Covers, emit: Emit) -> None:
        """Map `covers`, and tell the desktop by `emit`."""
        self._covers = covers
        self._emit = emit
        self._covered = False
        self._last_event = float("-inf")
        self._hide_at: float | None = None
        self._glimpse_until: float | None = None

    @property
    def hidden(self) -> bool:
        """Tell whether nothing of the picture can be read any more."""
        return self._covers.hiding or (self._covered and not self._covers.up)

    def conceal(self, reason: str, now: float) -> None:
        """Hide the picture because of an event."""
        doubtful = now - self._last_event > TRUSTED_S
        self._last_event = now
        known = self._covers.up and self._glimpse_until is None
        self._glimpse_until = None
        if known or (self._covered and not doubtful):
            return
        if self._covered:
            self._hide_at = now + RECONSIDERED_S
        self._covers.show()
        self._emit({"event": "shield", "up": True, "reason": reason})

    def glimpse(self, until: float) -> None:
        """Hide the picture until then, unless something hides it anyway; nobody is told."""
        if self._glimpse_until is not None:
            self._glimpse_until = until
        elif not (self._covers.up or self._covered):
            self._glimpse_until = until
            self._covers.show()

    def take_over(self, now: float) -> None:
        """Leave it to the desktop, whose own page is painted."""
        self._covered = True
        self._glimpse_until = None
        self._hide_at = now + PAINT_GRACE_S

    def release(self, *, refused: bool) -> None:
        """Show the picture, unless that is refused: then the black windows stay, or come."""
        self._covered = False
        self._hide_at = None
        if not refused:
            if self._glimpse_until is None:
                self._covers.hide()
        elif not self._covers.up:
            self._covers.show()
        reason = "The screen is still being read." if refused else ""
        self._emit({"event": "shield", "up": refused, "reason": reason})

    def tick(self, now: float) -> None:
        """Take the black windows away when the desktop's page is surely seen."""
        if self._glimpse_until is not None and now >= self._glimpse_until:
            self._glimpse_until = None
            self._covers.hide()
        if self._hide_at is not None and now >= self._hide_at:
            self._hide_at = None
            if self._covered and self._covers.up:
                self._covers.hide()
                self._emit(
                    {"event": "shield", "up": False, "reason": "the program has painted its own shield"}
                )

    def patience(self, now: float) -> float:
        """Return the seconds until `tick` has something to do."""
        due = [moment for moment in (self._hide_at, self._glimpse_until) if moment is not None]
        return max(0.0, min(due) - now) if due else float("inf")

    def last(self) -> None:
        """Hide the picture until the desktop has had the time to do so: our end takes the windows along."""
        with suppress(OSError):
            self._covers.show()
            time.sleep(LAST_COVER_S)
