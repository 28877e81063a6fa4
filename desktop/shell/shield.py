"""Turns what the sentinel notices into hidden pictures, and brings them back; lives on the GUI thread."""

import time
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.shield_page import ShieldReason
from desktop.guard.events import CaptureEvent, GuardState
from desktop.guard.policy import DEEDS, Answer, Hold, answer

GUARDED = ("guarded", "sealed")


class Shield(QObject):
    """Says when pictures must be hidden and why; guarded pictures are hidden whenever nobody watches."""

    raised = Signal(object)
    lowered = Signal()
    calm = Signal()
    noticed = Signal(object, object)

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._hold = Hold()
        self._level = ""
        self._role = ""
        self._guard = GuardState(live=False, reason="The capture guard is starting.")
        self._reason: ShieldReason | None = None
        self._blamed: ShieldReason | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    @property
    def up(self) -> bool:
        """Say whether pictures are hidden now."""
        return self._reason is not None

    def set_viewer(self, role: str) -> None:
        """Say who looks: policies differ by role."""
        self._role = role

    def set_level(self, level: str) -> None:
        """Say how strictly what is shown is protected."""
        self._level = level
        self._look()

    def take_state(self, state: GuardState) -> None:
        """Follow the guard: while it does not watch, guarded pictures are hidden."""
        self._guard = state
        self._look()

    def take_capture(self, event: CaptureEvent) -> None:
        """Answer a capture as the policy says."""
        response = answer(event.kind, event.level, self._role, confidence=event.confidence)
        self.noticed.emit(event, response)
        now = self._clock()
        self._hold = self._hold.extended(event, response, now)
        if response.shield:
            self._blamed = self._blame(event, response, now)
            self._raise(self._blamed)
            self._look()

    def _blame(self, event: CaptureEvent, response: Answer, now: float) -> ShieldReason:
        seconds = max(1, round(self._hold.remaining(now)))
        return ShieldReason(
            event.culprit.title,
            event.culprit.pid,
            datetime.fromisoformat(event.time).astimezone(),
            seconds,
            DEEDS.get(event.kind, "read the screen"),
        )

    def _look(self) -> None:
        """Raise or lower as guard, hold and level ask for."""
        remaining = self._hold.remaining(self._clock())
        if self._level in GUARDED and not self._guard.live:
            self._raise(_unguarded(self._guard.reason))
        elif remaining > 0:
            if self._blamed is not None:
                self._raise(self._blamed)
            self._timer.start(round(remaining * 1000) + 1)
        elif self._reason is not None:
            self._blamed = None
            self._reason = None
            self.calm.emit()
            self.lowered.emit()

    def _raise(self, reason: ShieldReason) -> None:
        if reason != self._reason:
            self._reason = reason
            self.raised.emit(reason)


def _unguarded(why: str) -> ShieldReason:
    # The same moment for every such reason: nothing happened, the guard is just not there.
    return ShieldReason("", None, datetime.min, None, explanation=why)  # noqa: DTZ901  (never shown)
