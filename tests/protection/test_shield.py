"""The shield's life: up at the read, gone when the desktop covers or clears, back while reads go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop.guard.policy import CLASSES, SIGN
from tests.protection.stage import WINDOW, Guard, Screen, Window, running, wait_until
from tests.protection.test_tools import python


def test_it_stays_until_the_desktop_says_something(screen: Screen, window: Window, guard: Guard) -> None:
    screen.run("scrot", "shot.png")
    wait_until(lambda: screen.shown() == 0, "the shield covers the window")
    guard.settle()
    guard.settle()
    guard.settle()
    assert screen.shown() == 0
    guard.covered()
    wait_until(lambda: not guard.state.shielded, "the black window goes when the desktop has covered")
    wait_until(lambda: screen.shown() == window.area, "the desktop's own window is visible")


def test_a_recorder_keeps_it_up_whatever_the_desktop_says(
    screen: Screen, window: Window, guard: Guard
) -> None:
    recorder = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "x11grab", "-framerate", "25"]
    recorder += ["-video_size", "800x600", "-i", screen.name, "-f", "null", "-"]
    with running(*recorder, screen=screen):
        wait_until(lambda: screen.shown() == 0, "the shield covers the window")
        for _ in range(10):
            assert not guard.clear()
            assert guard.state.shielded
            assert screen.shown() == 0
    wait_until(guard.clear, "the shield may go when the recorder has ended")
    wait_until(lambda: screen.shown() == window.area, "the picture is back")


def test_it_moves_with_the_window(screen: Screen, window: Window, guard: Guard) -> None:
    screen.run("scrot", "shot.png")
    wait_until(lambda: screen.shown() == 0, "the shield covers the window")
    screen.run("xdotool", "windowmove", str(window.id), "300", "200")
    guard.settle()
    assert screen.shown() == 0


def test_it_covers_what_is_protected_later(screen: Screen, window: Window, guard: Guard) -> None:
    other = Window(screen, window.rect._replace(x=520, width=200))
    try:
        screen.run("scrot", "shot.png")
        wait_until(lambda: screen.shown() == other.area, "the shield covers the first window")
        assert guard.protect(window.region(), other.region())
        wait_until(lambda: screen.shown() == 0, "the shield covers the second window as well")
    finally:
        other.close()


def test_a_window_that_goes_takes_its_shield_along(screen: Screen, guard: Guard) -> None:
    other = Window(screen, WINDOW._replace(x=0, y=0))
    assert guard.protect(other.region())
    screen.run("scrot", "shot.png")
    wait_until(lambda: bool(guard.events), "the capture is reported")
    other.close()
    guard.settle()
    assert guard.state.live
    assert guard.protect()


def test_sealed_is_covered_when_a_program_connects(screen: Screen, window: Window, guard: Guard) -> None:
    assert guard.protect(window.region("sealed"))
    screen.run("xdpyinfo")
    wait_until(lambda: screen.shown() == 0, "the shield covers the window")
    wait_until(lambda: "client_started" in {event.kind for event in guard.events}, "the program is reported")
    assert {CLASSES[event.kind] for event in guard.events} == {SIGN}


def test_a_client_of_the_other_byte_order_is_seen(screen: Screen, window: Window, guard: Guard) -> None:
    done = screen.run(*python("grab_swapped.py", "shot.raw"))
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: bool(guard.events), "the capture is reported")
    assert guard.events[0].kind == "get_image"
    assert guard.events[0].region == window.rect
    assert guard.events[0].culprit.script == "grab_swapped.py"
    wait_until(lambda: screen.shown() == 0, "the shield covers the window")


def shows_nearly_all(screen: Screen, window: Window) -> bool:
    """Tell whether the picture is there; the pointer that Qt sets covers a little of it."""
    return screen.shown() > 0.99 * window.area


class TestUnderQt:
    """The black window is a stranger in a Qt window, which must neither paint through it nor miss a click."""

    @pytest.fixture
    def picture(self, screen: Screen) -> Iterator[Window]:
        """A Qt window full of protected pixels."""
        opened = Window(screen, program="qt_window.py")
        try:
            wait_until(lambda: shows_nearly_all(screen, opened), "the picture is shown", 60.0)
            yield opened
        finally:
            opened.close()

    def test_it_hides_the_picture_and_lets_clicks_through(self, screen: Screen, picture: Window) -> None:
        guard = Guard(screen.environment).until_live()
        try:
            assert guard.protect(picture.region())
            screen.run("scrot", "shot.png")
            wait_until(lambda: screen.shown() == 0, "the shield covers the window")
            screen.run("xdotool", "mousemove", "300", "200", "click", "1")
            assert picture.process.stdout is not None
            assert picture.process.stdout.readline() == b"pressed\n"
            guard.settle()
            assert screen.shown() == 0
            wait_until(guard.clear, "nobody reads any more")
            wait_until(lambda: shows_nearly_all(screen, picture), "Qt paints the picture again")
        finally:
            guard.stop()
