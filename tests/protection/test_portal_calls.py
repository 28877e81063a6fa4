"""Programs that ask the desktop for a picture of the screen, on a real bus with a real service behind it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.guard.findings import PORTAL_REMOTE, PORTAL_SCREENCAST, PORTAL_SCREENSHOT
from desktop.guard.session_bus import LARGEST_MESSAGE
from desktop.guard.tripwires.portal_calls import PortalCalls
from tests.protection.stage import PROGRAMS, wait_until
from tests.protection.watchman import Watchman, on_watch
from tests.support.session_bus import SessionBus

pytestmark = pytest.mark.programs("dbus-daemon")
PORTAL, OBJECT = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionBus]:
    """A session bus with the services of a desktop."""
    started = SessionBus(tmp_path_factory.mktemp("bus"))
    with running("portal.py", started.address) as portal:
        assert portal.stdout is not None
        assert portal.stdout.readline() == "ready\n"
        yield started
    started.close()


@pytest.fixture(scope="module")
def man(bus: SessionBus) -> Iterator[Watchman]:
    """Somebody who listens to that bus."""
    wire = PortalCalls({"DBUS_SESSION_BUS_ADDRESS": bus.address})
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        yield man


@contextmanager
def running(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run one of the test programs for as long as the block lasts."""
    command = [sys.executable, str(PROGRAMS / program), *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def call(bus: SessionBus, man: Watchman, path: str, interface: str, method: str, *, size: int = 8) -> int:
    """Call a service until that is told of; return the caller's process id."""
    service = PORTAL if path == OBJECT else interface
    told = len(man.moments)
    with running("portal_caller.py", bus.address, service, path, interface, method, str(size)) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline() == "answered\n"
        wait_until(lambda: len(man.moments) > told, "the call is told of")
    return caller.pid


@pytest.mark.parametrize(
    ("path", "interface", "method", "kind"),
    [
        (OBJECT, "org.freedesktop.portal.Screenshot", "Screenshot", PORTAL_SCREENSHOT),
        (OBJECT, "org.freedesktop.portal.ScreenCast", "Start", PORTAL_SCREENCAST),
        (OBJECT, "org.freedesktop.portal.RemoteDesktop", "Start", PORTAL_REMOTE),
        (OBJECT, "-", "Screenshot", PORTAL_SCREENSHOT),
        ("/org/gnome/Shell/Screenshot", "org.gnome.Shell.Screenshot", "ScreenshotArea", PORTAL_SCREENSHOT),
        ("/org/kde/KWin/ScreenShot2", "org.kde.KWin.ScreenShot2", "CaptureScreen", PORTAL_SCREENSHOT),
    ],
)
def test_who_asks_for_a_picture_is_named(
    path: str, interface: str, method: str, kind: str, bus: SessionBus, man: Watchman
) -> None:
    man.moments.clear()
    pid = call(bus, man, path, interface, method)
    (moment,) = man.moments
    assert (moment.kind, moment.culprit.pid, moment.culprit.script) == (kind, pid, "portal_caller.py")


def test_other_calls_are_no_event(bus: SessionBus, man: Watchman) -> None:
    man.moments.clear()
    for interface, method in (
        ("Settings", "Read"),
        ("FileChooser", "OpenFile"),
        ("ScreenCast", "CreateSession"),
    ):
        arguments = (bus.address, PORTAL, OBJECT, f"org.freedesktop.portal.{interface}", method, "8")
        with running("portal_caller.py", *arguments) as caller:
            assert caller.communicate("")[0] == "answered\n"
    pid = call(bus, man, OBJECT, "org.freedesktop.portal.Screenshot", "PickColor")
    assert [moment.culprit.pid for moment in man.moments] == [pid]


def test_a_call_that_is_too_long_to_be_read_is_told_of_and_the_next_one_too(
    bus: SessionBus, man: Watchman
) -> None:
    man.moments.clear()
    method = (OBJECT, "org.freedesktop.portal.Screenshot", "Screenshot")
    call(bus, man, *method, size=40 * LARGEST_MESSAGE)
    pid = call(bus, man, *method)
    assert [moment.culprit.pid for moment in man.moments] == [None, pid]


def test_a_bus_that_ends_is_no_longer_live(tmp_path: Path) -> None:
    bus = SessionBus(tmp_path)
    wire = PortalCalls({"DBUS_SESSION_BUS_ADDRESS": bus.address})
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        bus.close()
        wait_until(lambda: not man.states[0].live, "the end of the bus is noticed")
        assert man.states[0].reason.startswith("It cannot listen:")


def test_no_bus_is_no_gap(tmp_path: Path) -> None:
    wire = PortalCalls({"XDG_RUNTIME_DIR": str(tmp_path)})
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        assert (
            man.states[0].reason
            == "No session bus runs here, so nobody can ask the desktop for a screenshot."
        )
