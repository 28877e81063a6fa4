"""The one place that measures requests: how many, how long, how many pictures; on the event loop."""

import math
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT: Final = 1000
# The upper ends of the histogram's buckets, in seconds; a last one takes the rest.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PICTURE: Final = "/api/secure/image/{picture_id}/view"
_ELSEWHERE: Final = "(none)"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(slots=True)
class Durations:
    """Answers of one kind: how many fell into each bucket, and how many seconds they took together."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one answer."""
        self.buckets[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds


@dataclass(frozen=True, slots=True)
class Key:
    """What answers are told apart by; every member has few values, whatever is asked for."""

    method: str
    route: str
    status: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What became of the pictures that were asked for; times in milliseconds, None before the first."""

    delivered: int
    refused: int
    failed: int
    seconds: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None

    @property
    def asked(self) -> int:
        """Every request for a picture."""
        return self.delivered + self.refused + self.failed

    @property
    def success_rate(self) -> float | None:
        """Delivered of asked, or None before the first."""
        return self.delivered / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything at one moment."""

    answers: Mapping[Key, Durations]
    rate_refusals: Mapping[str, int]
    pictures: Pictures
    sockets: int


class Traffic:
    """Counts since the start of this process, and the durations of the last thousand pictures."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[Key, Durations] = {}
        self._rate_refusals: Counter[str] = Counter()
        self._pictures: Counter[str] = Counter()
        self._picture_seconds = 0.0
        self._recent: deque[float] = deque(maxlen=KEPT)
        self._sockets = 0

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        key = Key(method if method in _METHODS else "other", route, f"{status // 100}xx")
        with self._lock:
            self._answers.setdefault(key, Durations()).add(seconds)
            if status == 429:
                self._rate_refusals[route] += 1
            if route == PICTURE:
                self._pictures[_outcome(status)] += 1
                if status == 200:
                    self._recent.append(seconds)
                    self._picture_seconds += seconds

    def socket_opened(self) -> None:
        """Count a WebSocket that is live from now on."""
        with self._lock:
            self._sockets += 1

    def socket_closed(self) -> None:
        """Count it no more."""
        with self._lock:
            self._sockets -= 1

    def pictures(self) -> Pictures:
        """Return what became of the pictures."""
        with self._lock:
            counts, seconds, recent = Counter(self._pictures), self._picture_seconds, sorted(self._recent)
        p50, p95, p99 = (percentile(recent, share) for share in (0.5, 0.95, 0.99))
        return Pictures(counts["delivered"], counts["refused"], counts["failed"], seconds, p50, p95, p99)

    def measured(self) -> Measured:
        """Return a copy of everything."""
        pictures = self.pictures()
        with self._lock:
            answers = {key: Durations([*told.buckets], told.seconds) for key, told in self._answers.items()}
            return Measured(answers, dict(self._rate_refusals), pictures, self._sockets)


def percentile(ascending: list[float], share: float) -> float | None:
    """Return in milliseconds what this share of durations did not exceed (nearest rank), None of nothing."""
    if not ascending:
        return None
    return ascending[max(math.ceil(share * len(ascending)), 1) - 1] * 1000


def _outcome(status: int) -> str:
    return "delivered" if status < 300 else "refused" if status < 500 else "failed"


class Measure:
    """ASGI middleware that times every answer from the request's arrival to its last byte."""

    def __init__(self, app: ASGIApp, traffic: Traffic, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._traffic = traffic
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._monotonic()
        # What raises in place of an answer is a bug, and is answered so further out.
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            status = 500
            raise
        finally:
            self._traffic.answered(
                scope["method"], route_of(scope), status, max(0.0, self._monotonic() - started)
            )

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        live = False

        async def noted(message: Message) -> None:
            nonlocal live
            if message["type"] == "websocket.accept" and not live:
                live = True
                self._traffic.socket_opened()
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if live:
                self._traffic.socket_closed()


def route_of(scope: Scope) -> str:
    """Return the template of the route that was found, never the path: that may hold anything."""
    template = getattr(scope.get("route"), "path", None)
    if not isinstance(template, str):
        return _ELSEWHERE
    below_api = scope["path"].startswith("/api/") and not template.startswith("/api/")
    return f"/api{template}" if below_api else template
