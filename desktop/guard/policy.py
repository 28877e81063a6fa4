"""Turns what was noticed into answers: a table of kind, level and role, and how long a shield stays."""

from __future__ import annotations

from typing import NamedTuple

from .events import CaptureEvent
from .findings import DUMPABLE, FOREIGN, PRELOADED, TRACER

HOLD_S = 4.0
SIGN_HOLD_S = 1.5
LONGEST_HOLD_S = 60.0
FORGET_AFTER_S = 120.0
DOUBT = 0.4

READ, PREPARATION, SIGN, DEBUGGING, ALIEN = "read", "preparation", "sign", "debugging", "alien"
CLASSES = {
    "get_image": READ,
    "shm_get_image": READ,
    "copy_area": READ,
    "render_composite": READ,
    "composite_name_pixmap": READ,
    "composite_redirect": PREPARATION,
    "client_started": SIGN,
    TRACER: DEBUGGING,
    PRELOADED: ALIEN,
    FOREIGN: ALIEN,
    DUMPABLE: ALIEN,
}
DEEDS = {
    "get_image": "read the screen",
    "shm_get_image": "read the screen through shared memory",
    "copy_area": "copied a part of the screen",
    "render_composite": "drew from the screen",
    "composite_name_pixmap": "took hold of the window's contents",
    "composite_redirect": "redirected the window's contents",
    "client_started": "connected to the display",
    TRACER: "attached to this program",
    PRELOADED: "was loaded into this program before its own parts",
    FOREIGN: "was loaded into this program and is no part of it",
    DUMPABLE: "opened this program's memory",
}
# How the picture comes back where it does not come back by itself.
REMEDIES = {
    PRELOADED: "Start the program again without it to see the picture.",
    FOREIGN: "Start the program again without it to see the picture.",
}


class Answer(NamedTuple):
    """What to do about an event; `reason` says why, in words for the person at the screen."""

    record: bool
    shield: bool
    strengthen_mark: bool
    hold_s: float
    reason: str
    lock: bool = False
    end_session: bool = False


class _Row(NamedTuple):
    record: bool
    shield: bool
    strengthen_mark: bool
    hold_s: float
    lock: bool = False
    end_session: bool = False


_NOTHING = _Row(record=False, shield=False, strengthen_mark=False, hold_s=0.0)
_NOTED = _Row(record=True, shield=False, strengthen_mark=False, hold_s=0.0)
# A preparation takes no pixels yet, and many tools make one before a read that is seen anyway.
_TABLE = {
    (READ, "marked"): _NOTED,
    (READ, "guarded"): _Row(record=True, shield=True, strengthen_mark=False, hold_s=HOLD_S),
    (READ, "sealed"): _Row(record=True, shield=True, strengthen_mark=True, hold_s=2 * HOLD_S),
    (PREPARATION, "sealed"): _Row(record=True, shield=True, strengthen_mark=True, hold_s=HOLD_S),
    (SIGN, "sealed"): _Row(record=False, shield=True, strengthen_mark=False, hold_s=SIGN_HOLD_S),
    # A tracer reads whatever we hold; other code may be harmless, as an overlay for games is.
    (DEBUGGING, "marked"): _NOTED,
    (DEBUGGING, "guarded"): _Row(record=True, shield=True, strengthen_mark=False, hold_s=HOLD_S),
    (DEBUGGING, "sealed"): _Row(record=True, shield=True, strengthen_mark=True, hold_s=2 * HOLD_S),
    (ALIEN, "marked"): _NOTED,
    (ALIEN, "guarded"): _NOTED,
    (ALIEN, "sealed"): _Row(record=True, shield=True, strengthen_mark=True, hold_s=HOLD_S),
}
# Nobody has reason to debug a screen that stands in a hall.
_BY_ROLE = {
    (DEBUGGING, "guarded", "kiosk"): _Row(
        record=True, shield=True, strengthen_mark=False, hold_s=HOLD_S, lock=True
    ),
    (DEBUGGING, "sealed", "kiosk"): _Row(
        record=True, shield=True, strengthen_mark=True, hold_s=2 * HOLD_S, end_session=True
    ),
}


def answer(kind: str, level: str, role: str, *, confidence: float = 1.0, assistive: bool = False) -> Answer:
    """Decide about an event of `kind` while something of `level` is shown to `role`.

    An unknown kind counts as a read: a tripwire that the table does not know must not open a hole. A kiosk
    holds the shield twice as long, because nobody who waits there has a right to hurry. An assistive
    exemption never blanks, but strengthens the mark and records.
    """
    of = CLASSES.get(kind, READ)
    row = _BY_ROLE.get((of, level, role)) or _TABLE.get((of, level), _NOTHING)
    deed = DEEDS.get(kind, "read the screen")
    if assistive and row.shield:
        reason = f"It {deed}. An assistive exemption keeps the picture visible; the mark is strengthened."
        return Answer(record=True, shield=False, strengthen_mark=True, hold_s=0.0, reason=reason)
    if row.shield and confidence < DOUBT:
        reason = f"It probably {deed}; that is too uncertain for the shield."
        return Answer(
            record=row.record, shield=False, strengthen_mark=row.strengthen_mark, hold_s=0.0, reason=reason
        )
    hold = row.hold_s * (2 if role == "kiosk" else 1)
    if row.shield:
        reason = f"It {deed} while a {level} picture was shown. It returns {hold:g} s after the last time."
    elif row.record:
        reason = f"It {deed} while a {level} picture was shown. That is recorded."
    else:
        reason = f"It {deed}; at level {level} nothing follows from that."
    return Answer(row.record, row.shield, row.strengthen_mark, hold, reason, row.lock, row.end_session)


class _Offence(NamedTuple):
    culprit: str
    last: float
    hold_s: float
    until: float


class Hold(NamedTuple):
    """How long the shield stays; a value, replaced by `extended` at each event. Times are monotonic seconds.

    A culprit that comes back after its shield has gone holds the next one twice as long, up to a minute, so
    that a slow recorder gets fewer pictures each time; two minutes of peace forgive it.
    """

    until: float = 0.0
    offences: tuple[_Offence, ...] = ()

    def extended(self, event: CaptureEvent, response: Answer, now: float) -> Hold:
        """Return the hold after an event."""
        kept = tuple(entry for entry in self.offences if now - entry.last < FORGET_AFTER_S)
        if not response.shield:
            return Hold(self.until, kept)
        name = event.culprit.executable or event.culprit.name or f"process {event.culprit.pid}"
        before = next((entry for entry in kept if entry.culprit == name), None)
        hold = response.hold_s
        if before is not None:
            came_back = now > before.until and CLASSES.get(event.kind, READ) == READ
            hold = max(hold, min(LONGEST_HOLD_S, before.hold_s * (2 if came_back else 1)))
        offence = _Offence(name, now, hold, now + hold)
        others = tuple(entry for entry in kept if entry.culprit != name)
        return Hold(max(self.until, now + hold), (*others, offence))

    def kept_until(self, moment: float) -> Hold:
        """Return the hold that lasts until then at least."""
        return Hold(max(self.until, moment), self.offences)

    def remaining(self, now: float) -> float:
        """Return the seconds until the picture may return, 0 when it may."""
        return max(0.0, self.until - now)
