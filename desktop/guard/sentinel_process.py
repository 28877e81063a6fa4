"""One life of the sentinel process: its pipes, its heartbeat and its end; runs on an asyncio loop."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .authority import HANDED_ON, VARIABLE, to_hand_on
from .platform import passed_on

START_TIMEOUT_S = 10.0
# Three heartbeats are missed then: the picture is hidden, and the process gets time to come back.
SILENCE_S = 0.7
# As fine as the silence is told, whatever the patience.
STEP_S = 0.1
STOP_TIMEOUT_S = 2.0
CANNOT_WATCH = 3
ROOT = Path(__file__).resolve().parents[2]

Message = dict[str, object]


class Ending(NamedTuple):
    """Why a sentinel ended, in words, and its exit status, None when it had to be killed or never started."""

    reason: str
    status: int | None


def sentinel_command() -> list[str]:
    """Return how to start the sentinel: the standard library is all it needs, so nothing else is searched."""
    return [sys.executable, "-E", "-s", "-S", "-m", "desktop.guard.sentinel"]


class SentinelProcess:
    """A sentinel that is started once and reports its end."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        heartbeat_timeout: float,
        on_message: Callable[[Message], None],
        on_silence: Callable[[bool], None],
    ) -> None:
        """Prepare; of `environment` only what names the display is passed on.

        `on_silence` hears True when nothing has come for `SILENCE_S`, False when it speaks again; after
        `heartbeat_timeout` seconds it is ended.
        """
        self._command = command
        self._environment = passed_on(environment)
        self._heartbeat_timeout = heartbeat_timeout
        self._on_message = on_message
        self._on_silence = on_silence
        self._process: asyncio.subprocess.Process | None = None
        self._commands: asyncio.StreamWriter | None = None
        self._last_heard = 0.0
        self._heard = False
        self._silent = False

    @property
    def pid(self) -> int | None:
        """Return the process id while it runs."""
        return None if self._process is None else self._process.pid

    async def send(self, command: Message) -> bool:
        """Write a command; False when nobody is there to read it, which the end of `run` explains."""
        commands = self._commands
        if commands is None or commands.is_closing():
            return False
        try:
            commands.write(json.dumps(command).encode() + b"\n")
            await commands.drain()
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    async def run(self) -> Ending:
        """Start the process and stay with it to its end; when cancelled, end it."""
        pipe = asyncio.subprocess.PIPE
        handed_on = to_hand_on(self._environment)
        environment = self._environment if handed_on is None else self._environment | {VARIABLE: HANDED_ON}
        # A socket, not a pipe: others of this user could open a pipe before the child has closed its memory.
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    *self._command, stdin=theirs.fileno(), stdout=pipe, stderr=pipe, env=environment, cwd=ROOT
                )
        except OSError as error:
            ours.close()
            return Ending(f"The capture guard cannot be started ({error}). Reinstall the program.", None)
        self._process = process
        _, self._commands = await asyncio.open_connection(sock=ours)
        if handed_on is not None:
            self._commands.write(handed_on)
        self._last_heard = time.monotonic()
        complaint: deque[str] = deque(maxlen=1)
        listener = asyncio.create_task(self._listen(process))
        reader = asyncio.create_task(_keep_last_line(process, complaint))
        silent = False
        try:
            silent = await self._wait_for_end(process, listener)
        finally:
            await self._end(process, listener, kill=silent)
            await asyncio.gather(reader)
            self._process = None
        if silent:
            return Ending("The capture guard stopped answering and is being restarted.", None)
        said = f": {complaint[0]}" if complaint else ""
        return Ending(f"The capture guard ended with status {process.returncode}{said}.", process.returncode)

    async def _wait_for_end(self, process: asyncio.subprocess.Process, listener: asyncio.Task[None]) -> bool:
        """Wait until the process ends, or return True when it has been silent for too long."""
        ended = asyncio.create_task(process.wait())
        step = min(STEP_S, self._heartbeat_timeout / 8)
        try:
            while not ended.done() and not (listener.done() and listener.exception()):
                before = time.monotonic()
                await asyncio.wait([ended, listener] if not listener.done() else [ended], timeout=step)
                now = time.monotonic()
                if now - before > step + SILENCE_S / 2:
                    # It was us who did not run (a suspended machine, a busy loop): hear what came first.
                    self._last_heard = now
                silence = now - self._last_heard
                if silence > (self._heartbeat_timeout if self._heard else START_TIMEOUT_S):
                    return True
                if self._heard and not self._silent and silence > SILENCE_S:
                    self._silent = True
                    self._on_silence(True)
            return False
        finally:
            ended.cancel()

    async def _end(
        self, process: asyncio.subprocess.Process, listener: asyncio.Task[None], *, kill: bool
    ) -> None:
        """Make sure that the process is gone, politely unless `kill`, and take in what it said last."""
        if self._commands is not None:
            self._commands.close()
            # One that has died already has cut the socket.
            with suppress(ConnectionError):
                await self._commands.wait_closed()
            self._commands = None
        try:
            await asyncio.wait_for(process.wait(), 0.0 if kill else STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        await listener

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            raise TypeError("the sentinel was started without a pipe")
        while line := await process.stdout.readline():
            self._last_heard = time.monotonic()
            self._heard = True
            self._on_message(json.loads(line))
            if self._silent:
                self._silent = False
                self._on_silence(False)


async def _keep_last_line(process: asyncio.subprocess.Process, into: deque[str]) -> None:
    if process.stderr is None:
        raise TypeError("the sentinel was started without a pipe")
    while line := await process.stderr.readline():
        into.append(line.decode(errors="replace").strip()[:500])
