"""What is nobody's capture stays unanswered: programs that read their own pixels, managers at their work."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from desktop.guard.events import Rect
from tests.protection.stage import Guard, Screen, Window, running, wait_until
from tests.protection.test_tools import python

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


class TestManagers:
    """With a window manager and a compositing manager at work."""

    @pytest.fixture(params=["openbox", "picom", "both"])
    def managed(self, request: pytest.FixtureRequest, screen: Screen) -> Iterator[str]:
        """A screen with managers."""
        wanted = ["openbox", "picom"] if request.param == "both" else [request.param]
        for program in wanted:
            if shutil.which(program) is None:
                pytest.skip(f"{program} is not installed: its ordinary work stays untested")
        with ExitStack() as stack:
            if "openbox" in wanted:
                stack.enter_context(running("openbox", screen=screen))
            if "picom" in wanted:
                stack.enter_context(
                    running("picom", "--backend", "xrender", "--config", "/dev/null", screen=screen)
                )
            yield request.param

    def test_their_work_is_no_event(self, screen: Screen, managed: str) -> None:
        """The managers start before and after the sentinel, and work on windows that come, move and go."""
        window = Window(screen)
        guard = Guard(screen.environment).until_live()
        try:
            assert guard.protect(window.region())
            with ExitStack() as late:
                if managed == "both":
                    late.enter_context(running("xterm", screen=screen)) if shutil.which("xterm") else None
                for step in range(6):
                    other = Window(screen, Rect(40 + 30 * step, 40 + 20 * step, 200, 150))
                    screen.run("xdotool", "windowmove", str(other.id), "300", str(50 * step))
                    screen.run("xdotool", "windowraise", str(window.id))
                    other.close()
                time.sleep(0.5)
                guard.settle()
            assert guard.events == []
            assert not guard.state.shielded
            screen.run("xwd", "-id", str(window.id), "-silent", "-out", "shot.xwd")
            wait_until(lambda: bool(guard.events), "a real capture is still seen")
            wait_until(lambda: screen.shown() == 0, "the shield covers the window")
        finally:
            guard.stop()
            window.close()

    def test_a_compositor_may_start_later(self, screen: Screen, window: Window, guard: Guard) -> None:
        if shutil.which("picom") is None:
            pytest.skip("picom is not installed: its ordinary work stays untested")
        with running("picom", "--backend", "xrender", "--config", "/dev/null", screen=screen):
            wait_until(
                lambda: (
                    b"_NET_WM_CM" in screen.run("xprop", "-root").stdout
                    or bool(screen.run("xlsclients").stdout is not None)
                ),
                "picom runs",
            )
            time.sleep(1.0)
            guard.settle()
            assert guard.events == []
            screen.run("scrot", "shot.png")
            wait_until(lambda: bool(guard.events), "a real capture is still seen")
            wait_until(lambda: screen.shown() == 0, "the shield covers the window")
