"""Turns what the sentinel notices into hidden pictures, and brings them back; lives on the GUI thread."""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.shield_page import ShieldReason
from desktop.guard.events import CaptureEvent, GuardState
from desktop.guard.findings import Key, Notice
from desktop.guard.policy import DEEDS, REMEDIES, Answer, Hold, answer

GUARDED = ("guarded", "sealed")


class Shield(QObject):
    """Says when pictures must be hidden and why; guarded pictures are hidden whenever nobody watches."""

    raised = Signal(object)
    lowered = Signal()
    calm = Signal()
    noticed = Signal(object, object)
    lock_wanted = Signal()
    end_wanted = Signal()

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._hold = Hold()
        self._level = ""
        self._role = ""
        self._guard = GuardState(live=False, reason="The capture guard is starting.")
        self._reason: ShieldReason | None = None
        self._blamed: ShieldReason | None = None
        self._standing: tuple[Notice, ...] = ()
        self._told: set[tuple[Key, str]] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)

    @property
    def up(self) -> bool:
        """Say whether pictures are hidden now."""
        return self._reason is not None

    def set_viewer(self, role: str) -> None:
        """Say who looks from now on: policies differ by role, and what stands is told in every session."""
        self._role = role
        self._told.clear()

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

    def take_moment(self, notice: Notice) -> None:
        """Answer what happened beside the program just now, if anything guarded is shown."""
        if self._level in GUARDED:
            self.take_capture(notice.event(uuid.uuid4().hex, self._level, self._clock()))

    def take_standing(self, standing: Sequence[Notice]) -> None:
        """Answer all that stands against the program now; what has gone holds the shield a little longer."""
        before, self._standing = self._standing, tuple(standing)
        there = {one.key for one in self._standing}
        now = self._clock()
        for gone in before:
            if gone.key not in there:
                self._hold = self._hold.kept_until(now + self._response(gone).hold_s)
                self._told = {(key, level) for key, level in self._told if key != gone.key}
        self._look()

    def _response(self, one: Notice) -> Answer:
        return answer(one.kind, self._level, self._role, confidence=one.confidence)

    def _tell_standing(self) -> None:
        """Tell of what stands, once a session and level."""
        for one in self._standing:
            response, mark = self._response(one), (one.key, self._level)
            if not response.record or mark in self._told:
                continue
            self._told.add(mark)
            self.noticed.emit(one.event(uuid.uuid4().hex, self._level, self._clock()), response)
            if response.end_session:
                self.end_wanted.emit()
            elif response.lock:
                self.lock_wanted.emit()

    def _blocked(self) -> ShieldReason | None:
        """Return why nothing may be shown as long as something stands; None when nothing does."""
        blocking = next((one for one in self._standing if self._response(one).shield), None)
        return None if blocking is None else _standing_reason(blocking)

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
        self._tell_standing()
        blocked = self._blocked()
        remaining = self._hold.remaining(self._clock())
        if self._level in GUARDED and not self._guard.live:
            self._raise(_unguarded(self._guard.reason))
        elif blocked is not None:
            self._blamed = blocked
            self._raise(blocked)
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


def _standing_reason(one: Notice) -> ShieldReason:
    return ShieldReason(
        one.culprit.title,
        one.culprit.pid,
        datetime.fromisoformat(one.time).astimezone(),
        None,
        DEEDS[one.kind],
        remedy=REMEDIES.get(one.kind, ""),
    )
