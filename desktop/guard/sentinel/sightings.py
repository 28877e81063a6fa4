"""What the detector makes of a request, and what it asks about it, as plain values."""

from __future__ import annotations

from typing import NamedTuple

from ..events import Rect
from .decoded import WindowMade


class Sighting(NamedTuple):
    """A request that reaches protected pixels."""

    kind: str
    client: int
    level: str
    region: Rect | None
    confidence: float


class Question(NamedTuple):
    """A read of a drawable whose place on the screen only the server knows.

    `made` is what is known of it, as its client may have gone by the time of the answer.
    """

    kind: str
    client: int
    drawable: int
    rect: Rect
    target: int = 0
    made: WindowMade | None = None


class Redirection(NamedTuple):
    """A sighting that is ordinary work if, and only if, its client is the compositing manager."""

    sighting: Sighting


Finding = Sighting | Question | Redirection


class Place(NamedTuple):
    """Where a window is: its origin in the root, the windows from itself to the root, and the top-level
    windows from the lowest to the highest; `composited` while a compositing manager runs."""

    x: int
    y: int
    chain: tuple[int, ...]
    stack: tuple[int, ...]
    composited: bool
