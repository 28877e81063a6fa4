"""Server and worker are killed again and again while they import, and somebody looks at the grid meanwhile.

`CRASH_PICTURES=2000 CRASH_KILLS=10` makes it the long run; `CRASH_SEED` repeats one.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local_server.accounts.models import Role
from tests.protection.stage import figure, wait_until
from tests.support.aftermath import assert_whole, rows
from tests.support.desktop import GRID, Desktop, bugs
from tests.support.gallery import choose_gallery, small_pictures
from tests.support.people import add_people
from tests.support.server import command

PICTURES = int(os.environ.get("CRASH_PICTURES", "150"))
KILLS = int(os.environ.get("CRASH_KILLS", "3"))
SEED = int(os.environ.get("CRASH_SEED") or secrets.randbelow(1 << 32))
# Five ends of the server within a minute are what safe mode is for, so the fifth in a row has to wait.
A_MINUTE_S, AT_MOST = 62.0, 4
IMPORT_S = 600.0
VICTIMS = [("server",), ("worker",), ("server", "worker")]
NAME = "anna"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The gallery folder, empty."""
    made = tmp_path / "gallery"
    made.mkdir()
    return made


@pytest.fixture
def desktop(tmp_path: Path, folder: Path) -> Iterator[Desktop]:
    """The program with an admin at its grid."""
    data = tmp_path / "data"
    add_people(data, (NAME, Role.ADMIN))
    choose_gallery(data, folder)
    started = Desktop(tmp_path, data)
    try:
        started.sign_in(NAME)
        yield started
    finally:
        started.stop()


class Killer:
    """Kills at random, never so often that the program would rightly give up."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._at: list[float] = []

    def wait(self, victims: tuple[str, ...]) -> None:
        """Wait until these may be killed, each at its work."""
        if "server" in victims and len(self._at) >= AT_MOST:
            time.sleep(max(0.0, self._at[-AT_MOST] + A_MINUTE_S - time.monotonic()))
        self._desktop.ready("server")

    def kill(self, victims: tuple[str, ...]) -> None:
        """Kill them now; one that is only just being started again has been killed before."""
        for victim in victims:
            process = self._desktop.companion(victim)
            if process is not None:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
        if "server" in victims:
            self._at.append(time.monotonic())


def ready(desktop: Desktop) -> int:
    """Count the pictures that are ready."""
    found = rows(desktop.data / "catalogue.db", "SELECT count(*) FROM pictures WHERE status = 'ready'")
    return int(found[0][0])


def until_ready(desktop: Desktop, count: int) -> None:
    """Wait until so many pictures are ready."""
    wait_until(lambda: ready(desktop) >= count, f"{count} pictures are ready", IMPORT_S)


@pytest.mark.slow
@pytest.mark.timeout(IMPORT_S + 900)
def test_nothing_is_lost_doubled_or_half_done(desktop: Desktop, folder: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    figure(f"CRASH_SEED={SEED}: {PICTURES} pictures, {KILLS} kills")
    small_pictures(tmp_path / "made", range(PICTURES))
    files = sorted((tmp_path / "made").iterdir())
    pid, window, killer = desktop.program.process.pid, desktop.window(), Killer(desktop)
    began = time.monotonic()
    order = [VICTIMS[number % len(VICTIMS)] for number in range(KILLS)]
    chance.shuffle(order)
    for round_, victims in enumerate(order):
        killer.wait(victims)
        # What lands now is what the blow hits: some of it is ready, some in work, some not yet seen.
        batch = files[round_ * PICTURES // KILLS : (round_ + 1) * PICTURES // KILLS]
        for file in batch:
            file.rename(folder / file.name)
        before = ready(desktop)
        until_ready(desktop, before + chance.randrange(len(batch)))
        killer.kill(victims)
        figure(f"{time.monotonic() - began:6.1f} s: killed {' and '.join(victims)} at {ready(desktop)} ready")
        assert not desktop.titled("Safe mode")
    until_ready(desktop, PICTURES)
    figure(f"{time.monotonic() - began:6.1f} s: all ready")

    desktop.ready("server")
    desktop.ready("worker")
    desktop.until_shown(GRID)
    assert (desktop.program.process.pid, desktop.alive, desktop.window()) == (pid, True, window)
    assert desktop.stop() == 0
    assert desktop.said.read_text() == ""
    assert bugs(desktop.data) == []
    assert_whole(desktop.data, folder)
    audit = command("audit", "verify", "--data-dir", str(desktop.data), home=tmp_path)
    assert audit.returncode == 0, audit.stdout + audit.stderr
