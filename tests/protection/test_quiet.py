"""What is nobody's capture stays unanswered: programs that read their own pixels, managers at their work."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from desktop.guard.events import Rect
from tests.protection.stage import Guard, Screen, Window, pixels_of, protected_pixels, running, wait_until
from tests.protection.test_tools import python
from tests.support.parts.fixtures import lack
from tests.support.parts.part import Missing

APART = "520,400,120,90"
OVER = "150,120,120,90"


@pytest.mark.parametrize("way", ["read", "copy"])
@pytest.mark.parametrize(
    ("place", "ground"), [(APART, "painted"), (APART, "bare"), (OVER, "painted")], ids=str
)
def test_a_program_reads_its_own_window(
    place: str, ground: str, way: str, screen: Screen, guard: Guard
) -> None:
    done = screen.run(*python("reader.py", place, ground, way))
    assert done.returncode == 0, done.stderr.decode()
    guard.settle()
    assert guard.events == []
    assert not guard.state.shielded


@pytest.mark.parametrize(
    "arguments",
    [(OVER, "bare", "read"), (OVER, "bare", "copy"), (OVER, "painted", "read", "below")],
    ids=" ".join,
)
def test_a_window_over_or_under_ours_is_a_way_to_read_it(
    arguments: tuple[str, ...], screen: Screen, guard: Guard
) -> None:
    done = screen.run(*python("reader.py", *arguments))
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: bool(guard.events), "the capture is reported")
    assert guard.events[0].culprit.script == "reader.py"
    wait_until(lambda: screen.shown() == 0, "the shield covers the window")


def test_a_read_beside_the_window_is_no_event(screen: Screen, guard: Guard) -> None:
    assert screen.run("maim", "-g", "80x60+600+450", "beside.png").returncode == 0
    guard.settle()
    assert guard.events == []


def test_the_region_follows_the_window(screen: Screen, window: Window, guard: Guard) -> None:
    assert window.process.stdin is not None
    window.process.stdin.write(b"move 390 290\n")
    window.process.stdin.flush()
    wait_until(lambda: bool(screen.pixels()[580, 780].any()), "the window has moved")
    guard.settle()
    assert screen.run("maim", "-g", "80x60+100+80", "before.png").returncode == 0
    guard.settle()
    assert guard.events == []
    assert screen.run("maim", "-g", "80x60+700+520", "after.png").returncode == 0
    wait_until(lambda: bool(guard.events), "the capture is reported")
    assert guard.events[0].region == Rect(700, 520, 80, 60)


@pytest.mark.parametrize("kept", ["marked", "open"])
def test_lower_levels_get_no_shield(kept: str, screen: Screen, window: Window, guard: Guard) -> None:
    assert guard.protect(window.region(kept))
    screen.run("scrot", "shot.png")
    guard.settle()
    assert {event.level for event in guard.events} == ({"marked"} if kept == "marked" else set())
    assert screen.shown() == window.area


COMMANDS = {
    "window": ["openbox", "--config-file", "/dev/null"],
    "compositing": ["picom", "--backend", "xrender", "--config", "/dev/null"],
}


def start_manager(kind: str, screen: Screen, stack: ExitStack) -> None:
    """Start a manager and wait until it is at work."""
    command = COMMANDS[kind]
    if shutil.which(command[0]) is None:
        lack(Missing(command[0], f"there is no {command[0]}"))
    stack.enter_context(running(*command, screen=screen))
    wait_until(lambda: screen.manager(kind), f"{command[0]} is at work")


class TestManagers:
    """With a window manager and a compositing manager at work."""

    @pytest.fixture(params=["window", "compositing", "window compositing"])
    def managed(self, request: pytest.FixtureRequest, screen: Screen) -> Iterator[Screen]:
        """A screen with managers."""
        with ExitStack() as stack:
            for kind in request.param.split():
                start_manager(kind, screen, stack)
            yield screen

    def test_their_work_is_no_event(self, managed: Screen) -> None:
        """Windows come, move, are raised and go, and a capture is still told from all that."""
        window = Window(managed)
        guard = Guard(managed.environment).until_live()
        try:
            assert guard.protect(window.region())
            for step in range(4):
                other = Window(managed, Rect(40 + 30 * step, 40 + 20 * step, 200, 150))
                managed.run("xdotool", "windowmove", str(other.id), "300", str(50 * step))
                managed.run("xdotool", "windowraise", str(window.id))
                managed.run("xdotool", "type", "--delay", "0", "text")
                other.close()
            guard.settle()
            assert guard.events == []
            assert not guard.state.shielded
            wait_until(lambda: managed.shown() > 0, "the picture is shown")
            managed.run("xwd", "-id", str(window.id), "-silent", "-out", "shot.xwd")
            wait_until(lambda: bool(guard.events), "a real capture is still seen")
            wait_until(lambda: managed.shown() == 0, "the shield covers the window")
            managed.run("xwd", "-id", str(window.id), "-silent", "-out", "shot.xwd")
            assert protected_pixels(pixels_of((managed.folder / "shot.xwd").read_bytes())) == 0
        finally:
            guard.stop()
            window.close()

    def test_a_compositor_may_start_and_end_while_we_watch(self, screen: Screen, guard: Guard) -> None:
        with ExitStack() as stack:
            start_manager("compositing", screen, stack)
            guard.settle()
            assert guard.events == []
        guard.settle()
        assert guard.events == []
        screen.run("scrot", "shot.png")
        wait_until(lambda: bool(guard.events), "a real capture is still seen")
        wait_until(lambda: screen.shown() == 0, "the shield covers the window")

    def test_a_manager_that_reads_the_screen_is_one_reader_among_others(
        self, screen: Screen, window: Window, guard: Guard
    ) -> None:
        with running(*python("false_compositor.py", str(window.id)), screen=screen):
            wait_until(lambda: bool(guard.events), "its read is reported")
            assert guard.events[0].culprit.script == "false_compositor.py"
            wait_until(lambda: screen.shown() == 0, "the shield covers the window")
