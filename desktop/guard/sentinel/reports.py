"""Gathers sightings into events: the first of a client at once, the rest of its reads as counts twice a
second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ..events import CaptureEvent, Culprit
from .detector import Sighting

GATHER_S = 0.5
NAME_PATIENCE_S = 0.05
MAP_PATIENCE_S = 1.0


class _Report:
    """An event in the making: it waits for the name of its culprit and for the shield to be mapped."""

    def __init__(self, sighting: Sighting, seen: float, *, wants_shield: bool) -> None:
        self.sighting = sighting
        self.seen = seen
        self.time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.count = 1
        self.wants_shield = wants_shield
        self.shield_ms: float | None = None
        self.culprit: Culprit | None = None
        self.settled = False

    def ready(self, now: float) -> bool:
        named = self.settled or self.culprit is not None or now - self.seen > NAME_PATIENCE_S
        mapped = not self.wants_shield or self.shield_ms is not None or now - self.seen > MAP_PATIENCE_S
        return named and mapped

    def event(self) -> CaptureEvent:
        kind, _, level, region, confidence = self.sighting
        return CaptureEvent(
            kind=kind,
            time=self.time,
            monotonic=self.seen,
            culprit=self.culprit or Culprit(),
            region=region,
            confidence=confidence,
            level=level,
            shield_ms=None if self.shield_ms is None else round(self.shield_ms, 3),
            reads=self.count,
        )


class Reports:
    """The events that have not been sent yet."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._waiting: list[_Report] = []
        self._gathering: dict[tuple[int, str], _Report] = {}
        self._last_sent: dict[tuple[int, str], float] = {}

    def add(self, sighting: Sighting, seen: float, *, wants_shield: bool, shielded: bool) -> None:
        """Take a sighting at monotonic time `seen`; `shielded` when nothing was visible any more."""
        key = (sighting.client, sighting.kind)
        report = self._gathering.get(key) or next(
            (
                entry
                for entry in self._waiting
                if not entry.settled and (entry.sighting.client, entry.sighting.kind) == key
            ),
            None,
        )
        if report is not None:
            report.count += 1
            return
        report = _Report(sighting, seen, wants_shield=wants_shield)
        if shielded:
            report.shield_ms = 0.0
        if seen - self._last_sent.get(key, float("-inf")) < GATHER_S:
            self._gathering[key] = report
        else:
            self._waiting.append(report)

    def shield_mapped(self, now: float) -> None:
        """Note that the server has mapped the shield."""
        for report in (*self._waiting, *self._gathering.values()):
            if report.wants_shield and report.shield_ms is None:
                report.shield_ms = 1000 * (now - report.seen)

    def settle(self, client: int, culprit: Culprit | None) -> None:
        """Close what was gathered about a client that has left, before another gets its number."""
        for key in [key for key in self._gathering if key[0] == client]:
            self._waiting.append(self._gathering.pop(key))
        for report in self._waiting:
            if report.sighting.client == client and not report.settled:
                report.culprit = report.culprit or culprit
                report.settled = True
        for key in [key for key in self._last_sent if key[0] == client]:
            del self._last_sent[key]

    def take(self, name: Callable[[int], Culprit | None], now: float) -> list[CaptureEvent]:
        """Return the events that may be sent; `name` gives the culprit behind a client."""
        for key, report in list(self._gathering.items()):
            if now - self._last_sent.get(key, float("-inf")) >= GATHER_S:
                del self._gathering[key]
                self._waiting.append(report)
        sent: list[CaptureEvent] = []
        for report in list(self._waiting):
            if not report.settled and report.culprit is None:
                report.culprit = name(report.sighting.client)
            if report.ready(now):
                self._waiting.remove(report)
                if not report.settled:
                    self._last_sent[report.sighting.client, report.sighting.kind] = now
                sent.append(report.event())
        return sent

    def waiting(self) -> bool:
        """Tell whether `take` should be asked again soon."""
        return bool(self._waiting)
