"""Starts the probe and takes what it saw; runs on an asyncio loop."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .events import Rect
from .platform import passed_on
from .sentinel_process import ROOT

PATIENCE_S = 10.0
# So long the probe stays connected, for the sentinel to find out who it is.
NAMED_S = 1.0


class Shot(NamedTuple):
    """What a program that reads the screen has got: BGRX pixels, or why it got none; `asked` is monotonic."""

    pid: int
    asked: float = 0.0
    width: int = 0
    height: int = 0
    pixels: bytes = b""
    problem: str = ""

    @property
    def black(self) -> bool:
        """Say whether it saw nothing at all."""
        return not any(any(self.pixels[channel::4]) for channel in range(3))


async def take_shot(environment: Mapping[str, str], rect: Rect, started: Callable[[int], None]) -> Shot:
    """Let another process read a part of the screen; `started` hears its number before it can read."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-E", "-s", "-S", "-m", "desktop.guard.probe"),
        *(str(number) for number in rect),
        cwd=ROOT,
        env=passed_on(environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    started(process.pid)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _told(process)
    except asyncio.IncompleteReadError:
        return Shot(process.pid, problem=f"The test program ended with status {await process.wait()}.")
    except TimeoutError:
        process.kill()
        await process.wait()
        return Shot(process.pid, problem="The test program did not end in time.")


async def _told(process: asyncio.subprocess.Process) -> Shot:
    """Return what a probe tells, and let it end a little later."""
    if process.stdin is None or process.stdout is None:
        raise TypeError("a probe is started with pipes")
    said = json.loads(await process.stdout.readuntil(b"\n"))
    if "problem" in said:
        await process.wait()
        return Shot(process.pid, problem=said["problem"])
    width, height = said["width"], said["height"]
    pixels = await process.stdout.readexactly(4 * width * height)
    await asyncio.sleep(NAMED_S)
    process.stdin.close()
    await process.wait()
    return Shot(process.pid, said["asked"], width, height, pixels)
