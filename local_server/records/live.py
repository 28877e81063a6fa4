"""The WebSocket: authenticate, follow live events, stream a recording; runs on the event loop."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from local_server.accounts.models import Caller, KeyScope
from local_server.errors import Outage, Rejection
from local_server.records.models import STAFF
from local_server.records.outbox import LiveEvent, Outbox, TooSlow
from local_server.records.recordings.flow import TooMuch
from local_server.records.recordings.frames import LONGEST_OTHER, AuthenticateFrame, NoFrame, Told, read
from local_server.records.recordings.stream import Stream, Streams, may_record

AUTHENTICATE_WITHIN: Final = 5.0
LOOK_AFTER_EVERY: Final = 20.0
SEND_WITHIN: Final = 20.0
BAD_FRAME: Final = 4400
NOT_AUTHENTICATED: Final = 4401
SESSION_ENDED: Final = 4403
COME_BACK_AND_RESUME: Final = 4408
SENDS_TOO_MUCH: Final = 4429

SESSION_ENDED_EVENT: Final = "session_ended"
GRANTS_CHANGED: Final = "grants_changed"


class CheckToken(Protocol):
    """Return who an access token, or an API key, stands for and when it expires; raises a Rejection.

    Reads the catalogue.
    """

    def __call__(self, access_token: str, /) -> tuple[Caller, datetime]: ...


class _Closed(Exception):
    """The connection is to be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def routes(
    outbox: Outbox,
    streams: Streams,
    check_token: CheckToken,
    clock: Callable[[], datetime],
) -> APIRouter:
    """Build the one route, `/ws`."""
    router = APIRouter()

    @router.websocket("/ws")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        try:
            await Connection(socket, outbox, streams, check_token, clock).serve()
        except _Closed as closed:
            await _close(socket, closed.code, closed.reason)
        except TooSlow:
            await _close(socket, COME_BACK_AND_RESUME, "too slow: come back and resume")
        except TooMuch:
            await _close(socket, SENDS_TOO_MUCH, "sends too much: slow down and resume")
        except Outage as outage:
            await _close(socket, COME_BACK_AND_RESUME, outage.code)
        except WebSocketDisconnect:
            return

    return router


class Connection:
    """One client's socket: a sender, a reader, a recorder, and one that looks after session and token."""

    def __init__(
        self,
        socket: WebSocket,
        outbox: Outbox,
        streams: Streams,
        check_token: CheckToken,
        clock: Callable[[], datetime],
    ) -> None:
        self._socket = socket
        self._outbox = outbox
        self._streams = streams
        self._check_token = check_token
        self._clock = clock
        self._expires_at = datetime.min.replace(tzinfo=UTC)
        self._session_id = ""
        self._hello: AuthenticateFrame

    async def serve(self) -> None:
        """Talk until either side ends; raises _Closed, TooSlow, TooMuch, WebSocketDisconnect or an outage."""
        hello = await self._first_frame()
        caller = await self._authenticate(hello)
        stream = self._streams.of(caller, self._send)
        self._session_id = caller.viewing_session_id
        subscription = await self._outbox.subscribe(lambda event: _concerns(event, caller))
        try:
            after = subscription.start if hello.resume is None else hello.resume
            complete = await self._outbox.keeps(after)
            await self._send(
                {
                    "type": "authentication_success",
                    "sequence": subscription.start,
                    "complete": complete,
                    "records": may_record(caller),
                }
            )

            async def send_events() -> None:
                sent = after
                while page := await self._outbox.missed(sent, subscription.start):
                    for event in page:
                        sent = event.sequence
                        if subscription.wants(event):
                            await self._tell(event)
                while True:
                    await self._tell(await subscription.next())

            await _until_one_ends(send_events(), self._read(stream), stream.work(), self._look_after())
        finally:
            self._outbox.unsubscribe(subscription)

    async def _first_frame(self) -> AuthenticateFrame:
        try:
            async with asyncio.timeout(AUTHENTICATE_WITHIN):
                frame, _ = await self._receive(longest=LONGEST_OTHER)
        except TimeoutError:
            raise _Closed(NOT_AUTHENTICATED, "no authentication within 5 s") from None
        if not isinstance(frame, AuthenticateFrame):
            raise _Closed(BAD_FRAME, "not an authenticate frame")
        return frame

    async def _authenticate(self, hello: AuthenticateFrame) -> Caller:
        text = hello.access_token or hello.api_key or ""
        try:
            caller, self._expires_at = await asyncio.to_thread(self._check_token, text)
        except Rejection as rejection:
            code = SESSION_ENDED if rejection.code == SESSION_ENDED_EVENT else NOT_AUTHENTICATED
            raise _Closed(code, rejection.code) from None
        self._hello = hello
        return caller

    async def _read(self, stream: Stream) -> None:
        """Take the frames that come later: a fresh token of the same session, and what is recorded."""
        while True:
            frame, size = await self._receive()
            if isinstance(frame, AuthenticateFrame):
                caller = await self._authenticate(frame)
                if caller.viewing_session_id != self._session_id:
                    raise _Closed(NOT_AUTHENTICATED, "token of another session")
            else:
                await stream.take(frame, size)

    async def _look_after(self) -> None:
        """Check the token now and then: it expires, its session ends, and each check notes presence."""
        while True:
            left = (self._expires_at - self._clock()).total_seconds()
            await asyncio.sleep(min(max(left, 0.0) + 0.01, LOOK_AFTER_EVERY))
            await self._authenticate(self._hello)

    async def _tell(self, event: LiveEvent) -> None:
        await self._send(
            {
                "type": "event",
                "sequence": event.sequence,
                "time": event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "kind": event.kind,
                "data": event.data,
            }
        )
        if event.kind == SESSION_ENDED_EVENT and event.data.get("viewing_session_id") == self._session_id:
            raise _Closed(SESSION_ENDED, "session ended")

    async def _send(self, frame: dict[str, Any]) -> None:
        try:
            async with asyncio.timeout(SEND_WITHIN):
                await self._socket.send_text(json.dumps(frame))
        except TimeoutError:
            raise TooSlow from None

    async def _receive(self, longest: int | None = None) -> tuple[AuthenticateFrame | Told, int]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        text = message.get("text")
        if not isinstance(text, str) or (longest is not None and len(text) > longest):
            raise _Closed(BAD_FRAME, "a frame is a JSON text, and the first of at most 16 KiB")
        try:
            return read(text), len(text)
        except NoFrame as reason:
            raise _Closed(BAD_FRAME, str(reason)) from None


async def _until_one_ends(*parts: Awaitable[None]) -> None:
    """Run the parts together; the first to end, always by an exception, ends them all with it."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _concerns(event: LiveEvent, caller: Caller) -> bool:
    if caller.role in STAFF and caller.may(KeyScope.RECORDS_READ):
        return True
    if event.kind == SESSION_ENDED_EVENT:
        return bool(event.data.get("viewing_session_id") == caller.viewing_session_id)
    if event.kind == GRANTS_CHANGED:
        return bool(event.data.get("account_id") == caller.account_id)
    return not event.staff_only and caller.may(KeyScope.PICTURES_READ)


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    try:
        await socket.close(code, reason)
    except (RuntimeError, WebSocketDisconnect):
        return  # the client has gone before us
