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
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    started(process.pid)
    try:
        async with asyncio.timeout(PATIENCE_S):
            printed, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return Shot(process.pid, problem="The test program did not end in time.")
    head, _, pixels = printed.partition(b"\n")
    try:
        said = json.loads(head)
    except ValueError:
        return Shot(process.pid, problem=f"The test program ended with status {process.returncode}.")
    if "problem" in said:
        return Shot(process.pid, problem=str(said["problem"]))
    return Shot(process.pid, float(said["asked"]), int(said["width"]), int(said["height"]), pixels)
