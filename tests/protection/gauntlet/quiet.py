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
from pathlib import Path
from typing import Any, NamedTuple

from tests.protection.gauntlet.target import LEVELS, Target
from tests.support.waiting import until

MINUTES = 60.0
BESIDE = "openbox picom"
WINDOW_S = 20.0
PAGE = "<title>Notes</title><h1>Notes</h1>" + "<p>Nobody takes a picture of anything here.</p>" * 60


class Dark(NamedTuple):
    """A time without the picture: when it began and how long it was, in seconds, and what was done then."""

    began: float
    lasted: float
    chore: str


class Report(NamedTuple):
    """What an hour at a level has brought."""

    level: str
    seconds: float
    chores: dict[str, int]
    recorded: list[dict[str, Any]]
    darks: list[Dark]

    def __str__(self) -> str:
        """Say it in a few lines."""
        done = ", ".join(f"{count} {name}" for name, count in sorted(self.chores.items()))
        dark = sum(one.lasted for one in self.darks)
        share, longest = 100 * dark / self.seconds, max((one.lasted for one in self.darks), default=0)
        lines = [
            f"{self.level}: {self.seconds / 60:.1f} minutes ({done}); {len(self.recorded)} events recorded",
            f"    hidden {len(self.darks)} times, {share:.1f} % of the time, {longest:.1f} s at most",
        ]
        lines += [f"    recorded: {one['kind']} by {one['culprit']['name']}" for one in self.recorded]
        by_chore = {one.chore for one in self.darks}
        lines += [
            f"    hidden during {chore}: {sum(one.chore == chore for one in self.darks)} times"
            for chore in sorted(by_chore)
        ]
        return "\n".join(lines)


class Desk:
    """Somebody who works beside the program, with the means of one screen."""

    def __init__(self, target: Target, seed: int) -> None:
        """Sit down; the order of the work comes from the seed."""
        self._target = target
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

    def _about(self, window: str) -> None:
        """Move a window about, lower and raise it."""
        for _ in range(3):
            place = (str(self._random.randrange(20, 700)), str(self._random.randrange(20, 400)))
            self._run("xdotool", "windowmove", window, *place)
        self._run("xdotool", "windowsize", window, "500", "300")
        self._run("xdotool", "windowraise", window)

    @contextmanager
    def _window(self, *command: str, words: str) -> Iterator[str]:
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
            # It gives up when a window goes just when it asks about it.
            search = ("xdotool", "search", "--sync", "--onlyvisible", "--class", words)
            window = until(lambda: self._run(*search), f"{words} has a window").split()[0]
            self._run("xdotool", "windowactivate", window)
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
    desk = Desk(target, seed)
    target.until_shown()
    before = len(target.captures())
    darks: list[Dark] = []
    ended = threading.Event()

    def look() -> None:
        began: float | None = None
        while not ended.wait(0.05):
            hidden = target.shown() == 0
            now = time.monotonic()
            if hidden and began is None:
                began, chore = now, desk.doing
            elif not hidden and began is not None:
                darks.append(Dark(began - start, now - began, chore))
                began = None

    start = time.monotonic()
    watcher = threading.Thread(target=look, name="watcher")
    watcher.start()
    try:
        desk.work(seconds, pause)
        target.until_shown()
    finally:
        ended.set()
        watcher.join()
    return Report(target.level, time.monotonic() - start, desk.chores, target.captures()[before:], darks)


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
