"""Traces of leaked files as the API names them, and what can be asked of the server about them."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import httpx

from desktop.client.answers import Model
from desktop.client.errors import Rejection
from desktop.client.transport import read_json

ASK_EVERY: Final = 0.4
UNFINISHED: Final = frozenset({"waiting", "running"})

Box = tuple[tuple[float, ...], ...]


class LeakUnreadable(Rejection):
    """The file that was chosen cannot be opened on this machine."""


@dataclass(frozen=True, slots=True)
class Spot(Model):
    """Where in a part a mark lies, as shares of its sides, and a picture of the correlation with it."""

    part: int
    layer: str
    box: Box
    scale: float
    rotation: float
    mirrored: bool
    agreement: float
    registered: bool
    map: str

    @property
    def map_png(self) -> bytes:
        """The correlation map, grey, as a PNG of the whole part."""
        return base64.b64decode(self.map)


@dataclass(frozen=True, slots=True)
class FoundMark(Model):
    """A mark and whose it is."""

    mark: str
    account: str | None
    viewing_session: str | None
    machine: str | None
    picture: str | None
    time: datetime | None
    certainty: str
    agreement: float
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class ShownTo(Model):
    """A viewing session that was sent a picture."""

    account: str
    viewing_session: str
    machine: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class FoundPicture(Model):
    """A picture of the library that a part shows."""

    part: int
    picture: str
    title: str
    certainty: str
    agreeing: int
    distance: int
    box: Box | None
    people: tuple[ShownTo, ...]
    people_in_all: int
    view_token: str | None


@dataclass(frozen=True, slots=True)
class Part(Model):
    """An image of the file; its label is empty where there is one alone."""

    label: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class RefusedLeak(Model):
    """Why a file cannot be read."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class TraceResult(Model):
    """What a file says; `outcome` is marked, recognised, nothing or refused."""

    outcome: str
    seconds: float
    refused: RefusedLeak | None
    parts: tuple[Part, ...]
    marks: tuple[FoundMark, ...]
    pictures: tuple[FoundPicture, ...]


@dataclass(frozen=True, slots=True)
class TraceFailure(Model):
    """What kept a trace from its end."""

    code: str
    title: str
    detail: str
    advice: str


@dataclass(frozen=True, slots=True)
class Trace(Model):
    """A trace; `state` is waiting, running, done, cancelled or failed."""

    id: str
    state: str
    step: str | None
    name: str
    content_hash: str
    account: str
    started_at: datetime
    pictures_kept: bool
    failure: TraceFailure | None
    result: TraceResult | None

    @property
    def finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state not in UNFINISHED


@dataclass(frozen=True, slots=True)
class TracePage(Model):
    """GET /trace: traces, the newest first."""

    items: tuple[Trace, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Asked(Model):
    id: str


class Traces:
    """The traces of the server; `send` is how `client.api.Gallery` asks."""

    def __init__(self, send: Callable[..., Awaitable[httpx.Response]]) -> None:
        self._send = send

    async def trace(self, leak: Path | bytes, told: Callable[[Trace], None]) -> Trace:
        """Send a file, or the PNG of a pasted picture, and wait for what comes of it.

        `told` hears of every step, on the io thread. Cancelled, it has the server end the trace as well.
        """
        if isinstance(leak, bytes):
            asked = await self._begin(("pasted.png", leak, "image/png"))
        else:
            try:
                file = await asyncio.to_thread(leak.open, "rb")
            except OSError as problem:
                raise LeakUnreadable(
                    "file_unreadable",
                    f"{leak.name} cannot be read: {problem.strerror}.",
                    "Check that your user may read it, or choose another file.",
                ) from problem
            try:
                asked = await self._begin((leak.name, file, "application/octet-stream"))
            finally:
                file.close()
        try:
            while not (trace := await self.look(asked)).finished:
                told(trace)
                await asyncio.sleep(ASK_EVERY)
        except asyncio.CancelledError:
            await self.cancel(asked)
            raise
        return trace

    async def look(self, trace_id: str) -> Trace:
        """Fetch how far a trace is."""
        return Trace.read(read_json(await self._send("GET", f"/api/trace/{trace_id}")))

    async def cancel(self, trace_id: str) -> None:
        """End a trace."""
        await self._send("DELETE", f"/api/trace/{trace_id}")

    async def page(self, cursor: str | None = None) -> TracePage:
        """Fetch a page of traces, the newest first."""
        params: dict[str, str | int] = {} if cursor is None else {"cursor": cursor}
        return TracePage.read(read_json(await self._send("GET", "/api/trace", params=params)))

    async def part(self, trace_id: str, number: int) -> bytes:
        """Fetch a JPEG of what a part of the file shows."""
        return (await self._send("GET", f"/api/trace/{trace_id}/parts/{number}")).content

    async def _begin(self, file: tuple[str, object, str]) -> str:
        return _Asked.read(read_json(await self._send("POST", "/api/trace", files=[("file", file)]))).id
