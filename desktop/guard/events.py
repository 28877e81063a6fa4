"""What the guard tells the program: captures, tripwires and its own state, as plain values."""

from __future__ import annotations

from typing import NamedTuple

LEVELS = ("open", "marked", "guarded", "sealed")


class Rect(NamedTuple):
    """A rectangle in device pixels."""

    x: int
    y: int
    width: int
    height: int

    def intersection(self, other: Rect) -> Rect | None:
        """Return the common part, or None."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right = min(self.x + self.width, other.x + other.width)
        bottom = min(self.y + self.height, other.y + other.height)
        return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None

    def moved(self, dx: int, dy: int) -> Rect:
        """Return the same rectangle elsewhere."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)


class Region(NamedTuple):
    """A part of one of our windows that shows something protected; `rect` is relative to the window."""

    window: int
    rect: Rect
    level: str


class Culprit(NamedTuple):
    """The program behind a capture; what could not be found out is None."""

    pid: int | None = None
    name: str | None = None
    executable: str | None = None
    script: str | None = None

    @property
    def title(self) -> str:
        """Return what to call it in a sentence: the program, with the script that an interpreter runs."""
        if self.name is None:
            return "An unknown program" if self.pid is None else f"Process {self.pid}"
        return f"{self.name} ({self.script})" if self.script else self.name


class CaptureEvent(NamedTuple):
    """Somebody read, or is about to read, protected pixels.

    Reads of one program in quick succession share an `id`: one attempt, of `reads` reads so far.
    `region` is in root coordinates, None when the request does not tell. `shield_ms` is the time from the
    read being seen to the shield being mapped, None when no shield was asked for or none was mapped.
    """

    id: str
    kind: str
    time: str
    monotonic: float
    culprit: Culprit
    region: Rect | None
    confidence: float
    level: str
    shield_ms: float | None = None
    reads: int = 1


class TripwireState(NamedTuple):
    """One way of noticing, and the reason when it is not live here; `apart`: it needs no sentinel."""

    name: str
    live: bool
    reason: str = ""
    apart: bool = False


class GuardState(NamedTuple):
    """The whole guard at one moment.

    While `live` is false nothing guarded or sealed may be shown; `reason` says why and what to do. `dead`
    means that it has given up until it is started again. `shielded` means that the black shield windows are
    mapped.
    """

    live: bool
    reason: str
    tripwires: tuple[TripwireState, ...] = ()
    shielded: bool = False
    dead: bool = False
    restarts: int = 0

    @property
    def live_tripwires(self) -> int:
        """Count the tripwires that work now: while the sentinel is away, those that need none."""
        return sum(wire.live and (self.live or wire.apart) for wire in self.tripwires)


def capture_to_json(event: CaptureEvent) -> dict[str, object]:
    """Turn an event into what JSON can carry."""
    return event._asdict() | {"culprit": event.culprit._asdict()}


def capture_from_json(data: dict[str, object]) -> CaptureEvent:
    """Read an event back; raises TypeError, ValueError or KeyError when it is not one."""
    culprit, region, shield, pid = data["culprit"], data["region"], data["shield_ms"], None
    if not isinstance(culprit, dict) or not isinstance(region, list | None):
        raise TypeError("a capture has a culprit and a region")
    pid = culprit["pid"]
    return CaptureEvent(
        id=str(data["id"]),
        kind=str(data["kind"]),
        time=str(data["time"]),
        monotonic=_number(data["monotonic"]),
        culprit=Culprit(
            None if pid is None else int(pid),
            *(
                None if culprit[key] is None else str(culprit[key])
                for key in ("name", "executable", "script")
            ),
        ),
        region=None if region is None else Rect(*(int(value) for value in region)),
        confidence=_number(data["confidence"]),
        level=str(data["level"]),
        shield_ms=None if shield is None else _number(shield),
        reads=int(_number(data["reads"])),
    )


def _number(value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"{value!r} is no number")
