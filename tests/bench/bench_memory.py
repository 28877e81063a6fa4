"""Prints the memory of each process of the program: after the start, after a long grid, after some pictures.

`python -m tests.bench.bench_memory [PICTURES]`. The figure is the proportional set size: what processes share
is divided among them, so that the sum is what the program takes of the machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from local_server.accounts.models import Role
from tests.protection.stage import wait_until
from tests.support.aftermath import rows
from tests.support.desktop import CANVAS, GRID, PATIENCE_S, Desktop
from tests.support.gallery import choose_gallery, small_pictures, vivid_pictures
from tests.support.people import add_people
from tests.tour.steps import difference

PICTURES = 2000
LARGE = 20
NAME = "anna"
KINDS = ("desktop", "server", "worker", "fork server", "sentinel")
# So many turns of the wheel over the grid; it stops at its end.
TURNS = 700
IMPORT_S = 1800.0


def main() -> None:
    """Use the program as somebody would, and look at its processes in between."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    print(f"{'PSS in MiB':<36}" + "".join(f"{kind:>13}" for kind in KINDS) + f"{'all':>9}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        add_people(folder / "data", (NAME, Role.ADMIN))
        choose_gallery(folder / "data", filled(folder / "pictures", count))
        desktop = Desktop(folder, folder / "data")
        try:
            desktop.sign_in(NAME)
            imported(desktop, count)
            report(f"after the import of {count:,}", desktop)
        finally:
            desktop.stop()
        desktop = Desktop(empty(folder / "again"), folder / "data")
        try:
            use(desktop, count)
        finally:
            desktop.stop()


def filled(folder: Path, count: int) -> Path:
    """Make the gallery folder: the large pictures come first in the grid, as the newest."""
    small_pictures(folder / "small", range(count - LARGE))
    vivid_pictures(folder / "large", range(LARGE))
    return folder


def imported(desktop: Desktop, count: int) -> None:
    """Wait until every picture is ready."""

    def done() -> bool:
        found = rows(desktop.data / "catalogue.db", "SELECT count(*) FROM pictures WHERE status = 'ready'")
        return int(found[0][0]) >= count

    wait_until(done, "everything is imported", IMPORT_S)


def use(desktop: Desktop, count: int) -> None:
    """Sign in, scroll through everything, look at some pictures."""
    wait_until(lambda: desktop.titled("Sign in"), "the window asks for a name", PATIENCE_S)
    desktop.ready("worker")
    report("at the sign-in page", desktop)
    desktop.sign_in(NAME)
    desktop.until_shown(GRID)
    report("grid at its beginning", desktop)
    for _ in range(TURNS // 10):
        desktop.hands.wheel(700, 500, -10)
    time.sleep(2)
    report(f"grid of {count:,} scrolled to its end", desktop)
    for _ in range(TURNS // 10):
        desktop.hands.wheel(700, 500, 10)
    desktop.hands.click(360, 200, times=2)
    wait_until(lambda: desktop.titled("Picture"), "a picture is opened", PATIENCE_S)
    desktop.until_shown(CANVAS)
    for _ in range(LARGE - 1):
        before = desktop.pixels(CANVAS)
        desktop.hands.key("Right")

        def moved() -> bool:
            return difference(before, desktop.pixels(CANVAS)) > 0.5  # noqa: B023  (it is called in this round)

        wait_until(moved, "the next picture is to be seen", PATIENCE_S)
    time.sleep(2)
    report(f"{LARGE} pictures of 6 megapixels viewed", desktop)


def report(when: str, desktop: Desktop) -> None:
    """Print a line of the table."""
    main_process = psutil.Process(desktop.program.process.pid)
    find: Callable[[str], psutil.Process | None] = desktop.companion
    found = [main_process if kind == "desktop" else find(kind) for kind in KINDS]
    sizes = [0.0 if process is None else share(process) / 2**20 for process in found]
    cells = "".join(f"{size:>13.0f}" if size else f"{'–':>13}" for size in sizes)
    print(f"{when:<36}{cells}{sum(sizes):>9.0f}", flush=True)


def share(process: psutil.Process) -> int:
    """Return a process's share of memory; where only the administrator may know it, all that it sees."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)


def empty(folder: Path) -> Path:
    """Make a folder."""
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
