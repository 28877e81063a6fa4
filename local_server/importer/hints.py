"""What watchers say may have changed, collected until the importer asks for it; threads may share it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Batch:
    """Files written to, files closed by their writer, folders to look at, and why to scan all."""

    touched: set[bytes] = field(default_factory=set)
    closed: set[bytes] = field(default_factory=set)
    folders: set[bytes] = field(default_factory=set)
    rescan: str | None = None

    def __bool__(self) -> bool:
        return bool(self.touched or self.closed or self.folders or self.rescan)


class Hints:
    """The hints since they were asked for last."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._batch = Batch()
        self._since: float | None = None
        self._condition = threading.Condition()

    def touched(self, path: bytes) -> None:
        """A file was written to."""
        self._add(lambda batch: batch.touched.add(path))

    def closed(self, path: bytes) -> None:
        """A file was closed by who wrote it."""
        self._add(lambda batch: batch.closed.add(path))

    def folder(self, path: bytes) -> None:
        """Something came to or went from a folder."""
        self._add(lambda batch: batch.folders.add(path))

    def rescan(self, reason: str) -> None:
        """Anything may have changed."""

        def note(batch: Batch) -> None:
            batch.rescan = batch.rescan or reason

        self._add(note)

    def wake(self) -> None:
        """Let the one that waits look around."""
        with self._condition:
            self._condition.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait until there is a hint, somebody wakes us, or the time is over."""
        with self._condition:
            if not self._batch:
                self._condition.wait(seconds)

    def take(self) -> Batch:
        """Return all hints and begin anew."""
        with self._condition:
            batch, self._batch, self._since = self._batch, Batch(), None
            return batch

    def seconds_behind(self) -> float:
        """Return how long the oldest hint has been waiting."""
        with self._condition:
            return 0.0 if self._since is None else self._monotonic() - self._since

    def _add(self, change: Callable[[Batch], object]) -> None:
        with self._condition:
            change(self._batch)
            if self._since is None:
                self._since = self._monotonic()
            self._condition.notify_all()
