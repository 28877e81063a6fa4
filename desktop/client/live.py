"""The live events of `/ws`: connect, authenticate, resume after a break; lives on the io thread."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from desktop.client.errors import Failure
from desktop.client.recorder import Recorder
from desktop.client.session import Session
from desktop.client.transport import Transport

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
OPEN_WITHIN = 5.0
LARGEST_FRAME = 1 << 20


class Live:
    """Keeps one WebSocket open while somebody is signed in, and tells of every event once, in order."""

    def __init__(
        self,
        transport: Transport,
        session: Session,
        on_event: Callable[[str, Mapping[str, Any]], None],
        on_connected: Callable[[bool], None],
        recorder: Recorder | None = None,
    ) -> None:
        self._transport = transport
        self._session = session
        self._on_event = on_event
        self._on_connected = on_connected
        self._recorder = recorder
        self._sequence: int | None = None

    async def follow(self) -> None:
        """Listen until cancelled or signed out; a broken connection is made again with back-off."""
        self._sequence = None
        pause = FIRST_PAUSE
        while self._session.signed_in is not None:
            try:
                await self._listen()
                pause = FIRST_PAUSE
            except (OSError, TimeoutError, WebSocketException, ValueError, Failure):
                pause = min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  (jitter, no secret)

    async def _listen(self) -> None:
        address = await self._transport.address()
        token = await self._session.authorise()
        async with connect(
            address.websocket,
            additional_headers=address.headers(),
            proxy=None,
            open_timeout=OPEN_WITHIN,
            close_timeout=1.0,
            ping_interval=10.0,
            ping_timeout=10.0,
            max_size=LARGEST_FRAME,
        ) as socket:
            await socket.send(
                json.dumps({"type": "authenticate", "access_token": token, "resume": self._sequence})
            )
            async with asyncio.timeout(OPEN_WITHIN):
                greeting = json.loads(await socket.recv())
            if greeting.get("type") != "authentication_success":
                raise ValueError(f"the server answered {greeting.get('type')!r} to our authentication")
            if self._sequence is None:
                self._sequence = int(greeting["sequence"])
            self._on_connected(True)
            streaming = self._stream(socket) if greeting.get("records") else None
            try:
                async for frame in socket:
                    self._take(json.loads(frame))
            finally:
                self._on_connected(False)
                if streaming is not None:
                    streaming.cancel()
                    await asyncio.gather(streaming, return_exceptions=True)

    def _stream(self, socket: ClientConnection) -> asyncio.Task[None] | None:
        """Send what is recorded over this connection; it breaks where the reading breaks."""

        async def send(frame: dict[str, Any]) -> None:
            await socket.send(json.dumps(frame))

        return None if self._recorder is None else asyncio.create_task(self._recorder.stream(send))

    def _take(self, frame: Mapping[str, Any]) -> None:
        if frame.get("type") != "event":
            if self._recorder is not None:
                self._recorder.take(frame)
            return
        sequence = int(frame["sequence"])
        if self._sequence is not None and sequence <= self._sequence:
            return
        self._sequence = sequence
        self._on_event(str(frame["kind"]), dict(frame.get("data") or {}))
