"""One connection's recording: frames in, acknowledgements out once they are committed; on the event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from local_server.accounts.api_keys.errors import ScopeMissing
from local_server.accounts.errors import NotAllowed
from local_server.accounts.models import LOOKS_AT_PICTURES, Caller, KeyScope
from local_server.errors import Rejection
from local_server.records.recordings.bodies import ITEMS_AT_ONCE
from local_server.records.recordings.errors import RecordingNotBegun
from local_server.records.recordings.flow import Allowance, Inbox, cost_of
from local_server.records.recordings.frames import (
    EndFrame,
    InteractionsFrame,
    ScreenshotFrame,
    StartFrame,
    Told,
)
from local_server.records.recordings.journal import Journal
from local_server.records.recordings.screenshots import Screenshots
from local_server.records.recordings.service import Recordings, Sent

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Streams:
    """Makes the stream of each connection."""

    def __init__(
        self,
        recordings: Recordings,
        screenshots: Screenshots,
        journal: Journal,
        monotonic: Callable[[], float],
    ) -> None:
        self.recordings = recordings
        self.screenshots = screenshots
        self.journal = journal
        self.monotonic = monotonic

    def of(self, caller: Caller, send: Send) -> "Stream":
        """Return the stream of a caller's connection."""
        return Stream(self, caller, send)


class Stream:
    """What a connection records; a refusal is told and does not end it, an outage does."""

    def __init__(self, streams: Streams, caller: Caller, send: Send) -> None:
        self._recordings = streams.recordings
        self._screenshots = streams.screenshots
        self._journal = streams.journal
        self._caller = caller
        self._send = send
        self._allowance = Allowance(streams.monotonic)
        self._inbox = Inbox()
        self._recording_id: str | None = None

    async def take(self, frame: Told, size: int) -> None:
        """Queue a frame; the reader waits here while there is no room or the allowance is spent."""
        pause = self._allowance.spend(cost_of(frame))
        await self._inbox.put(frame, size)
        await asyncio.sleep(pause)

    async def work(self) -> None:
        """Do what the frames say, in their order, until cancelled or an outage."""
        while True:
            frames = await self._inbox.take(ITEMS_AT_ONCE)
            try:
                await self._do(frames)
            except Rejection as refusal:
                await self._send(
                    {
                        "type": "refused",
                        "to": frames[0].type,
                        "code": refusal.code,
                        "title": refusal.title,
                        "advice": refusal.advice,
                        **refusal.facts,
                    }
                )

    async def _do(self, frames: list[Told]) -> None:
        if self._caller.role not in LOOKS_AT_PICTURES:
            raise NotAllowed
        if not self._caller.may(KeyScope.RECORDS_WRITE):
            raise ScopeMissing(f"It needs the scope {KeyScope.RECORDS_WRITE}.")
        first = frames[0]
        if isinstance(first, StartFrame):
            await self._start(first)
        elif isinstance(first, InteractionsFrame):
            await self._add([frame for frame in frames if isinstance(frame, InteractionsFrame)])
        elif isinstance(first, ScreenshotFrame):
            await self._keep(first)
        elif isinstance(first, EndFrame):
            await self._end()

    async def _start(self, frame: StartFrame) -> None:
        acknowledged = 0
        if frame.recording_id is None:
            recording_id = await asyncio.to_thread(self._recordings.start, self._caller, frame.context)
        else:
            resumed = await asyncio.to_thread(self._recordings.resume, self._caller, frame.recording_id)
            recording_id, acknowledged = resumed.id, resumed.acknowledged
        self._recording_id = recording_id
        await self._send(
            {"type": "session_started", "recording_id": recording_id, "acknowledged": acknowledged}
        )

    async def _add(self, frames: list[InteractionsFrame]) -> None:
        items = [item.value() for frame in frames for item in frame.items]
        outcome = await self._journal.write(Sent(self._caller.viewing_session_id, self._recording(), items))
        if isinstance(outcome, Rejection):
            raise outcome
        await self._send({"type": "acknowledged", "sequence": outcome.sequence, "new": outcome.new})

    async def _keep(self, frame: ScreenshotFrame) -> None:
        await asyncio.to_thread(
            self._screenshots.keep, self._caller, self._recording(), frame.value(), frame.pixels()
        )
        await self._send({"type": "acknowledged", "screenshot": str(frame.id)})

    async def _end(self) -> None:
        ended = await asyncio.to_thread(self._recordings.end, self._caller, self._recording())
        self._recording_id = None
        await self._send(
            {
                "type": "session_ended",
                "recording_id": ended.id,
                "acknowledged": ended.acknowledged,
                "interactions": ended.interactions,
                "screenshots": ended.screenshots,
                "kept_until": _told(ended.kept_until),
            }
        )

    def _recording(self) -> str:
        if self._recording_id is None:
            raise RecordingNotBegun
        return self._recording_id


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def may_record(caller: Caller) -> bool:
    """Say whether a recording can be made of this caller."""
    return caller.role in LOOKS_AT_PICTURES and caller.may(KeyScope.RECORDS_WRITE)
