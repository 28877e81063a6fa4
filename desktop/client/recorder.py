"""What is told of a sitting: kept until the server has it, sent again after a break; on the io thread."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from desktop.client.errors import Failure

# Two a second for a quarter of an hour without a server; what comes after that is only counted.
KEPT = 2_000
BATCH = 100
LAST_BATCH = 500
GATHER_SECONDS = 0.5
LAST_WITHIN = 1.0
# The recording is of no more use: what is left goes to another one.
OVER = frozenset({"recording_ended", "recording_not_begun", "recording_not_found", "recording_full"})

Item = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Server(Protocol):
    """Takes what is left at the end (`client.api.Gallery`)."""

    async def end_recording(self, recording_id: str, items: list[Item]) -> None: ...


class _State(Enum):
    CLOSED = "nothing was asked on this connection"
    ASKED = "a recording was asked for"
    OPEN = "the server has said which recording it is"
    REFUSED = "the server takes none"


class Recorder:
    """Numbers interactions and keeps each until it is acknowledged: none is lost, none counts twice."""

    def __init__(self, context: Mapping[str, Any], gather_seconds: float = GATHER_SECONDS) -> None:
        self._context = dict(context)
        self._gather_seconds = gather_seconds
        self._news = asyncio.Event()
        self.begin()

    def begin(self) -> None:
        """Forget the sitting before: somebody has signed in."""
        self._waiting: deque[Item] = deque()
        self._last = self._sent = self._uncounted = 0
        self._recording_id: str | None = None
        self._state = _State.CLOSED

    @property
    def waiting(self) -> int:
        """How many interactions the server has not acknowledged."""
        return len(self._waiting)

    def add(self, item: Item) -> None:
        """Take an interaction without its sequence; while too many wait it is only counted."""
        if len(self._waiting) >= KEPT:
            self._uncounted += 1
            return
        if self._uncounted:
            moment = datetime.now(UTC).isoformat()
            lost = {"time": moment, "kind": "lost", "context": {"count": self._uncounted}}
            self._uncounted = 0
            self._number(lost)
        self._number(item)
        self._news.set()

    async def stream(self, send: Send) -> None:
        """Send what waits over one connection until cancelled; no recording is begun before the first."""
        self._state = _State.CLOSED
        self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            if self._state is _State.CLOSED and self._waiting:
                self._state = _State.ASKED
                await send({"type": "session_start", **self._which()})
            elif self._state is _State.OPEN and (batch := self._unsent()):
                self._sent = batch[-1]["sequence"]
                await send({"type": "interaction_data", "items": batch})
                await asyncio.sleep(self._gather_seconds)
                self._news.set()

    def take(self, frame: Mapping[str, Any]) -> None:
        """Hear what the server answers; other frames are not meant for this."""
        kind = frame.get("type")
        if kind == "session_started" and self._state is _State.ASKED:
            self._recording_id = str(frame["recording_id"])
            self._state = _State.OPEN
            self._acknowledge(int(frame["acknowledged"]))
            self._sent = int(frame["acknowledged"])
            self._news.set()
        elif kind == "acknowledged" and "sequence" in frame:
            self._acknowledge(int(frame["sequence"]))
        elif kind == "refused":
            self._refused(str(frame.get("to")), str(frame.get("code")))

    async def hand_in(self, server: Server) -> None:
        """End the recording with what is left, before the session ends; what can't be told in time is not."""
        if self._recording_id is None:
            return
        recording_id, items = self._recording_id, list(self._waiting)[:LAST_BATCH]
        self.begin()
        with suppress(Failure, TimeoutError):
            async with asyncio.timeout(LAST_WITHIN):
                await server.end_recording(recording_id, items)

    def _number(self, item: Item) -> None:
        self._last += 1
        self._waiting.append({**item, "sequence": self._last})

    def _which(self) -> dict[str, Any]:
        if self._recording_id is None:
            return {"context": self._context}
        return {"recording_id": self._recording_id}

    def _unsent(self) -> list[Item]:
        return [item for item in self._waiting if item["sequence"] > self._sent][:BATCH]

    def _acknowledge(self, sequence: int) -> None:
        while self._waiting and self._waiting[0]["sequence"] <= sequence:
            self._waiting.popleft()

    def _refused(self, to: str, code: str) -> None:
        # Frames that were under way when the first was refused are refused too: they are told already.
        if self._state is not (_State.ASKED if to == "session_start" else _State.OPEN):
            return
        if code not in OVER or (to == "session_start" and self._recording_id is None):
            self._state = _State.REFUSED
            return
        left, self._waiting = self._waiting, deque()
        self._recording_id, self._last, self._sent = None, 0, 0
        for item in left:
            self._number(item)
        self._state = _State.CLOSED
        self._news.set()
