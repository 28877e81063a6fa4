"""How far importing has come: a run begins when something waits, and ends when nothing does."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

_WINDOW_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """A run's state; `rate` is in pictures a second over the last ten seconds."""

    active: bool = False
    done: int = 0
    total: int = 0
    refused: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Present pictures by status, and files that are still to be read."""

    pending: int
    waiting: int
    ready: int
    refused: int


class Run:
    """Follows the counts; the importer's thread feeds it, any thread reads `progress`."""

    def __init__(self, clock: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._ended = 0
        self._refused = 0
        self._samples: deque[tuple[float, int]] = deque()
        self.progress = Progress()

    def follow(self, counts: Counts) -> bool:
        """Take new counts; tell whether the progress is another than before."""
        before = self.progress
        left = counts.pending + counts.waiting
        ended = counts.ready + counts.refused
        if left and not before.active:
            self._ended, self._refused = ended, counts.refused
            self._samples.clear()
            self.progress = Progress(active=True, started_at=self._clock())
        if self.progress.active:
            self.progress = self._measured(left, max(0, ended - self._ended), counts.refused - self._refused)
        return self.progress != before

    def _measured(self, left: int, done: int, refused: int) -> Progress:
        now = self._monotonic()
        self._samples.append((now, done))
        while now - self._samples[0][0] > _WINDOW_SECONDS:
            self._samples.popleft()
        since, first = self._samples[0]
        rate = (done - first) / (now - since) if now > since else 0.0
        measured = replace(
            self.progress,
            active=left > 0,
            done=done,
            total=done + left,
            refused=max(0, refused),
            rate=round(max(0.0, rate), 2),
        )
        if not left:
            return replace(measured, seconds_left=None, rate=measured.rate)
        return replace(measured, seconds_left=round(left / rate, 1) if rate > 0 else None)


def told(progress: Progress, root: bytes | None) -> dict[str, Any]:
    """Return a run's progress as the API tells it."""
    started = progress.started_at
    return {
        **asdict(progress),
        "folder": None if root is None else root.decode("utf-8", "replace"),
        "started_at": None
        if started is None
        else started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
