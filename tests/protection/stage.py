"""A private X display with a picture on it, the real sentinel, and the frame buffer as the truth."""

from __future__ import annotations

import asyncio
import mmap
import os
import secrets
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from desktop.guard.events import CaptureEvent, GuardState, Rect, Region
from desktop.guard.sentinel_process import sentinel_command
from desktop.guard.supervision import SelfTest, Sentinel

PROGRAMS = Path(__file__).parent / "programs"
PATIENCE_S = 15.0
# Three colours that no tool, desktop or shield has any reason to show.
PATTERN = ((0xE0, 0x1B, 0x84), (0x14, 0xC8, 0xA0), (0xF0, 0xA0, 0x10))

WINDOW = Rect(100, 80, 400, 300)
Result = TypeVar("Result")
Pixels = npt.NDArray[np.uint8]


def wait_until(happened: Callable[[], bool], what: str, patience: float = PATIENCE_S) -> None:
    """Wait for a condition; the patience is there to end a test that hangs, not to measure."""
    deadline = time.monotonic() + patience
    while not happened():
        if time.monotonic() > deadline:
            raise AssertionError(f"still not so after {patience:g} s: {what}")
        time.sleep(0.002)


def protected_pixels(image: Pixels) -> int:
    """Count the pixels of an RGB image that have one of the pattern's colours."""
    wide = image[..., 0].astype(np.uint32) << 16 | image[..., 1].astype(np.uint32) << 8 | image[..., 2]
    return int(np.isin(wide, [red << 16 | green << 8 | blue for red, green, blue in PATTERN]).sum())


def figure(text: str) -> None:
    """Show a measured figure with the test's output; nothing is decided by it."""
    sys.stdout.write(f"{text}\n")


def pixels_of(dump: bytes) -> Pixels:
    """Read the tail of a raw dump of 32-bit pixels, whatever its header, as one row of RGB."""
    return np.frombuffer(dump[len(dump) % 4 :], np.uint8).reshape(1, -1, 4)[..., 2::-1]


def frame(buffer: Path) -> Pixels:
    """Return what Xvfb's frame buffer file holds now, as RGB."""
    with buffer.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as view:
        fields = struct.unpack_from(">25I", view)
        header, width, height, order, stride, colours = (fields[index] for index in (0, 4, 5, 7, 12, 19))
        start = header + 12 * colours
        raw = np.frombuffer(view[start : start + stride * height], np.uint8)
    grid = raw.reshape(height, stride)[:, : 4 * width].reshape(height, width, 4)
    return grid[..., 1:4] if order else grid[..., 2::-1]


class Screen:
    """An Xvfb of its own, with a cookie, whose frame buffer is a file."""

    def __init__(self, folder: Path, *extra: str) -> None:
        """Start the server and wait until it answers."""
        self.folder = folder
        self.authority = folder / "authority"
        buffer = folder / "framebuffer"
        buffer.mkdir()
        cookie = secrets.token_hex(16)
        # The wild entry is what a login manager writes: it fits whatever display number the server chooses.
        self.authority.write_bytes(
            struct.pack(">HHHH", 65535, 0, 0, 18)
            + b"MIT-MAGIC-COOKIE-1"
            + struct.pack(">H", 16)
            + bytes.fromhex(cookie)
        )
        reading, writing = os.pipe()
        options = ["-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"]
        command = ["Xvfb", "-displayfd", str(writing), "-auth", str(self.authority), "-fbdir", str(buffer)]
        with (folder / "xvfb.log").open("wb") as log:
            self._server = subprocess.Popen(
                [*command, *options, *extra], pass_fds=[writing], stdout=log, stderr=log
            )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        if not number:
            self._server.wait()
            raise AssertionError(f"Xvfb did not start: {(folder / 'xvfb.log').read_text()}")
        self.name = f":{number}"
        self._buffer = buffer / "Xvfb_screen0"

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a program on this screen."""
        return {
            "DISPLAY": self.name,
            "XAUTHORITY": str(self.authority),
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
        }

    def pixels(self) -> Pixels:
        """Return what the screen shows now, as RGB, without asking the server."""
        return frame(self._buffer)

    def shown(self) -> int:
        """Return how many protected pixels the screen shows now."""
        return protected_pixels(self.pixels())

    def manager(self, kind: str) -> bool:
        """Tell whether a `window` or a `compositing` manager is at work."""
        if kind == "window":
            return b"window id #" in self.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK").stdout
        return self.run(sys.executable, str(PROGRAMS / "compositor.py")).returncode == 0

    def run(self, *command: str, timeout: float = 60.0) -> subprocess.CompletedProcess[bytes]:
        """Run a program on this screen to its end."""
        return subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, timeout=timeout, check=False
        )

    def cut(self) -> None:
        """Kill the server, as a crash of it would."""
        self._server.kill()
        self._server.wait()

    def close(self) -> None:
        """Stop the server."""
        self._server.terminate()
        self._server.wait(10)


class Window:
    """A program with one window that shows the pattern, and repaints it whenever the server asks."""

    def __init__(self, screen: Screen, rect: Rect = WINDOW, program: str = "picture_window.py") -> None:
        """Open the window and wait until it is painted."""
        geometry = ",".join(map(str, rect))
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAMS / program), geometry],
            env=screen.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.id = int(self.process.stdout.readline())
        self.rect = rect
        self.area = rect.width * rect.height

    def region(self, level: str = "guarded") -> Region:
        """Return the whole window as something to protect."""
        return Region(self.id, Rect(0, 0, self.rect.width, self.rect.height), level)

    def close(self) -> None:
        """End the program."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Guard:
    """The desktop's side of the sentinel on a thread of its own, for tests that are not coroutines."""

    def __init__(self, environment: Mapping[str, str], **options: object) -> None:
        """Start the sentinel; `options` go to `Sentinel`."""
        self.events: list[CaptureEvent] = []
        self.states: list[tuple[float, GuardState]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="guard")
        self._thread.start()
        command = options.pop("command", sentinel_command())
        self.sentinel = Sentinel(
            command,  # type: ignore[arg-type]  # options are what the test passes
            self.events.append,
            lambda state: self.states.append((time.monotonic(), state)),
            environment=environment,
            **options,  # type: ignore[arg-type]  # the same
        )
        self._wait(self.sentinel.start())

    @property
    def state(self) -> GuardState:
        """Return the latest state."""
        return self.sentinel.state

    def until_live(self) -> Guard:
        """Wait until the sentinel watches."""
        wait_until(lambda: self.state.live, "the sentinel watches")
        return self

    def protect(self, *regions: Region) -> bool:
        """Replace what is protected."""
        return self._wait(self.sentinel.protect(regions))

    def covered(self) -> None:
        """Tell that the desktop has painted its shield."""
        self._wait(self.sentinel.covered())

    def clear(self) -> bool:
        """Ask for the picture back."""
        return self._wait(self.sentinel.clear())

    def self_test(self) -> SelfTest:
        """Run the self-test."""
        return self._wait(self.sentinel.self_test())

    def settle(self) -> None:
        """Wait until the sentinel has dealt with everything that other programs have done so far.

        A self-test is a read that comes after theirs, and reports go out within half a second.
        """
        assert self.self_test().ok
        time.sleep(0.7)

    def stop(self) -> None:
        """End the sentinel and the thread."""
        try:
            self._wait(self.sentinel.stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def _wait(self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)


@contextmanager
def running(*command: str, screen: Screen) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a program running on the screen for as long as the block lasts."""
    with (screen.folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=screen.environment,
            cwd=screen.folder,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
