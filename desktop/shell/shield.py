"""Turns what the sentinel notices into hidden pictures, and brings them back; lives on the GUI thread."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.canvas.shield_page import ShieldReason
from desktop.guard.abilities import Ability, ability
from desktop.guard.events import CaptureEvent, GuardState
from desktop.guard.findings import Key, Notice
from desktop.guard.hold import Expulsions, Hold
from desktop.guard.policy import DEEDS, REMEDIES, UNKNOWN_DEED, Answer, answer
from desktop.guard.rules import Rules

GUARDED = ("guarded", "sealed")
# Asked again then, when the guard has refused.
REFUSED_S = 0.5

Answered = Callable[[bool], None]


class Shield(QObject):
    """Says when pictures must be hidden and why; guarded pictures are hidden whenever nobody watches."""

    raised = Signal(object)
    lowered = Signal()
    noticed = Signal(object, object)
    strengthen_wanted = Signal()
    lock_wanted = Signal()
    end_wanted = Signal()

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        ask: Callable[[Answered], None] = lambda answered: answered(True),
    ) -> None:
        """Hide at once; before the picture returns, `ask` whether it may."""
        super().__init__()
        self._clock = clock
        self._ask = ask
        self._asking = False
        self._hold = Hold()
        self._expulsions = Expulsions()
        self._rules = Rules()
        self._believed = Ability("sealed")
        self._level = ""
        self._role = ""
        self._attended = True
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

    def set_believed(self, believed: Ability) -> None:
        """Take which levels the server believes that this machine holds."""
        self._believed = believed
        self._look()

    def set_attended(self, attended: bool) -> None:
        """Say whether somebody is at the window: nobody else gets to see what is sealed, on no thumbnail."""
        self._attended = attended
        self._look()

    def set_rules(self, rules: Rules) -> None:
        """Say what makes answers milder from now on."""
        self._rules = rules
        self._look()

    def take_capture(self, event: CaptureEvent) -> None:
        """Answer a capture as the policy says."""
        response = answer(
            event.kind,
            event.level,
            self._role,
            confidence=event.confidence,
            given=self._rules.given(event.culprit),
        )
        self.noticed.emit(event, response)
        now = self._clock()
        self._hold = self._hold.extended(event, response, now)
        if response.shield:
            self._blamed = self._blame(event, response, now)
            self._raise(self._blamed)
            self._look()
        self._act(response)

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
        given = self._rules.given(one.culprit)
        return answer(one.kind, self._level, self._role, confidence=one.confidence, given=given)

    def _act(self, response: Answer) -> None:
        """Do what an answer asks for beside hiding and recording."""
        if response.strengthen_mark:
            self.strengthen_wanted.emit()
        if not (response.lock or response.end_session):
            return
        left = self._expulsions.spend(self._clock())
        if left is not None:
            self._expulsions = left
            (self.end_wanted if response.end_session else self.lock_wanted).emit()

    def _tell_standing(self) -> None:
        """Tell of what stands, once a session and level."""
        for one in self._standing:
            response, mark = self._response(one), (one.key, self._level)
            if not response.record or mark in self._told:
                continue
            self._told.add(mark)
            self.noticed.emit(one.event(uuid.uuid4().hex, self._level, self._clock()), response)
            self._act(response)

    def _blocked(self) -> ShieldReason | None:
        """Return why nothing may be shown as long as something stands; None when nothing does."""
        for one in self._standing:
            response = self._response(one)
            if response.shield:
                return _standing_reason(one, brief=response.brief)
        return None

    def _blame(self, event: CaptureEvent, response: Answer, now: float) -> ShieldReason:
        seconds = max(1, round(self._hold.remaining(now)))
        return ShieldReason(
            event.culprit.title,
            event.culprit.pid,
            datetime.fromisoformat(event.time).astimezone(),
            seconds,
            DEEDS.get(event.kind, UNKNOWN_DEED),
            brief=response.brief,
        )

    def _look(self) -> None:
        """Raise or lower as guard, hold and level ask for; the guard has the last word on what it watches."""
        if self._needed() or self._reason is None:
            return
        if self._level not in GUARDED:
            self._lower()
            self._ask(lambda _: None)
        elif not self._asking:
            self._asking = True
            self._ask(self._take_answer)

    def _needed(self) -> bool:
        """Raise if anything asks for it, and say whether it does."""
        self._tell_standing()
        blocked = self._blocked()
        remaining = self._hold.remaining(self._clock())
        held = ability(self._guard)
        if not (held.holds(self._level) and self._believed.holds(self._level)):
            why = held.reason if not held.holds(self._level) else self._believed.reason
            self._raise(_unheld(self._level, why, live=self._guard.live))
        elif blocked is not None:
            self._blamed = blocked
            self._raise(blocked)
        elif self._level == "sealed" and not self._attended:
            self._raise(_UNATTENDED)
        elif remaining > 0:
            if self._blamed is not None:
                if self._blamed.seconds is None:
                    # What stood there has gone: from now on it is a matter of time.
                    self._blamed = replace(self._blamed, seconds=max(1, round(remaining)), remedy="")
                self._raise(self._blamed)
            self._timer.start(round(remaining * 1000) + 1)
        else:
            return False
        return True

    def _take_answer(self, allowed: bool) -> None:
        """Show the picture, or hide it a little longer for the same reason."""
        self._asking = False
        if not allowed and self._level in GUARDED:
            self._hold = self._hold.kept_until(self._clock() + REFUSED_S)
        if not self._needed() and self._reason is not None:
            self._lower()

    def _lower(self) -> None:
        self._blamed = None
        self._reason = None
        self.lowered.emit()

    def _raise(self, reason: ShieldReason) -> None:
        if reason != self._reason:
            self._reason = reason
            self.raised.emit(reason)


_UNATTENDED = ShieldReason(
    "",
    None,
    datetime.min,  # noqa: DTZ901  (never shown)
    None,
    explanation="Another window has the keyboard, so nothing sealed is shown here or on any thumbnail.",
    remedy="The picture returns when you come back to this window.",
)


def _unheld(level: str, why: str, *, live: bool) -> ShieldReason:
    """Say that this machine cannot hold a level; where the guard is away, its own words say all there is."""
    explanation = why if not live else f"This machine cannot hold level {level}: {why}"
    # The same moment for every such reason: nothing happened, the guard is just not there.
    remedy = "Open it on a machine that does; the meter says what is missing here." if live else ""
    return ShieldReason("", None, datetime.min, None, explanation=explanation, remedy=remedy)  # noqa: DTZ901  (never shown)


def _standing_reason(one: Notice, *, brief: bool) -> ShieldReason:
    return ShieldReason(
        one.culprit.title,
        one.culprit.pid,
        datetime.fromisoformat(one.time).astimezone(),
        None,
        DEEDS.get(one.kind, UNKNOWN_DEED),
        remedy=REMEDIES.get(one.kind, ""),
        brief=brief,
    )
