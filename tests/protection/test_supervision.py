"""Without a sentinel that is known to watch, the desktop is told so, and it comes back by itself."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop.guard.sentinel_process import sentinel_command
from tests.protection.stage import Guard, Screen, Window, figure, wait_until
from tests.protection.test_tools import python
from tests.support.privileges import readable_environment


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=lambda blow: blow.name)
def test_a_lost_sentinel_is_noticed_and_replaced(
    blow: signal.Signals, screen: Screen, window: Window, guard: Guard
) -> None:
    first = guard.sentinel.pid
    assert first is not None
    struck = time.monotonic()
    os.kill(first, blow)
    wait_until(lambda: not guard.state.live, "the loss is told")
    lost = next(at for at, state in guard.states if at > struck and not state.live)
    figure(f"{blow.name}: not live {lost - struck:.2f} s after the blow")
    assert guard.state.reason or guard.state.live
    wait_until(lambda: guard.state.live and guard.sentinel.pid != first, "a new one watches")
    assert not psutil.pid_exists(first)
    assert guard.state.restarts == 1
    screen.run("scrot", "shot.png")
    wait_until(lambda: screen.shown() == 0, "the new one guards what the old one did")


def test_a_sentinel_that_is_held_still_for_a_moment_is_kept(window: Window, guard: Guard) -> None:
    """The picture is hidden while it is away, whatever the cause; it comes back with it."""
    first = guard.sentinel.pid
    assert first is not None
    os.kill(first, signal.SIGSTOP)
    try:
        wait_until(lambda: not guard.state.live, "the silence is told")
        assert "does not answer" in guard.state.reason
        assert guard.sentinel.pid == first
    finally:
        os.kill(first, signal.SIGCONT)
    wait_until(lambda: guard.state.live, "it is heard again")
    assert guard.state.restarts in (0, 1)  # a slow machine may have taken longer than the patience


@pytest.mark.parametrize("connection", ["stream", "windows"])
def test_a_connection_that_somebody_cuts_is_told(
    connection: str, screen: Screen, window: Window, guard: Guard
) -> None:
    first = guard.sentinel.pid
    done = screen.run(*python("cut.py", str(first), connection))
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: guard.state.live and guard.sentinel.pid != first, "a new one watches")
    lost = [state for _, state in guard.states if not state.live]
    assert any("cut" in state.reason or "ended" in state.reason for state in lost)
    screen.run("scrot", "shot.png")
    wait_until(lambda: screen.shown() == 0, "the new one guards what the old one did")


def test_a_display_that_dies_is_told(screen: Screen, guard: Guard) -> None:
    screen.cut()
    wait_until(lambda: not guard.state.live, "the loss is told")
    wait_until(lambda: "X server" in guard.state.reason, "the reason names the X server")


def test_a_sentinel_that_cannot_live_is_given_up(screen: Screen) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no room')"]
    guard = Guard(screen.environment, command=command)
    try:
        wait_until(lambda: guard.state.dead, "it is given up")
        assert not guard.state.live
        assert "no room" in guard.state.reason
        assert guard.state.restarts == 4
        assert not guard.protect()
    finally:
        guard.stop()


def test_a_command_that_does_not_exist_is_explained(screen: Screen) -> None:
    guard = Guard(screen.environment, command=["/nonexistent/sentinel"])
    try:
        wait_until(lambda: "cannot be started" in guard.state.reason, "the reason is told")
        assert not guard.state.live
    finally:
        guard.stop()


class TestBlindDisplays:
    """Where captures cannot be seen, that is said, with the reason."""

    @pytest.fixture
    def without_record(self, tmp_path: Path) -> Iterator[Screen]:
        """An X server without RECORD."""
        screen = Screen(tmp_path, "-extension", "RECORD")
        yield screen
        screen.close()

    def test_no_record(self, without_record: Screen) -> None:
        guard = Guard(without_record.environment)
        try:
            wait_until(lambda: "RECORD" in guard.state.reason, "the reason is told")
            assert not guard.state.live
            assert guard.state.tripwires
            assert not any(tripwire.live for tripwire in guard.state.tripwires)
            assert not guard.state.dead
        finally:
            guard.stop()

    @pytest.mark.parametrize("platform", ["wayland", "windows", "cocoa", "offscreen", "eglfs"])
    def test_other_platforms(self, platform: str) -> None:
        guard = Guard({"DISPLAY": ":0"}, platform=platform)
        try:
            assert not guard.state.live
            assert guard.sentinel.pid is None
            assert [tripwire.live for tripwire in guard.state.tripwires] == [False]
            assert guard.state.reason
        finally:
            guard.stop()

    def test_no_cookie(self, screen: Screen) -> None:
        guard = Guard(screen.environment | {"XAUTHORITY": "/nonexistent"})
        try:
            wait_until(lambda: "XAUTHORITY" in guard.state.reason, "the reason is told")
            assert not guard.state.live
        finally:
            guard.stop()

    def test_a_wayland_session_has_a_gap(self, screen: Screen) -> None:
        guard = Guard(screen.environment | {"WAYLAND_DISPLAY": "wayland-0"})
        try:
            guard.until_live()
            assert [entry.live for entry in guard.state.tripwires].count(False) == 1
        finally:
            guard.stop()


def test_the_self_test_notices_our_own_read(screen: Screen, window: Window, guard: Guard) -> None:
    result = guard.self_test()
    assert result.ok
    assert guard.events == []
    assert screen.shown() == window.area


def test_the_sentinel_ends_with_the_desktop(screen: Screen, guard: Guard) -> None:
    pid = guard.sentinel.pid
    assert pid is not None
    process = psutil.Process(pid)
    names = {line.partition("=")[0] for line in readable_environment(process).split("\0")}
    assert names <= {"", "DISPLAY", "XAUTHORITY", "HOME", "LC_CTYPE"}
    guard._wait(guard.sentinel.stop())
    wait_until(lambda: not psutil.pid_exists(pid), "it is gone")
    assert not guard.state.live


def test_the_command_needs_nothing_but_the_standard_library() -> None:
    assert "-S" in sentinel_command()
