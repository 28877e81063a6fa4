"""Prints how long it takes from the start of the process to the first picture on the screen.

`python -m tests.bench.bench_start [ROUNDS]`. The whole program with its server is started on a private screen
and looked at through the frame buffer's file; a bare Qt window with such a JPEG is the machine's measure.
The first round follows a request to the kernel to forget the program's files, the others find them in memory.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from local_server.accounts.models import Role
from tests.protection.stage import Pixels, Screen
from tests.support.desktop import CANVAS, GRID, PATIENCE_S, Desktop
from tests.support.gallery import vivid_pictures
from tests.support.people import add_people
from tests.support.server import PASSWORD, command
from tests.tour.program import ROOT

ROUNDS = 5
PICTURES = 40
NAME = "anna"
WHOLE = (0, 0, 1440, 900)

Times = dict[str, float]


def main() -> None:
    """Measure every way in, by turns."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"{'way in':<16}{'':<11}{'what':<34}{'ms':>8}{'to bare':>9}")
    measured: list[dict[str, Times]] = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        prepare(folder)
        for number in range(rounds + 1):
            if number == 0:
                forget_files()
            measured.append(
                {
                    "bare Qt window": bare(folder, number),
                    "view FILE": view(folder, number),
                    "sign in": sign_in(folder, number),
                }
            )
    report("cold", measured[:1])
    report("warm", measured[1:])


def prepare(folder: Path) -> None:
    """Make an account, and a library of pictures of a colour that nothing else on the screen has."""
    add_people(folder / "data", (NAME, Role.ADMIN))
    vivid_pictures(folder / "pictures", range(PICTURES))
    done = command("import", str(folder / "pictures"), "--data-dir", str(folder / "data"), home=folder)
    if done.returncode:
        raise RuntimeError(done.stderr)
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o600)


def bare(folder: Path, number: int) -> Times:
    """Start the bare window."""
    screen = Screen(fresh(folder, f"bare-{number}"))
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare_window", str(folder / "pictures" / "00000.jpg")],
        env=screen.environment,
        cwd=ROOT,
    )
    try:
        return {"picture": seen(began, lambda: vivid(screen.pixels()))}
    finally:
        process.terminate()
        process.wait()
        screen.close()


def view(folder: Path, number: int) -> Times:
    """Start the program on one picture."""
    picture = str(folder / "pictures" / "00000.jpg")
    arguments = ["view", picture, "--user", NAME, "--password-file", str(folder / "password")]
    desktop = Desktop(fresh(folder, f"view-{number}"), folder / "data", *arguments)
    began = desktop.program_started
    try:
        return {
            "window": seen(began, lambda: bool(desktop.pixels(WHOLE).any())),
            "server listens": seen(began, lambda: desktop.begun("server")),
            "picture": seen(began, lambda: vivid(desktop.pixels(CANVAS))),
        }
    finally:
        desktop.stop()


def sign_in(folder: Path, number: int) -> Times:
    """Start the program, and sign in as soon as it asks; typing is not counted."""
    desktop = Desktop(fresh(folder, f"sign-in-{number}"), folder / "data")
    began = desktop.program_started
    try:
        times = {
            "window": seen(began, lambda: bool(desktop.pixels(WHOLE).any())),
            "asks for a name": seen(began, lambda: desktop.titled("Sign in")),
        }
        desktop.hands.key("Control", "a")
        desktop.hands.type(NAME)
        desktop.hands.key("Return")
        desktop.hands.type(PASSWORD)
        entered = time.monotonic()
        desktop.hands.key("Return")
        times["thumbnail, from Return on"] = seen(entered, lambda: vivid(desktop.pixels(GRID)))
        times["thumbnail, without the typing"] = times["asks for a name"] + times["thumbnail, from Return on"]
        return times
    finally:
        desktop.stop()


def vivid(pixels: Pixels) -> bool:
    """Say whether pictures of the library are to be seen."""
    red, green, blue = (pixels[::4, ::4, channel] for channel in range(3))
    return float(np.mean((red > 150) & (green < 110) & (blue > 70))) > 0.02


def seen(began: float, happened: Callable[[], bool]) -> float:
    """Wait for something, and return the milliseconds since the beginning."""
    while not happened():
        if time.monotonic() - began > PATIENCE_S:
            raise AssertionError("nothing was seen")
        time.sleep(0.004)
    return 1000 * (time.monotonic() - began)


def fresh(folder: Path, name: str) -> Path:
    """Make a folder."""
    made = folder / name
    made.mkdir()
    return made


def forget_files() -> None:
    """Ask the kernel to drop the program's and Python's files from memory; what it keeps, it keeps."""
    if not hasattr(os, "posix_fadvise"):
        return
    os.sync()
    for root in {ROOT / "desktop", ROOT / "local_server", Path(sys.prefix), Path(sys.base_prefix) / "lib"}:
        for path in root.rglob("*"):
            if path.suffix in {".pyc", ".py", ".so"} or ".so." in path.name:
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def report(how: str, rounds: list[dict[str, Times]]) -> None:
    """Print medians, and how often the bare window would have been there in the same time."""
    measure = statistics.median(one["bare Qt window"]["picture"] for one in rounds)
    for way in rounds[0]:
        for what in rounds[0][way]:
            typical = statistics.median(one[way][what] for one in rounds)
            print(f"{way:<16}{how:<11}{what:<34}{typical:>8.0f}{typical / measure:>9.1f}")


if __name__ == "__main__":
    main()
