"""A desktop at work around the program: nothing of it takes pictures, so nothing may be taken for that."""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from tests.protection.gauntlet.target import LEVELS, Target
from tests.protection.gauntlet.windows import Windows
from tests.support.waiting import until

MINUTES = 60.0
BESIDE = "openbox picom"
WINDOW_S = 20.0
GLANCE_S = 0.05
ELSEWHERE = "keyboard elsewhere"
# The black windows are there before the time that is told of their cause reads the clock.
TOLD_WITHIN_S = 0.2
PAGE = "<title>Notes</title><h1>Notes</h1>" + "<p>Nobody takes a picture of anything here.</p>" * 60


class Dark(NamedTuple):
    """A moment without the picture: when it was and how long, in seconds, and what was done then."""

    at: float
    lasted: float
    chore: str
    elsewhere: bool
    begins: bool


class Report(NamedTuple):
    """What an hour at a level has brought."""

    level: str
    seconds: float
    chores: dict[str, int]
    recorded: list[dict[str, Any]]
    darks: list[Dark]
    shields: list[tuple[float, str]]

    def cause(self, dark: Dark) -> str:
        """Say what hid the picture: the keyboard elsewhere, or what the latest short shield was told for."""
        if dark.elsewhere:
            return ELSEWHERE
        told = [cause for at, cause in self.shields if at <= dark.at + TOLD_WITHIN_S]
        return told[-1] if told else "nothing that was told"

    def causes(self) -> dict[str, float]:
        """Return the hidden seconds by cause, the longest first."""
        found: dict[str, float] = {}
        for dark in self.darks:
            cause = self.cause(dark)
            found[cause] = found.get(cause, 0.0) + dark.lasted
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))

    def __str__(self) -> str:
        """Say it in a few lines."""
        done = ", ".join(f"{count} {name}" for name, count in sorted(self.chores.items()))
        causes = self.causes()
        elsewhere = causes.get(ELSEWHERE, 0.0)
        rest = sum(causes.values()) - elsewhere
        with_us = max(self.seconds - elsewhere, 0.001)
        lines = [
            f"{self.level}: {self.seconds / 60:.1f} minutes ({done}); {len(self.recorded)} events recorded",
            f"    keyboard elsewhere, hidden by design: {elsewhere:.1f} s",
            f"    otherwise hidden: {rest:.1f} s, {100 * rest / with_us:.1f} % of the other {with_us:.1f} s",
        ]
        lines += [f"    recorded: {one['kind']} by {one['culprit']['name']}" for one in self.recorded]
        lines += [
            f"    hidden {seconds:.1f} s by: {cause}"
            for cause, seconds in causes.items()
            if cause != ELSEWHERE
        ]
        by_chore = {one.chore for one in self.darks if one.begins}
        lines += [
            f"    hidden during {chore}: {sum(one.chore == chore and one.begins for one in self.darks)} times"
            for chore in sorted(by_chore)
        ]
        return "\n".join(lines)


class Desk:
    """Somebody who works beside the program, with the means of one screen."""

    def __init__(self, target: Target, windows: Windows, seed: int) -> None:
        """Sit down; the order of the work comes from the seed."""
        self._target = target
        self._windows = windows
        self._random = random.Random(seed)
        self._hands = target.desktop.hands
        self._folder = target.folder / "desk"
        self._folder.mkdir()
        (self._folder / "notes.html").write_text(PAGE)
        (self._folder / "notes.txt").write_text("Nothing of note.\n" * 20)
        self.doing = "nothing"
        self.chores: dict[str, int] = {}

    def work(self, seconds: float, pause: float) -> None:
        """Do chore after chore until the time is over."""
        chores = {"terminal": self._terminal, "clipboard": self._clipboard, "viewer": self._viewer}
        if shutil.which("pcmanfm"):
            chores["file manager"] = self._files
        if shutil.which("chromium"):
            chores["browser"] = self._browser
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            order = list(chores)
            self._random.shuffle(order)
            for name in order:
                self.doing = name
                chores[name]()
                self.chores[name] = self.chores.get(name, 0) + 1
                time.sleep(pause)
                self.doing = f"the pause after {name}"

    def _terminal(self) -> None:
        with self._window("xterm", "-geometry", "60x12+40+40", words="xterm") as window:
            self._hands.type("ls -la; cat notes.txt")
            self._hands.key("Return")
            self._about(window)

    def _files(self) -> None:
        with self._window("pcmanfm", "--no-desktop", str(self._folder), words="pcmanfm") as window:
            for key in ("Down", "Up", "Tab"):
                self._hands.key(key)
            self._about(window)

    def _browser(self) -> None:
        command = ["chromium", "--no-sandbox", "--no-first-run", f"--user-data-dir={self._folder}/browser"]
        command += ["--window-size=600,400", "--window-position=60,60", "--password-store=basic"]
        page = f"--app=file://{self._folder}/notes.html"
        with self._window(*command, page, words="chromium") as window:
            self._hands.move(300, 300)
            self._hands.wheel(300, 300, -10)
            self._about(window)

    def _clipboard(self) -> None:
        for selection in ("primary", "clipboard"):
            # It stays in the background to answer for the selection, and must not keep our pipe.
            note = str(self._folder / "notes.txt")
            self._run("sh", "-c", f"xclip -selection {selection} -i {note} >&2")
            self._run("xclip", "-selection", selection, "-o")

    def _viewer(self) -> None:
        self._hands.click(900, 500)
        for key in ("=", "=", "-", "i", "i"):
            self._hands.key(key)
        self._hands.key("Control", "0")

    def _about(self, window: int) -> None:
        """Move a window about, lower and raise it."""
        for _ in range(3):
            self._windows.move(window, self._random.randrange(20, 700), self._random.randrange(20, 400))
            time.sleep(GLANCE_S)
        self._windows.resize(window, 500, 300)
        self._windows.put_on_top(window)

    @contextmanager
    def _window(self, *command: str, words: str) -> Iterator[int]:
        """Open a program's window, put the focus on it, and end the program."""
        with (self._folder / "said.log").open("ab") as log:
            program = subprocess.Popen(
                command,
                env=self._target.environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            window = until(lambda: self._windows.find(words), f"{words} has a window")
            self._windows.activate(window)
            yield window
        finally:
            program.terminate()
            program.wait(WINDOW_S)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            env=self._target.environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        return done.stdout.decode()


def spend(target: Target, seconds: float, pause: float, seed: int = 4) -> Report:
    """Work beside a target for some time, and look at the screen all the while."""
    screen = target.desktop.screen
    windows, glance = (Windows(screen.name, str(screen.authority)) for _ in range(2))
    desk = Desk(target, windows, seed)
    target.until_shown()
    before, told = len(target.captures()), len(target.short_shields())
    darks: list[Dark] = []
    ended = threading.Event()

    def look() -> None:
        last, hidden = time.monotonic(), False
        while not ended.wait(GLANCE_S):
            was, hidden, now = hidden, target.shown() == 0, time.monotonic()
            if hidden:
                elsewhere = not glance.keyboard_with(target.window)
                darks.append(Dark(time.time(), now - last, desk.doing, elsewhere, begins=not was))
            last = now

    start = time.monotonic()
    watcher = threading.Thread(target=look, name="watcher")
    watcher.start()
    try:
        desk.work(seconds, pause)
        target.until_shown()
    finally:
        ended.set()
        watcher.join()
        windows.close()
        glance.close()
    shields = [
        (datetime.fromisoformat(one["time"]).timestamp(), f"{one['kind']} by {one['culprit']['name']}")
        for one in target.short_shields()[told:]
    ]
    spent = time.monotonic() - start
    return Report(target.level, spent, desk.chores, target.captures()[before:], darks, sorted(shields))


def main(arguments: Sequence[str] | None = None) -> int:
    """Spend the time at both levels; exit status 1 when something was recorded."""
    parser = argparse.ArgumentParser(prog="python -m tests.protection.gauntlet.quiet", description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=MINUTES, help=f"how long ({MINUTES:g})")
    parser.add_argument("--level", nargs="+", choices=LEVELS, default=LEVELS, help="at these only")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="vaultsecure-quiet-") as scratch, ExitStack() as ends:
        targets = []
        for level in chosen.level:
            folder = Path(scratch) / level
            folder.mkdir()
            targets.append(Target(folder, level, BESIDE))
            ends.callback(targets[-1].close)
        with ThreadPoolExecutor(len(targets)) as pool:
            reports = list(pool.map(lambda target: spend(target, 60 * chosen.minutes, 3.0), targets))
    for report in reports:
        sys.stdout.write(f"{report}\n")
    return 1 if any(report.recorded for report in reports) else 0


if __name__ == "__main__":
    raise SystemExit(main())
