"""Gathers sightings into events: the first of a program at once, its further reads twice a second."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from ..events import CaptureEvent, Culprit
from ..policy import CLASSES, READ
from .sightings import Sighting

GATHER_S = 0.5
BURST_GAP_S = 5.0
# The server says who it was once nobody holds it any more; the picture is hidden meanwhile.
NAME_PATIENCE_S = 0.5
MAP_PATIENCE_S = 1.0

Key = tuple[int, str]


class _Burst:
    """Sightings of one client and class that follow each other closely."""

    def __init__(self) -> None:
        self.id = os.urandom(16).hex()
        self.reads = 0
        self.last_seen = 0.0
        self.last_sent = float("-inf")


class _Report:
    """An event in the making: it waits for its turn, the name of its culprit, and the shield to be mapped."""

    def __init__(self, burst: _Burst, sighting: Sighting, seen: float, *, wants_shield: bool) -> None:
        self.burst = burst
        self.sighting = sighting
        self.seen = seen
        self.time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.wants_shield = wants_shield
        self.shield_ms: float | None = None
        self.culprit: Culprit | None = None
        self.settled = False

    def ready(self, now: float) -> bool:
        turn = self.settled or now - self.burst.last_sent >= GATHER_S
        named = self.settled or self.culprit is not None or now - self.seen > NAME_PATIENCE_S
        mapped = not self.wants_shield or self.shield_ms is not None or now - self.seen > MAP_PATIENCE_S
        return turn and named and mapped

    def event(self) -> CaptureEvent:
        kind, _, level, region, confidence = self.sighting
        return CaptureEvent(
            id=self.burst.id,
            kind=kind,
            time=self.time,
            monotonic=self.seen,
            culprit=self.culprit or Culprit(),
            region=region,
            confidence=confidence,
            level=level,
            shield_ms=None if self.shield_ms is None else round(self.shield_ms, 3),
            reads=self.burst.reads,
        )


class Reports:
    """The events that have not been sent yet, and the bursts that they belong to."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._open: dict[Key, _Report] = {}
        self._settled: list[_Report] = []
        self._bursts: dict[Key, _Burst] = {}

    def add(self, sighting: Sighting, seen: float, *, wants_shield: bool, shielded: bool) -> None:
        """Take a sighting at monotonic time `seen`; `shielded` when nothing was visible any more."""
        key = (sighting.client, CLASSES.get(sighting.kind, READ))
        burst = self._bursts.get(key)
        if burst is None or seen - burst.last_seen > BURST_GAP_S:
            self._forget(seen)
            burst = self._bursts[key] = _Burst()
        burst.reads += 1
        burst.last_seen = seen
        if key not in self._open:
            report = self._open[key] = _Report(burst, sighting, seen, wants_shield=wants_shield)
            if shielded:
                report.shield_ms = 0.0

    def _forget(self, now: float) -> None:
        """Let go of bursts that are over."""
        over = [key for key, burst in self._bursts.items() if now - burst.last_seen > BURST_GAP_S]
        for key in over:
            if key not in self._open:
                del self._bursts[key]

    def shield_mapped(self, now: float) -> None:
        """Note that the server has mapped the shield."""
        for report in (*self._open.values(), *self._settled):
            if report.wants_shield and report.shield_ms is None:
                report.shield_ms = 1000 * (now - report.seen)

    def settle(self, client: int, culprit: Culprit | None) -> None:
        """Close what belongs to a client that has left, before another gets its number."""
        for key in [key for key in self._open if key[0] == client]:
            report = self._open.pop(key)
            report.culprit = report.culprit or culprit
            report.settled = True
            self._settled.append(report)
        for key in [key for key in self._bursts if key[0] == client]:
            del self._bursts[key]

    def take(self, name: Callable[[int], Culprit | None], now: float) -> list[CaptureEvent]:
        """Return the events that may be sent; `name` gives the culprit behind a client."""
        sent = [report for report in self._settled if report.ready(now)]
        self._settled = [report for report in self._settled if report not in sent]
        for key, report in list(self._open.items()):
            report.culprit = report.culprit or name(key[0])
            if report.ready(now):
                del self._open[key]
                report.burst.last_sent = now
                sent.append(report)
        return [report.event() for report in sent]

    def waiting(self) -> bool:
        """Tell whether `take` should be asked again soon."""
        return bool(self._open or self._settled)
