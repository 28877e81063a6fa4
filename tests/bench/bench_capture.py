"""Prints how long the whole program takes from a read of the screen to its shield, by tool.

`python -m tests.bench.bench_capture [ROUNDS]`. `read to shield` is the sentinel's own time, from the arrival
of the record datum to the server's word that the shield is mapped; `black after start` is seen from outside,
in the frame buffer, and counts from the start of the tool, whose own start is most of it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path

from local_server.accounts.models import Role
from tests.protection.stage import wait_until
from tests.protection.test_tools import TOOLS
from tests.support.desktop import SAMPLES, Desktop
from tests.support.people import add_people
from tests.support.server import PASSWORD

ROUNDS = 3
NAME = "vera"
USED = ("scrot", "xwd-root", "xwd-window", "import", "maim", "pillow", "mss")


def main() -> None:
    """Measure every tool, round by round: one that comes back at once is held off longer each time."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    own: dict[str, list[float]] = {tool: [] for tool in USED}
    outer: dict[str, list[float]] = {tool: [] for tool in USED}
    with tempfile.TemporaryDirectory() as scratch:
        desktop = opened(Path(scratch))
        try:
            for _ in range(rounds):
                for tool in USED:
                    inside, outside = measure(desktop, tool)
                    own[tool].append(inside)
                    outer[tool].append(outside)
        finally:
            desktop.stop()
    print(f"{'tool':<14}{'read to shield: median ms':>27}{'worst':>9}{'black after start: median ms':>31}")
    for tool in USED:
        row(tool, own[tool], outer[tool])
    row("all", list(chain(*own.values())), list(chain(*outer.values())))


def opened(folder: Path) -> Desktop:
    """Start the program on a guarded picture, as a viewer."""
    add_people(folder / "data", (NAME, Role.VIEWER))
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    picture = str(SAMPLES / "Yala mountain.jpg")
    arguments = ["view", picture, "--user", NAME, "--password-file", str(password)]
    desktop = Desktop(folder, folder / "data", *arguments)
    desktop.until_shown()
    return desktop


def measure(desktop: Desktop, tool: str) -> tuple[float, float]:
    """Return the sentinel's milliseconds, and those from the tool's start to a picture that is gone."""
    wait_until(desktop.shows, "the picture is shown", 90)
    before = len(desktop.captures())
    command = [part.format(window=desktop.window()) for part in TOOLS[tool][0]]
    quiet = subprocess.DEVNULL
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=desktop.screen.environment, cwd=desktop.screen.folder, stdout=quiet, stderr=quiet
    )
    wait_until(desktop.hides, f"{tool} is answered", 30)
    black = 1000 * (time.monotonic() - began)
    process.wait(30)
    wait_until(lambda: len(desktop.captures()) > before, "the attempt is recorded", 30)
    return float(desktop.captures()[before]["shield_ms"]), black


def row(name: str, own: list[float], outer: list[float]) -> None:
    """Print a line of the table."""
    print(f"{name:<14}{statistics.median(own):>27.2f}{max(own):>9.2f}{statistics.median(outer):>31.0f}")


if __name__ == "__main__":
    main()
