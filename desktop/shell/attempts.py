"""Which of many reads are worth a report: the first of an attempt at once, the rest summed up and bounded."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from desktop.guard.events import CaptureEvent, Culprit
from desktop.guard.policy import Answer

# The sentinel ends an attempt after five seconds without a read.
OVER_AFTER = 6.0
AT_LEAST_EVERY = 60.0
# Attempts that are reported at once within a minute, and as many short shields: what comes before a read must
# not keep it from being told of. The server takes 120 reports a minute, sums included.
OF_ONE_PROGRAM, OF_ALL = 12, 30
PROGRAMS_APART = 24
IDS_REMEMBERED = 256
MANY = Culprit(name="many programs")


@dataclass(slots=True)
class _Attempt:
    """Reads that belong together: of one burst, or of a program that makes too many bursts."""

    latest: CaptureEvent
    response: Answer
    picture_id: str | None
    reported_at: float
    seen_at: float
    reads: int = 0
    reported: int = 0
    counted: OrderedDict[str, int] = field(default_factory=OrderedDict)

    def add(self, event: CaptureEvent, response: Answer, now: float) -> None:
        """Count the reads of a burst that were not counted yet."""
        self.reads += max(0, event.reads - self.counted.get(event.id, 0))
        self.counted[event.id] = event.reads
        self.counted.move_to_end(event.id)
        if len(self.counted) > IDS_REMEMBERED:
            self.counted.popitem(last=False)
        self.latest, self.response, self.seen_at = event, response, now


@dataclass(frozen=True, slots=True)
class Sum:
    """Reads of one attempt since its last report."""

    event: CaptureEvent
    response: Answer
    picture_id: str | None
    reads: int


class Attempts:
    """The attempts that go on, as monotonic seconds; what a flood makes it keep and report is bounded."""

    def __init__(self) -> None:
        self._attempts: dict[str, _Attempt] = {}
        self._surplus: dict[str, _Attempt] = {}
        self._begun: dict[bool, deque[tuple[float, str]]] = {True: deque(), False: deque()}

    def __len__(self) -> int:
        return len(self._attempts) + len(self._surplus)

    def begins(self, event: CaptureEvent, response: Answer, picture_id: str | None, now: float) -> bool:
        """Take an event; True when it is the first of its attempt, and to be reported at once."""
        known = self._attempts.get(event.id)
        if known is not None:
            known.add(event, response, now)
            return False
        name = ("before " if response.brief else "") + _program(event.culprit)
        if self._may_begin(name, self._begun[response.brief], now):
            made = self._attempts[event.id] = _Attempt(event, response, picture_id, now, now)
            made.add(event, response, now)
            made.reported = made.reads
            return True
        if name not in self._surplus and len(self._surplus) >= PROGRAMS_APART:
            name, event = "", event._replace(culprit=MANY)
        self._surplus.setdefault(name, _Attempt(event, response, picture_id, now, now)).add(
            event, response, now
        )
        return False

    def due(self, now: float, *, last: bool = False) -> list[Sum]:
        """Return what to report of attempts that are over or go on for a minute; at the `last`, of all."""
        sums = []
        for attempts, patience in ((self._attempts, OVER_AFTER), (self._surplus, AT_LEAST_EVERY)):
            for name, attempt in list(attempts.items()):
                over = last or now - attempt.seen_at >= patience
                reads = attempt.reads - attempt.reported
                if reads > 0 and (over or now - attempt.reported_at >= AT_LEAST_EVERY):
                    sums.append(Sum(attempt.latest, attempt.response, attempt.picture_id, reads))
                    attempt.reported, attempt.reported_at = attempt.reads, now
                if over:
                    del attempts[name]
        return sums

    def _may_begin(self, name: str, begun: deque[tuple[float, str]], now: float) -> bool:
        while begun and now - begun[0][0] >= AT_LEAST_EVERY:
            begun.popleft()
        of_this = sum(other == name for _, other in begun)
        if len(begun) >= OF_ALL or of_this >= OF_ONE_PROGRAM:
            return False
        begun.append((now, name))
        return True


def _program(culprit: Culprit) -> str:
    """Name a program over its processes; an interpreter's scripts are programs of their own."""
    return f"{culprit.executable or culprit.name or culprit.pid} {culprit.script or ''}"
