"""At `sealed` the picture is covered before anybody can read it, and comes back when the cause is gone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop.guard.policy import CLASSES, NEWCOMER_S, READ
from desktop.guard.sentinel.signs import REPEAT_S
from tests.protection.stage import (
    Guard,
    Screen,
    Window,
    figure,
    pixels_of,
    protected_pixels,
    wait_until,
)
from tests.protection.test_tools import TOOLS, command_of, python

READS = [kind for kind, of in CLASSES.items() if of == READ]


@pytest.fixture
def sealed(screen: Screen, window: Window, guard: Guard) -> Guard:
    """A live sentinel that guards the window as sealed."""
    assert guard.protect(window.region("sealed"))
    return guard


def come_back(screen: Screen, window: Window, guard: Guard) -> None:
    """Wait until the picture is shown again, as the desktop would ask for it."""
    wait_until(guard.clear, "the cause is gone", 30)
    wait_until(lambda: screen.shown() == window.area, "the picture is back")


def came(guard: Guard) -> set[tuple[str, int | None]]:
    """Return what was told of whom."""
    return {(event.kind, event.culprit.pid) for event in guard.events}


def leaked(file: Path) -> int:
    """Count the protected pixels in a raw dump."""
    return protected_pixels(pixels_of(file.read_bytes()))


def test_who_opens_the_key_waits_until_the_picture_is_covered(
    screen: Screen, window: Window, sealed: Guard
) -> None:
    """A client of our own, without any library: nothing is faster."""
    for turn in range(3):
        sealed.events.clear()
        done = screen.run(*python("connect.py", "shot.raw", "file"))
        assert done.returncode == 0, done.stderr.decode()
        assert leaked(screen.folder / "shot.raw") == 0
        wait_until(lambda: "get_image" in {event.kind for event in sealed.events}, "the read is reported")
        first = next(event for event in sealed.events if event.kind == "authority_opened")
        assert first.culprit.script == "connect.py"
        figure(f"turn {turn}: covered {first.shield_ms} ms after the key was asked for")
        # A reader that has gone holds nothing.
        come_back(screen, window, sealed)


def test_a_tool_gets_nothing(screen: Screen, window: Window, sealed: Guard) -> None:
    for tool in ("scrot", "maim", "xwd-root", "xcb", "xcb-composite"):
        command = command_of(tool, screen, window)
        come_back(screen, window, sealed)
        sealed.events.clear()
        done = screen.run(*command)
        assert done.returncode == 0, done.stderr.decode()
        (file,) = screen.folder.glob("shot.*")
        if file.suffix == ".png":
            with Image.open(file) as picture:
                assert protected_pixels(np.asarray(picture.convert("RGB"))) == 0, tool
        else:
            assert leaked(file) == 0, tool
        file.unlink()
        wait_until(lambda: any(event.kind in READS for event in sealed.events), "the read is reported")
        read = next(event for event in sealed.events if event.kind in READS)
        assert str(read.culprit.name).startswith(TOOLS[tool][1])


def test_a_program_that_waits_between_connection_and_read_finds_it_covered(
    screen: Screen, window: Window, sealed: Guard
) -> None:
    command = python("connect.py", "shot.raw", "file", "later", "3")
    with subprocess.Popen(command, env=screen.environment, cwd=screen.folder) as program:
        wait_until(lambda: ("client_started", program.pid) in came(sealed), "it has connected")
        while program.poll() is None:
            assert not sealed.clear()
            assert screen.shown() == 0
        assert program.returncode == 0
    assert leaked(screen.folder / "shot.raw") == 0
    come_back(screen, window, sealed)


def test_a_program_that_shows_a_window_is_soon_believed(
    screen: Screen, window: Window, sealed: Guard
) -> None:
    other = Window(screen, window.rect._replace(x=520, width=200))
    try:
        wait_until(sealed.clear, "the picture may come back while the program runs", 10)
        assert other.process.poll() is None
    finally:
        other.close()


def test_a_program_that_answers_for_a_clipboard_is_soon_believed(
    screen: Screen, window: Window, sealed: Guard
) -> None:
    command = ["xclip", "-quiet", "-selection", "clipboard", "-i", "/dev/null"]
    with subprocess.Popen(command, env=screen.environment, stderr=subprocess.DEVNULL) as owner:
        wait_until(lambda: ("client_started", owner.pid) in came(sealed), "it has connected")
        come_back(screen, window, sealed)
        assert owner.poll() is None
        told = [event.reads for event in sealed.events if event.culprit.pid == owner.pid]
        assert max(told) < NEWCOMER_S / REPEAT_S
        owner.terminate()


def test_a_program_for_another_display_hides_nothing(screen: Screen, window: Window, sealed: Guard) -> None:
    done = screen.run("env", "DISPLAY=:4711", "xdpyinfo")
    assert done.returncode != 0
    sealed.settle()
    assert sealed.events == []
    wait_until(lambda: screen.shown() == window.area, "the picture is shown")


def test_a_program_that_has_read_and_stays_keeps_it_covered(
    screen: Screen, window: Window, guard: Guard
) -> None:
    code = (
        "import mss, sys; s = mss.mss(); s.grab(s.monitors[0]); print('read', flush=True); sys.stdin.read()"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code],
        env=screen.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert reader.stdout.readline() == b"read\n"
        wait_until(guard.clear, "what is guarded comes back while the reader lives")
        assert guard.protect(window.region("sealed"))
        wait_until(lambda: "reader_alive" in {event.kind for event in guard.events}, "it is told of")
        named = next(event for event in guard.events if event.kind == "reader_alive")
        assert named.culprit.pid == reader.pid
        assert not guard.clear()
        reader.stdin.close()
        reader.wait(10)
    come_back(screen, window, guard)


def test_nothing_is_held_up_while_nothing_is_sealed(screen: Screen, window: Window, guard: Guard) -> None:
    screen.authority.read_bytes()
    guard.settle()
    assert guard.events == []
    assert screen.shown() == window.area


def test_a_key_file_that_is_replaced_is_followed(screen: Screen, window: Window, sealed: Guard) -> None:
    other = screen.folder / "new"
    shutil.copy(screen.authority, other)
    come_back(screen, window, sealed)
    other.replace(screen.authority)
    wait_until(lambda: opened_when_read(screen, sealed), "the new file is watched")
    come_back(screen, window, sealed)


def opened_when_read(screen: Screen, guard: Guard) -> bool:
    """Tell whether a look into the key file is noticed."""
    guard.events.clear()
    screen.run("cat", str(screen.authority))
    guard.settle()
    return any(event.kind == "authority_opened" for event in guard.events)


class TestInFront:
    """Another program has the keyboard, or the whole screen."""

    @pytest.fixture
    def other(self, screen: Screen, window: Window) -> Iterator[Window]:
        """A window of another program beside ours."""
        opened = Window(screen, window.rect._replace(x=520, width=200))
        screen.run("xdotool", "windowfocus", str(window.id))
        yield opened
        opened.close()

    def test_the_keyboard_elsewhere(
        self, other: Window, screen: Screen, window: Window, sealed: Guard
    ) -> None:
        come_back_beside(screen, window, other, sealed)
        screen.run("xdotool", "windowfocus", str(other.id))
        wait_until(lambda: "focus_lost" in {event.kind for event in sealed.events}, "it is told of")
        assert not sealed.clear()
        screen.run("xdotool", "windowfocus", str(window.id))
        come_back_beside(screen, window, other, sealed)

    def test_a_window_over_the_whole_screen(
        self, other: Window, screen: Screen, window: Window, sealed: Guard
    ) -> None:
        come_back_beside(screen, window, other, sealed)
        large = Window(screen, window.rect._replace(x=0, y=0, width=800, height=600))
        try:
            wait_until(lambda: "screen_covered" in {event.kind for event in sealed.events}, "it is told of")
            named = next(event for event in sealed.events if event.kind == "screen_covered")
            assert named.culprit.pid == large.process.pid
            assert not sealed.clear()
        finally:
            large.close()
        come_back_beside(screen, window, other, sealed)


def come_back_beside(screen: Screen, window: Window, other: Window, guard: Guard) -> None:
    """Wait until the picture is shown beside another window of the same colours."""
    wait_until(guard.clear, "the cause is gone", 30)
    wait_until(lambda: screen.shown() == window.area + other.area, "the picture is back")


def test_a_capture_key_covers(screen: Screen, window: Window, guard: Guard) -> None:
    hands = subprocess.Popen(["xdotool", "-"], env=screen.environment, stdin=subprocess.PIPE)
    with hands:
        assert hands.stdin is not None
        hands.stdin.write(b"mousemove 5 5\n")
        hands.stdin.flush()
        guard.settle()
        assert guard.protect(window.region("sealed"))
        for keys in ("Print", "alt+Print", "super+shift+s", "ctrl+shift+alt+r"):
            guard.events.clear()
            hands.stdin.write(f"key {keys}\n".encode())
            hands.stdin.flush()
            wait_until(lambda: "capture_key" in {event.kind for event in guard.events}, f"{keys} is told of")
            wait_until(lambda: screen.shown() == 0, "the picture is covered")
            come_back(screen, window, guard)


def test_a_capture_key_at_guarded_is_only_recorded(screen: Screen, window: Window, guard: Guard) -> None:
    screen.run("xdotool", "key", "Print")
    wait_until(lambda: bool(guard.events), "the key is told of")
    assert {event.kind for event in guard.events} == {"capture_key"}
    guard.settle()
    assert screen.shown() == window.area
