"""How long a shield stays, and how often a person may be thrown out: bounds that no flood of events moves."""

from __future__ import annotations

from typing import Final, NamedTuple

from .events import CaptureEvent
from .policy import CLASSES, READ, Answer

LONGEST_HOLD_S: Final = 60.0
FORGET_AFTER_S: Final = 120.0
# More programs than this at once are one attack under many names.
REMEMBERED: Final = 64
EXPULSIONS: Final = 3
EXPULSION_WINDOW_S: Final = 3600.0


class Offence(NamedTuple):
    """What one program has done of late."""

    culprit: str
    last: float
    hold_s: float
    until: float


class Hold(NamedTuple):
    """How long the shield stays; a value, replaced by `extended` at each event. Times are monotonic seconds.

    A culprit that comes back after its shield has gone holds the next one twice as long, up to a minute, so
    that a slow recorder gets fewer pictures each time; two minutes of peace forgive it. However many events
    come, under however many names, the hold ends at most a minute after the last.
    """

    until: float = 0.0
    offences: tuple[Offence, ...] = ()

    def extended(self, event: CaptureEvent, response: Answer, now: float) -> Hold:
        """Return the hold after an event."""
        kept = tuple(entry for entry in self.offences if now - entry.last < FORGET_AFTER_S)
        if not response.shield:
            return Hold(self.until, kept)
        name = event.culprit.executable or event.culprit.name or f"process {event.culprit.pid}"
        before = next((entry for entry in kept if entry.culprit == name), None)
        # What may have any reason (a program connects) returns soon, whatever its program did before.
        reads = CLASSES.get(event.kind, READ) == READ
        hold = min(response.hold_s, LONGEST_HOLD_S)
        if before is not None and reads:
            hold = max(hold, min(LONGEST_HOLD_S, before.hold_s * (2 if now > before.until else 1)))
        grown = max(hold, before.hold_s) if before is not None else hold
        offence = Offence(name, now, grown, now + hold)
        others = [entry for entry in kept if entry.culprit != name]
        others = sorted(others, key=lambda entry: entry.last)[-(REMEMBERED - 1) :]
        return Hold(max(self.until, now + hold), (*others, offence))

    def kept_until(self, moment: float) -> Hold:
        """Return the hold that lasts until then at least."""
        return Hold(max(self.until, moment), self.offences)

    def remaining(self, now: float) -> float:
        """Return the seconds until the picture may return, 0 when it may."""
        return max(0.0, self.until - now)


class Expulsions(NamedTuple):
    """When people were locked out or signed out by the guard: a few times an hour, then it only hides.

    A program that attaches a debugger again and again must not keep a person from ever signing in.
    """

    at: tuple[float, ...] = ()

    def spend(self, now: float) -> Expulsions | None:
        """Return what is left after one more; None where none is left."""
        recent = tuple(moment for moment in self.at if now - moment < EXPULSION_WINDOW_S)
        return None if len(recent) >= EXPULSIONS else Expulsions((*recent, now))
