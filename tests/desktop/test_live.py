"""Live events reach the desktop once each and in order, also across a crash of the server."""

import asyncio
import os
import signal
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop.client.api import Gallery
from desktop.client.live import Live
from desktop.client.session import Session
from desktop.client.transport import Transport
from desktop.server_launch import bundled
from desktop.server_process import Phase, ServerProcess, ServerState
from tests.desktop.conftest import MACHINE, QUICK, no_key_store, run
from tests.support.server import PASSWORD


class Listener:
    """A signed-in desktop that writes down every event."""

    def __init__(self, data_dir: Path) -> None:
        self.transport = Transport()
        self.session = Session(self.transport, no_key_store(), MACHINE, clock=lambda: 0.0)
        self.gallery = Gallery(self.transport, self.session)
        self._news = asyncio.Event()
        self.violations: list[str] = []
        self.connections: list[bool] = []
        self.states: list[ServerState] = []
        self.live = Live(
            self.transport,
            self.session,
            self._hear,
            self._connected,
        )
        self._loop = asyncio.get_running_loop()
        self._server = ServerProcess(bundled(data_dir), QUICK)
        self._server.listen(self._follow)
        self._server.start()

    async def report(self) -> str:
        name = str(uuid.uuid4())
        body = {
            "id": name,
            "time": datetime.now(UTC).isoformat(),
            "kind": "get_image",
            "level": "guarded",
            "confidence": 1.0,
            "hidden": False,
        }
        await self.gallery.report_violation(body)
        return name

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def connected(self, times: int) -> None:
        await self.until(lambda: self.connections.count(True) >= times)

    def _hear(self, kind: str, data: Mapping[str, Any]) -> None:
        if kind == "violation":
            self.violations.append(str(data["violation"]))
        self._news.set()

    def _connected(self, there: bool) -> None:
        self.connections.append(there)
        self._news.set()

    def kill(self) -> None:
        pid = next(state.pid for state in reversed(self.states) if state.phase is Phase.READY)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    async def close(self) -> None:
        await self.transport.close()
        await asyncio.to_thread(self._server.stop)

    def _follow(self, state: ServerState) -> None:
        self.states.append(state)
        if state.phase is Phase.READY and state.address is not None:
            self._loop.call_soon_threadsafe(self.transport.move, state.address)
        else:
            self._loop.call_soon_threadsafe(self.transport.lose, "it is a test")


def test_events_come_once_and_in_order_through_a_crash(data_dir: Path) -> None:
    async def listen() -> None:
        listener = Listener(data_dir)
        following = None
        try:
            await listener.gallery.setup("anna", PASSWORD, None, samples=False)
            following = asyncio.create_task(listener.live.follow())
            await listener.connected(1)
            sent = [await listener.report() for _ in range(3)]
            await listener.until(lambda: len(listener.violations) == 3)
            listener.kill()
            sent += [await listener.report() for _ in range(3)]
            await listener.connected(2)
            sent.append(await listener.report())
            await listener.until(lambda: sent[-1] in listener.violations)
            assert listener.violations == sent
            assert listener.connections[:3] == [True, False, True]
        finally:
            if following is not None:
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following
            await listener.close()

    run(listen())


def test_listening_ends_with_the_session(data_dir: Path) -> None:
    async def listen() -> None:
        listener = Listener(data_dir)
        try:
            await listener.gallery.setup("anna", PASSWORD, None, samples=False)
            following = asyncio.create_task(listener.live.follow())
            await listener.connected(1)
            await listener.gallery.sign_out()
            async with asyncio.timeout(30):
                await following
        finally:
            await listener.close()

    run(listen())
