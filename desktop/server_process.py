"""Starts, watches and restarts the bundled server by name, on a thread of its own."""

import json
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import IO, Any

from desktop.client.address import Address
from desktop.doctor import Finding, examine
from desktop.server_launch import PROGRAM_ROOT, Launch

TAIL_LINES = 20


class Phase(StrEnum):
    """Where the server is in its life."""

    STARTING = "starting"
    READY = "ready"
    STALLED = "stalled"
    RESTARTING = "restarting"
    SAFE_MODE = "safe mode"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ServerState:
    """What the rest of the program may know of the server; `findings` are the doctor's, in safe mode."""

    phase: Phase
    address: Address | None = None
    why: str = ""
    restarts: int = 0
    pid: int | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, and the number of crashes within `window` that ends in safe mode."""

    ready_within: float = 60.0
    silence: float = 2.0
    kill_after: float = 4.0
    first_pause: float = 0.2
    longest_pause: float = 10.0
    crashes: int = 5
    window: float = 60.0
    stop_within: float = 6.0


@dataclass(slots=True)
class _Run:
    """One life of the server process, from its start to its end."""

    process: subprocess.Popen[bytes]
    address: Address | None
    secret: str
    failed: dict[str, Any] = field(default_factory=dict)
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    readers: list[threading.Thread] = field(default_factory=list)


class ServerProcess:
    """Keeps one server alive, and tells one listener of every new state."""

    def __init__(self, launch: Launch, timing: Timing | None = None) -> None:
        self._launch = launch
        self._state = ServerState(Phase.STARTING)
        self._listener: Callable[[ServerState], None] | None = None
        self._telling = threading.Lock()
        self._timing = timing or Timing()
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._stopping = threading.Event()
        self._again = threading.Event()
        self._ended: deque[float] = deque(maxlen=self._timing.crashes)
        self._restarts = 0
        self._thread = threading.Thread(target=self._supervise, name="server supervisor")

    def start(self) -> None:
        """Start the server and watch it from now on."""
        self._thread.start()

    def listen(self, listener: Callable[[ServerState], None]) -> None:
        """Tell the present state at once, and every later one on the supervising thread."""
        with self._telling:
            self._listener = listener
            listener(self._state)

    def try_again(self) -> None:
        """Leave safe mode and start the server once more."""
        self._again.set()

    def stop(self) -> None:
        """Let the server stop cleanly (it does at the end of its input) and join the supervisor."""
        self._stopping.set()
        self._again.set()
        self._lines.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            self._tell(ServerState(Phase.STARTING, restarts=self._restarts))
            try:
                run = self._begin()
            except OSError as problem:
                why = f"it cannot be started ({problem.strerror or problem})"
            else:
                why = self._watch(run)
                self._end(run)
            if self._stopping.is_set():
                break
            self._restarts += 1
            self._ended.append(time.monotonic())
            if self._crash_loop():
                self._rest_in_safe_mode(why)
            else:
                self._tell(ServerState(Phase.RESTARTING, why=why, restarts=self._restarts))
                self._stopping.wait(self._pause())
        self._tell(ServerState(Phase.STOPPED, restarts=self._restarts))

    def _begin(self) -> _Run:
        # A process group of its own: Ctrl+C in a terminal ends the program, and the program ends its server.
        process = subprocess.Popen(
            self._launch.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PROGRAM_ROOT,
            env=self._launch.environment,
            process_group=0 if sys.platform != "win32" else None,
        )
        run = _Run(process, None, secrets.token_urlsafe(32))
        self._lines = queue.Queue()
        run.readers = [
            threading.Thread(target=_pass_lines, args=(process.stdout, self._lines), daemon=True),
            threading.Thread(target=_keep_lines, args=(process.stderr, run.tail), daemon=True),
        ]
        for reader in run.readers:
            reader.start()
        # A child that died at once is no news here: the watch sees its end and says why.
        with suppress(OSError):
            _input(process).write(json.dumps({"launch_secret": run.secret}).encode() + b"\n")
            _input(process).flush()
        return run

    def _watch(self, run: _Run) -> str:
        """Follow one life of the server and say why it ended; empty when we are stopping."""
        heard = time.monotonic()
        stalled = False
        while not self._stopping.is_set():
            limit = self._timing.silence if run.address else self._timing.ready_within
            wait = limit - (time.monotonic() - heard)
            patience, asked = max(0.01, min(wait, limit) if not stalled else 0.1), time.monotonic()
            try:
                line = self._lines.get(timeout=patience)
            except queue.Empty:
                if time.monotonic() - asked > patience + self._timing.silence / 2:
                    # It was us who did not run (stopped, by a debugger perhaps): hear what came meanwhile.
                    heard = time.monotonic()
                silent = time.monotonic() - heard
                if run.address is None and silent >= limit:
                    return f"it was not ready within {limit:.0f} s"
                if run.address is not None and silent >= self._timing.kill_after:
                    return f"it did not answer for {silent:.0f} s"
                if run.address is not None and silent >= limit and not stalled:
                    stalled = True
                    self._tell(self._of(Phase.STALLED, run, "it has stopped answering"))
                continue
            if line is None:
                return "" if self._stopping.is_set() else _exit_reason(run)
            heard = time.monotonic()
            if self._hear(run, line) or stalled:
                stalled = False
                self._tell(self._of(Phase.READY, run))
        return ""

    def _hear(self, run: _Run, line: bytes) -> bool:
        """Take one line of the server's; True when it has become ready."""
        try:
            message = json.loads(line)
            event = message["event"]
        except (ValueError, KeyError, TypeError):
            run.tail.append(line.decode(errors="replace").rstrip())
            return False
        if event == "ready":
            run.address = Address(f"http://127.0.0.1:{int(message['port'])}", run.secret)
            return True
        if event == "failed":
            run.failed = message
        return False

    def _end(self, run: _Run) -> None:
        """End one life: politely when we are stopping, at once when it hangs or has gone already."""
        process = run.process
        with suppress(OSError):  # its end of the pipe may have gone with it
            _input(process).close()
        if self._stopping.is_set():
            try:
                process.wait(self._timing.stop_within)
            except subprocess.TimeoutExpired:
                process.kill()
        elif process.poll() is None:
            process.kill()
        process.wait()
        for reader in run.readers:
            # A worker that has not stopped yet may hold the other end of these pipes for a moment.
            reader.join(1.0)

    def _tell(self, state: ServerState) -> None:
        with self._telling:
            if state == self._state:
                return
            self._state = state
            if self._listener is not None:
                self._listener(state)

    def _crash_loop(self) -> bool:
        return (
            len(self._ended) == self._timing.crashes
            and self._ended[-1] - self._ended[0] <= self._timing.window
        )

    def _pause(self) -> float:
        since = time.monotonic() - self._timing.window
        recent = sum(1 for moment in self._ended if moment >= since)
        return float(min(self._timing.longest_pause, self._timing.first_pause * 2 ** max(0, recent - 1)))

    def _rest_in_safe_mode(self, why: str) -> None:
        self._again.clear()
        self._tell(ServerState(Phase.SAFE_MODE, why=why, restarts=self._restarts))
        findings = examine(self._launch.doctor, PROGRAM_ROOT, self._launch.environment, why)
        self._tell(ServerState(Phase.SAFE_MODE, why=why, restarts=self._restarts, findings=findings))
        self._again.wait()
        self._ended.clear()

    def _of(self, phase: Phase, run: _Run, why: str = "") -> ServerState:
        return ServerState(phase, run.address, why, self._restarts, run.process.pid)


def _exit_reason(run: _Run) -> str:
    try:
        status = run.process.wait(1.0)
    except subprocess.TimeoutExpired:
        return "it closed its output without ending"
    if run.failed:
        return str(run.failed.get("detail") or run.failed.get("title"))
    if status < 0:
        return f"it was ended by signal {-status}"
    last = next((line for line in reversed(run.tail) if line.strip()), "")
    return f"it ended with status {status}" + (f": {last}" if last else "")


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise RuntimeError("the server was started without a pipe")
    return process.stdin


def _pass_lines(pipe: IO[bytes] | None, lines: "queue.Queue[bytes | None]") -> None:
    if pipe is not None:
        with pipe:
            for line in pipe:
                lines.put(line)
    lines.put(None)


def _keep_lines(pipe: IO[bytes] | None, tail: deque[str]) -> None:
    if pipe is not None:
        with pipe:
            for line in pipe:
                tail.append(line.decode(errors="replace").rstrip())
