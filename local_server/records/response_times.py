"""How long picture requests take: the last thousand, measured around the whole answer on the event loop."""

import math
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT: Final = 1000
_PICTURE_ROUTE: Final = "/secure/image/"


class ResponseTimes:
    """A bounded record of durations in milliseconds; safe between threads."""

    def __init__(self) -> None:
        self._durations: deque[float] = deque(maxlen=KEPT)
        self._lock = Lock()

    def add(self, milliseconds: float) -> None:
        """Remember one answer."""
        with self._lock:
            self._durations.append(milliseconds)

    def percentile(self, share: float) -> float | None:
        """Return what this share of answers did not exceed (nearest rank), or None before the first."""
        with self._lock:
            durations = sorted(self._durations)
        if not durations:
            return None
        return durations[max(math.ceil(share * len(durations)), 1) - 1]


class MeasurePictures:
    """ASGI middleware that times successful picture answers from the request's arrival to its last byte."""

    def __init__(self, app: ASGIApp, times: ResponseTimes, monotonic: Callable[[], float]) -> None:
        self._app = app
        self._times = times
        self._monotonic = monotonic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; only pictures are timed."""
        if scope["type"] != "http" or _PICTURE_ROUTE not in scope["path"]:
            await self._app(scope, receive, send)
            return
        started = self._monotonic()
        status = 0

        async def timed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)
            if (
                message["type"] == "http.response.body"
                and not message.get("more_body", False)
                and status == 200
            ):
                self._times.add((self._monotonic() - started) * 1000)

        await self._app(scope, receive, timed_send)
