"""The key to the display is held: who opens it waits, is found, and gets it."""

from __future__ import annotations

import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.guard.sentinel.lease import Lease
from desktop.guard.sentinel.openings import AUTHORITY, Openings
from desktop.guard.sentinel.processes import Processes

PATIENCE_S = 15.0


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file that stands for the display's key."""
    path = tmp_path / "authority"
    path.write_bytes(b"secret")
    return path


@pytest.fixture
def openings(key: Path) -> Iterator[Openings]:
    """The tripwire, armed."""
    found = Openings({"XAUTHORITY": str(key)})
    found.arm()
    yield found
    found.close()


def await_opening(openings: Openings) -> None:
    """Wait until the key is asked for; other programs of the machine may open libraries meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        select.select(openings.descriptors(), [], [], PATIENCE_S)
        if AUTHORITY in dict(openings.receive()):
            return
    raise AssertionError("nobody asked for the key")


def until_held(openings: Openings) -> None:
    """Wait until the key is held again."""
    deadline = time.monotonic() + PATIENCE_S
    while not openings.holding:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        openings.tend(time.monotonic())


def test_the_opener_waits_is_found_and_gets_it(key: Path, openings: Openings) -> None:
    processes = Processes(":3")
    for _ in range(2):
        until_held(openings)
        opener = subprocess.Popen(["/bin/cat", str(key)], stdout=subprocess.PIPE)
        await_opening(openings)
        processes.look(time.monotonic())
        deadline = time.monotonic() + PATIENCE_S
        while (found := processes.waiting(everywhere=True)) is None:
            assert time.monotonic() < deadline
        assert found.pid == opener.pid
        assert opener.poll() is None
        openings.release()
        assert opener.communicate(timeout=PATIENCE_S)[0] == b"secret"


def test_another_file_of_its_name_is_held_instead(key: Path, openings: Openings) -> None:
    other = key.with_name("new")
    other.write_bytes(b"another")
    other.replace(key)
    openings.receive()
    openings.tend(time.monotonic())
    until_held(openings)
    opener = subprocess.Popen(["/bin/cat", str(key)], stdout=subprocess.PIPE)
    await_opening(openings)
    openings.release()
    assert opener.communicate(timeout=PATIENCE_S)[0] == b"another"


def test_nobody_waits_once_it_is_disarmed(key: Path, openings: Openings) -> None:
    openings.disarm()
    assert key.read_bytes() == b"secret"
    assert openings.receive() == []


def test_a_file_that_somebody_has_open_cannot_be_held(key: Path) -> None:
    lease = Lease(key)
    with key.open("rb"):
        lease.take()
        assert (lease.held, lease.awaited) == (False, False)
    lease.take()
    assert lease.held
    lease.close()


def test_a_file_that_is_not_there_is_never_held(tmp_path: Path) -> None:
    lease = Lease(tmp_path / "nothing")
    lease.take()
    assert (lease.held, lease.awaited, lease.replaced) == (False, False, False)
    lease.close()


@pytest.mark.parametrize(
    ("environment", "command", "aims"),
    [
        (b"HOME=/h\0DISPLAY=:3\0", b"scrot\0", True),
        (b"DISPLAY=:3.0\0", b"scrot\0", True),
        (b"DISPLAY=:31\0", b"scrot\0", False),
        (b"DISPLAY=:4\0OTHER=:3\0", b"scrot\0", False),
        (b"DISPLAY=:4\0", b"ffmpeg\0-i\0:3.0+10,20\0", True),
        (b"HOME=/h\0", b"xwd\0-display\0:3\0", True),
        (b"HOME=/h\0", b"convert\0a.png\0", False),
    ],
)
def test_for_which_display_a_program_was_started(
    environment: bytes, command: bytes, aims: bool, tmp_path: Path
) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "environ").write_bytes(environment)
    (tmp_path / "7" / "cmdline").write_bytes(command)
    assert Processes(":3.0", tmp_path).aims_at(7) is aims
