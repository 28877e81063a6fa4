"""One tool runs once against one target: what it got, and what the guard made of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from tests.protection.gauntlet.signals import frames_of, protected_pixels
from tests.protection.gauntlet.target import Target
from tests.protection.gauntlet.tools import Tool
from tests.support.waiting import until

TOOL_S = 60.0
ANSWER_S = 60.0


class Outcome(NamedTuple):
    """What came of an attempt.

    `leaked` counts the frames that hold protected pixels, `said` is what a tool complained of that wrote
    nothing, or who was blamed in its place. `dark` tells that the screen itself was seen without the picture,
    `shield_ms` is the record's time from the read to the shield, None where the shield was there before.
    """

    tool: str
    level: str
    manager: str
    frames: int
    leaked: int
    pixels: int
    recorded: bool
    named: bool
    dark: bool
    back: bool
    shield_ms: float | None
    said: str = ""

    @property
    def wrote(self) -> bool:
        """Say whether a file was written."""
        return self.frames > 0


def attempt(name: str, tool: Tool, target: Target, turn: Lock) -> Outcome:
    """Run a tool once. `turn` lets one run at a time, so that no other is counted among what is slow."""
    target.attempts += 1
    folder = target.folder / f"attempt-{target.attempts}"
    folder.mkdir()
    try:
        with turn:
            target.until_shown()
            before = len(target.captures())
            dark, said = _strike(name, tool, target, folder)
        leaks = [protected_pixels(frame) for file in _written(folder) for frame in frames_of(file)]
    finally:
        shutil.rmtree(folder)
    recorded = _records(tool, target, before)
    named = [one for one in recorded if _is(tool, one["culprit"])]
    times = [one["shield_ms"] for one in named if one["shield_ms"] is not None]
    return Outcome(
        name,
        target.level,
        target.manager,
        frames=len(leaks),
        leaked=sum(leak > 0 for leak in leaks),
        pixels=sum(leaks),
        recorded=bool(recorded),
        named=bool(named),
        dark=dark,
        back=_comes(target.until_shown),
        shield_ms=times[0] if times else None,
        said=said if not leaks else "" if named else f"blamed: {[one['culprit'] for one in recorded]}",
    )


def _strike(name: str, tool: Tool, target: Target, folder: Path) -> tuple[bool, str]:
    """Run the tool to its end; return whether the screen went dark, and what the tool said."""
    log = folder / "said.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _filled(name, tool.command, target),
            env=target.environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if tool.waits else output,
            stderr=output,
            start_new_session=True,
        )
        try:
            if tool.waits:
                _let_read(process, target)
            dark = _watch(process, target, folder, lingers=tool.lingers)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    dark = dark or _comes(lambda: target.until_hidden(3.0))
    return dark, log.read_text(errors="replace")[-500:]


def _let_read(process: subprocess.Popen[bytes], target: Target) -> None:
    """Wait until the tool has connected and the picture is there, and tell it to go on."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    # Whatever the connection has brought about has passed by then.
    time.sleep(0.5)
    target.until_shown()
    process.stdin.write(b"\n")
    process.stdin.flush()


def _watch(process: subprocess.Popen[bytes], target: Target, folder: Path, *, lingers: bool) -> bool:
    """Look at the screen until the tool has ended; return whether it went dark."""
    dark = False
    deadline = time.monotonic() + TOOL_S
    while process.poll() is None and time.monotonic() < deadline:
        dark = dark or target.shown() == 0
        if lingers and _whole(folder):
            break
        time.sleep(0.01)
    return dark


def _whole(folder: Path) -> bool:
    """Say whether a file was written, and can be opened."""
    try:
        return any(True for file in _written(folder) for _ in frames_of(file))
    except OSError:
        return False


def _written(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("shot*") if file.stat().st_size)


def _records(tool: Tool, target: Target, before: int) -> list[dict[str, Any]]:
    """Return what was recorded of the attempt, as soon as the tool is among it."""

    def named() -> bool:
        return any(_is(tool, one["culprit"]) for one in target.captures()[before:])

    _comes(lambda: until(named, "the attempt is recorded", ANSWER_S))
    return target.captures()[before:]


def _is(tool: Tool, culprit: dict[str, Any]) -> bool:
    name, executable = culprit["name"] or "", culprit["executable"] or ""
    return name.startswith(tool.culprit) and executable.startswith("/") and culprit["script"] == tool.script


def _comes(waiting: Any) -> bool:
    try:
        waiting()
    except AssertionError:
        return False
    return True


def _filled(name: str, command: Sequence[str], target: Target) -> list[str]:
    """Put in what is there now."""
    desktop = target.desktop
    sentinel = desktop.companion("sentinel")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    known = {
        "python": target.interpreters.of(name),
        "window": target.window,
        "root": target.root,
        "display": desktop.screen.name,
        "port": port,
        "sentinel": 0 if sentinel is None else sentinel.pid,
    }
    return [part.format(**known) for part in command]
