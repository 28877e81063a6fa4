"""What runs behind the window dies or hangs while somebody looks: it is mended, and the looking goes on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local_server.accounts.models import Role
from tests.protection.stage import Pixels, wait_until
from tests.support.desktop import CANVAS, PATIENCE_S, Desktop, bugs, catalogue
from tests.support.people import add_people
from tests.support.pictures import encoded, noise
from tests.support.server import command
from tests.tour.steps import difference

VIEWER = "vera"
# Enough that no test comes to a picture which has been fetched ahead already.
PICTURES = 24
STEPS, FETCHED_AHEAD = 3, 2
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """The program, with a viewer signed in at its window, the newest picture opened."""
    folder = tmp_path_factory.mktemp("program")
    data = folder / "data"
    add_people(data, (VIEWER, Role.VIEWER))
    fill(folder / "pictures", data)
    started = Desktop(folder, data)
    try:
        started.sign_in(VIEWER)
        started.until_shown((232, 100, 700, 300))
        started.hands.click(360, 200, times=2)
        wait_until(lambda: started.titled("Picture"), "a picture is opened", PATIENCE_S)
        started.until_shown()
        yield started
        assert started.alive
    finally:
        status = started.stop()
    assert status == 0
    assert bugs(data) == []


def fill(folder: Path, data: Path) -> None:
    """Import pictures that are all different."""
    folder.mkdir()
    for number in range(PICTURES):
        (folder / f"{number:02}.jpg").write_bytes(encoded(noise(1600, 1000, number), "JPEG"))
    done = command("import", str(folder), "--data-dir", str(data), "--json", home=folder.parent)
    assert done.returncode == 0, done.stderr


def look_on(desktop: Desktop) -> None:
    """Go to pictures that were never fetched, see each, and see that the server has sent each in full."""
    wanted = delivered(desktop) + STEPS - FETCHED_AHEAD
    for _ in range(STEPS):
        before: Pixels = desktop.pixels(CANVAS)
        desktop.hands.key("Right")

        def moved(before: Pixels = before) -> bool:
            return difference(before, desktop.pixels(CANVAS)) > 8 and desktop.shows()

        wait_until(moved, "the next picture is to be seen", PATIENCE_S)
    wait_until(lambda: delivered(desktop) >= wanted, "the server has sent the pictures", PATIENCE_S)


def delivered(desktop: Desktop) -> int:
    """Count the pictures that were sent in full."""
    with catalogue(desktop.data) as reader:
        asked = "SELECT count(DISTINCT picture_id) FROM deliveries WHERE rendition = 'screen'"
        return int(reader.execute(asked).fetchone()[0])


def mended(desktop: Desktop, kind: str, struck: psutil.Process) -> bool:
    """Say whether another process does the work of the one that was struck."""
    now = desktop.companion(kind)
    return now is not None and now.pid != struck.pid


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=lambda blow: blow.name)
@pytest.mark.parametrize("kind", ["server", "worker"])
def test_the_picture_stays_while_a_companion_is_mended(
    kind: str, blow: signal.Signals, desktop: Desktop
) -> None:
    desktop.until_shown()
    window = desktop.window()
    struck = desktop.ready(kind)
    hidden: list[bool] = []

    struck.send_signal(blow)

    def look() -> bool:
        hidden.append(desktop.hides())
        return mended(desktop, kind, struck)

    wait_until(look, f"there is another {kind}", PATIENCE_S)
    desktop.ready(kind)
    look_on(desktop)
    assert not any(hidden), f"hidden at {hidden.count(True)} of {len(hidden)} looks"
    assert desktop.alive
    assert desktop.window() == window


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=lambda blow: blow.name)
def test_the_picture_is_hidden_until_it_is_guarded_again(blow: signal.Signals, desktop: Desktop) -> None:
    desktop.until_shown()
    window = desktop.window()
    struck = desktop.running("sentinel")

    struck.send_signal(blow)

    wait_until(desktop.hides, "nobody watches, so nothing is shown", PATIENCE_S)
    wait_until(lambda: mended(desktop, "sentinel", struck), "there is another sentinel", PATIENCE_S)
    desktop.until_shown()
    before = len(desktop.captures())
    assert desktop.screen.run("scrot", "-o", "shot.png").returncode == 0
    wait_until(desktop.hides, "the new sentinel guards what the old one did", 30)
    wait_until(lambda: len(desktop.captures()) > before, "the attempt is recorded", 30)
    desktop.until_shown()
    look_on(desktop)
    assert desktop.alive
    assert desktop.window() == window
