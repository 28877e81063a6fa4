"""The whole program as somebody has it before them: a window on a private screen, and what runs behind it."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from tests.protection.stage import Pixels, Screen, wait_until
from tests.support.server import PASSWORD
from tests.tour.hands import Hands
from tests.tour.program import ROOT, Program
from tests.tour.steps import colourfulness, part

SIZE = (1440, 900)
SAMPLES = ROOT / "resources" / "samples"
# Where the window shows pictures, as it is laid out on a screen of this size.
CANVAS = (20, 64, 1100, 730)
GRID = (232, 52, 1376, 868)
PATIENCE_S = 90.0

# By what a process behind the window is known: who starts it, and a word of its command line.
_COMPANIONS = {
    "server": ("window", "serve"),
    "sentinel": ("window", "desktop.guard.sentinel"),
    "worker": ("server", "worker"),
    "fork server": ("worker", "local_server.imaging.fork_server"),
}


class Desktop:
    """`vaultsecure` on a data directory; looked at through the frame buffer, which no guard notices."""

    def __init__(
        self,
        folder: Path,
        data: Path,
        *arguments: str,
        more: dict[str, str] | None = None,
        screen: Screen | None = None,
    ) -> None:
        """Start the program; a `screen` of the caller's own, of SIZE, is closed with it."""
        self.data = data
        self.screen = screen or Screen(folder, "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24")
        self.said = folder / "program.log"
        self.program_started = time.monotonic()
        self.program = Program(data, self.screen.environment, self.said, *arguments, more=more)
        self.hands = Hands(self.screen.name, str(self.screen.authority))

    @property
    def alive(self) -> bool:
        """Say whether the program that was started at first still runs."""
        return self.program.process.poll() is None

    def stop(self) -> int:
        """End the program and its screen; return its exit status. Fails when a process is left over."""
        family = psutil.Process(self.program.process.pid).children(recursive=True) if self.alive else []
        try:
            return self.program.stop()
        finally:
            self.hands.close()
            self.screen.close()
            _, left = psutil.wait_procs(family, 10)
            for process in left:
                process.kill()
            assert not left, f"left running: {left}"

    def companion(self, kind: str) -> psutil.Process | None:
        """Return the process of this kind, None while there is none."""
        parent_kind, word = _COMPANIONS[kind]
        parent = (
            psutil.Process(self.program.process.pid)
            if parent_kind == "window"
            else self.companion(parent_kind)
        )
        if parent is None:
            return None
        try:
            for process in parent.children():
                # Between fork and exec a child has its parent's command line.
                if word in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                    return process
        except psutil.NoSuchProcess:
            return None
        return None

    def running(self, kind: str) -> psutil.Process:
        """Wait for the process of this kind."""
        found: list[psutil.Process] = []

        def look() -> bool:
            process = self.companion(kind)
            found[:] = [] if process is None else [process]
            return bool(found)

        wait_until(look, f"there is a {kind}", PATIENCE_S)
        return found[0]

    def ready(self, kind: str) -> psutil.Process:
        """Wait for the process of this kind, and until it has begun its work."""
        found: list[psutil.Process] = []

        def look() -> bool:
            found[:] = [self.running(kind)]
            return self.begun(kind)

        wait_until(look, f"the {kind} has begun", PATIENCE_S)
        return found[0]

    def begun(self, kind: str) -> bool:
        """Say whether the process of this kind is there and at work."""
        process = self.companion(kind)
        if process is None:
            return False
        try:
            if kind in ("server", "worker"):
                return any(
                    entry["event"] == "began"
                    and datetime.fromisoformat(entry["time"]).timestamp() > process.create_time()
                    for entry in logged(self.data / "logs" / f"{kind}.log")
                )
        except psutil.NoSuchProcess:
            return False
        return True

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in by the keyboard, as soon as the window asks for it."""
        wait_until(lambda: self.titled("Sign in"), "the window asks for a name", PATIENCE_S)
        self.hands.key("Control", "a")
        self.hands.type(name)
        self.hands.key("Return")
        self.hands.type(password)
        self.hands.key("Return")
        wait_until(lambda: not self.titled("Sign in"), f"{name} is signed in", PATIENCE_S)

    def titled(self, words: str) -> bool:
        """Say whether the window has these words in its title."""
        return any(words in title for title in self.hands.titles())

    def window(self) -> int:
        """Return the X id of the window, wherever a window manager has put it."""
        listed = self.screen.run("xwininfo", "-root", "-tree").stdout.decode()
        # The largest: Qt keeps hidden windows of the same name.
        found = re.findall(r'(0x\w+) .*"vaultsecure".*?\)\s+(\d+)x(\d+)\+', listed)
        return int(max(found, key=lambda one: int(one[1]) * int(one[2]))[0], 16)

    def root(self) -> int:
        """Return the X id of the root window."""
        listed = self.screen.run("xwininfo", "-root").stdout.decode()
        return int(listed.split("Window id: ")[1].split()[0], 16)

    def pixels(self, where: tuple[int, int, int, int]) -> Pixels:
        """Return a part of the screen."""
        return part(np.ascontiguousarray(self.screen.pixels()), *where)

    def shows(self, where: tuple[int, int, int, int] = CANVAS) -> bool:
        """Say whether a picture is to be seen in a part of the screen."""
        return pictured(self._glimpse(where))

    def hides(self, where: tuple[int, int, int, int] = CANVAS) -> bool:
        """Say whether nothing of a picture is to be seen in a part of the screen."""
        return not leaked(self._glimpse(where))

    def _glimpse(self, where: tuple[int, int, int, int]) -> Pixels:
        """Return some pixels of a part of the screen, spread over it: quick enough for passing states."""
        return part(self.screen.pixels(), *where)[::8, ::8]

    def until_shown(self, where: tuple[int, int, int, int] = CANVAS) -> None:
        """Wait until a picture is to be seen."""
        wait_until(lambda: self.shows(where), "a picture is to be seen", PATIENCE_S)

    def captures(self) -> list[dict[str, Any]]:
        """Return the details of all capture attempts in the audit log, oldest first."""
        return self.recorded("capture_attempt")

    def recorded(self, kind: str) -> list[dict[str, Any]]:
        """Return the details of all entries of a kind in the audit log, oldest first."""
        with catalogue(self.data) as reader:
            rows = reader.execute(
                "SELECT detail FROM audit_entries WHERE kind = ? ORDER BY sequence", (kind,)
            ).fetchall()
        return [json.loads(row[0]) for row in rows]


def pictured(pixels: Pixels) -> bool:
    """Say whether these pixels are a photograph's: the rooms around it are grey."""
    return colourfulness(pixels) > 0.2


def leaked(pixels: Pixels) -> bool:
    """Say whether a part of a photograph is among these pixels; the shield's own words are alarm red."""
    return colourfulness(pixels) > 0.02


@contextmanager
def catalogue(data: Path) -> Iterator[sqlite3.Connection]:
    """Open the catalogue for reading, beside the server."""
    with closing(sqlite3.connect(f"file:{data}/catalogue.db?mode=ro", uri=True, timeout=30)) as reader:
        yield reader


def bugs(data: Path) -> Sequence[dict[str, Any]]:
    """Return the reports of bugs in the server's and the worker's log."""
    return [entry for entry in logged(data / "logs" / "error.log") if entry["event"] in ("bug", "crash")]


def logged(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a log; one that was cut off by a kill is none."""
    if not path.exists():
        return []
    lines = path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("}\n")]
