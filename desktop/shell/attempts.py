"""Which of a recorder's many reads are worth a report: the first at once, the rest summed up."""

from dataclasses import dataclass

from desktop.guard.events import CaptureEvent

# The sentinel ends an attempt after five seconds without a read.
OVER_AFTER = 6.0
AT_LEAST_EVERY = 60.0


@dataclass(slots=True)
class _Attempt:
    latest: CaptureEvent
    picture_id: str | None
    reported: int
    reported_at: float
    seen_at: float


@dataclass(frozen=True, slots=True)
class Sum:
    """Reads of one attempt since its last report."""

    event: CaptureEvent
    picture_id: str | None
    reads: int


class Attempts:
    """The attempts that go on; times are monotonic seconds."""

    def __init__(self) -> None:
        self._attempts: dict[str, _Attempt] = {}

    def __len__(self) -> int:
        return len(self._attempts)

    def begins(self, event: CaptureEvent, picture_id: str | None, now: float) -> bool:
        """Take an event; True when it is the first of its attempt, and to be reported at once."""
        known = self._attempts.get(event.id)
        if known is None:
            self._attempts[event.id] = _Attempt(event, picture_id, event.reads, now, now)
            return True
        known.latest, known.seen_at = event, now
        return False

    def due(self, now: float, *, last: bool = False) -> list[Sum]:
        """Return what to report of attempts that are over or go on for a minute; at the `last`, of all."""
        sums = []
        for name, attempt in list(self._attempts.items()):
            over = last or now - attempt.seen_at >= OVER_AFTER
            reads = attempt.latest.reads - attempt.reported
            if reads > 0 and (over or now - attempt.reported_at >= AT_LEAST_EVERY):
                sums.append(Sum(attempt.latest, attempt.picture_id, reads))
                attempt.reported, attempt.reported_at = attempt.latest.reads, now
            if over:
                del self._attempts[name]
        return sums
