"""What tripwires find, as plain values: a tracer, code that is not the program's own, a recorder."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from .events import CaptureEvent, Culprit

# Against the program itself; all of these stand.
TRACER, PRELOADED, FOREIGN, DUMPABLE = (
    "tracer_attached",
    "preloaded_library",
    "foreign_code",
    "dumpable",
)
# On the machine beside it, as long as they stand.
RECORDING, MEETING, SCREEN_STREAM, VIRTUAL_CAMERA, REMOTE_SERVER, REMOTE_SESSION = (
    "recorder_running",
    "meeting_running",
    "screen_stream",
    "virtual_camera",
    "remote_server",
    "remote_session",
)
# On the machine beside it, at a moment.
PORTAL_SCREENSHOT, PORTAL_SCREENCAST, PORTAL_REMOTE, CLIPBOARD_IMAGE, IMAGE_FILE = (
    "portal_screenshot",
    "portal_screencast",
    "portal_remote_desktop",
    "clipboard_image",
    "image_file",
)

Key = tuple[str, int | None, str | None]


class Absent(Exception):
    """What a tripwire watches is not on this machine, so that nobody captures that way; says so in words."""


class Finding(NamedTuple):
    """What a tripwire sees at one look."""

    kind: str
    culprit: Culprit
    confidence: float = 1.0

    @property
    def key(self) -> Key:
        """Return what tells one from another: the same in two looks is the same thing, still there."""
        return self.kind, self.culprit.pid, self.culprit.executable or self.culprit.name


class Notice(NamedTuple):
    """Something that happened at `time`, or is there from then on until it is no longer told of."""

    kind: str
    time: str
    culprit: Culprit
    confidence: float = 1.0

    @property
    def key(self) -> Key:
        """Return what tells one from another."""
        return Finding(self.kind, self.culprit).key

    def event(self, event_id: str, level: str, monotonic: float) -> CaptureEvent:
        """Return it as an event while something of `level` is shown."""
        return CaptureEvent(
            event_id, self.kind, self.time, monotonic, self.culprit, None, self.confidence, level
        )


def notice_now(finding: Finding) -> Notice:
    """Return what is found as something that begins now."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    return Notice(finding.kind, moment, finding.culprit, finding.confidence)


class Standing:
    """What several watchers see: the same thing seen by two is there once, from when the first saw it."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Notice, ...]] = {}

    def replace(self, watcher: str, found: Iterable[Notice]) -> tuple[Notice, ...]:
        """Take all that one watcher sees now; return all that is there."""
        self._seen[watcher] = tuple(found)
        merged: dict[Key, Notice] = {}
        for one in (one for seen in self._seen.values() for one in seen):
            if one.key not in merged or one.time < merged[one.key].time:
                merged[one.key] = one
        return tuple(merged.values())


class Found:
    """What one watcher sees, from look to look."""

    def __init__(self) -> None:
        self._there: dict[Key, Notice] = {}

    @property
    def now(self) -> tuple[Notice, ...]:
        """Return what the last look saw."""
        return tuple(self._there.values())

    def look(self, findings: Iterable[Finding]) -> bool:
        """Take what is seen now; True when that has changed."""
        before = self._there
        self._there = {one.key: before.get(one.key) or notice_now(one) for one in findings}
        return self._there.keys() != before.keys()


def notice_to_json(one: Notice) -> dict[str, object]:
    """Turn one into what JSON can carry."""
    return one._asdict() | {"culprit": one.culprit._asdict()}


def notice_from_json(data: dict[str, object]) -> Notice:
    """Read one back; raises TypeError, ValueError or KeyError when it is none."""
    culprit, confidence = data["culprit"], data["confidence"]
    if not isinstance(culprit, dict) or not isinstance(confidence, int | float):
        raise TypeError("a notice has a culprit and a confidence")
    return Notice(str(data["kind"]), str(data["time"]), Culprit(**culprit), float(confidence))
