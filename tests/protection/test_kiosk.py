"""A kiosk's own display: no other program gets in, even of the same user, and a PIN is the way out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import xcffib

from tests.protection.stage import PROGRAMS, figure, wait_until
from tests.support.kiosk import PIN, Kiosk, as_user, kiosk

# Each writes a picture where it can, and says so by its exit status.
TOOLS = (
    ("scrot", "-o", "shot.png"),
    ("xwd", "-root", "-silent", "-out", "shot.xwd"),
    ("import", "-window", "root", "shot.gif"),
    ("xdpyinfo",),
    ("xhost", "+"),
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hall() -> Iterator[Kiosk]:
    """Run a kiosk that shows guarded pictures, and does so again after whatever a test has done to it."""
    with kiosk() as started:
        yield started


def test_nobody_else_gets_in_even_while_the_program_starts_again(hall: Kiosk) -> None:
    hall.until_shown()
    for tool in TOOLS:
        done = hall.run(*tool)
        assert done.returncode != 0, f"{tool[0]} got in"
        figure(f"{tool[0]}: {done.stderr.decode().splitlines()[0]}")

    # Where the cookie lies open the hunter must find it, or what it finds otherwise means nothing.
    careless = as_user("env", f"COOKIE={hall.cookie.hex()}", "sleep", "600")
    with running(*careless) as decoy, hunting(hall) as hunter:
        for _ in range(2):
            (program,) = hall.programs()
            display = hall.display
            program.kill()
            program.wait(10)
            wait_until(lambda: bool(hall.programs()), "it is started again", 30)
            hall.until_shown()
            assert hall.display == display
        found, _ = hunter.communicate("")
    *places, tried = found.splitlines()
    assert {place.split()[1] for place in places} == {str(decoy.pid)}, places
    assert int(tried.split()[1]) > 100
    figure(f"cookie hunter: {tried} processes, nothing found")


@contextmanager
def running(*wanted: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a program running for the length of the block."""
    with subprocess.Popen(wanted) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def hunting(hall: Kiosk) -> Iterator[subprocess.Popen[str]]:
    """Look for the cookie, as the kiosk's user, for the length of the block."""
    program = [hall.interpreter, str(PROGRAMS / "cookie_hunter.py"), hall.cookie.hex()]
    command = as_user(*program, str(hall.data), str(hall.own))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hunter:
        try:
            yield hunter
        finally:
            hunter.kill()


def test_a_display_that_dies_is_replaced_by_one_with_another_cookie(hall: Kiosk) -> None:
    hall.until_shown()
    before, (server,) = hall.cookie, hall.programs("root")
    server.kill()
    wait_until(lambda: hall.said.count("display :") == 2, "there is another display", 60)
    hall.until_shown()
    assert hall.cookie != before


def test_only_the_pin_leads_out() -> None:
    with kiosk() as hall:
        hall.until_shown()
        leave(hall)


def leave(hall: Kiosk) -> None:
    """Try one way out after the other."""
    hands, shown = hall.hands(), hall.pixels().copy()
    hands.key("Control", "Shift", "l")
    hands.key("Control", "q")
    wait_until(lambda: bool((hall.pixels() != shown).any()), "it asks for the PIN")
    hands.type("1234")
    asked = hall.pixels().copy()
    hands.key("Return")
    wait_until(lambda: bool((hall.pixels() != asked).any()), "it answers")
    assert hall.session.poll() is None

    def tried_again() -> bool:
        hands.type(PIN)
        hands.key("Return")
        return hall.session.poll() is not None

    try:
        # The X server goes with the session, and takes the hands along.
        with suppress(xcffib.ConnectionException):
            wait_until(tried_again, "the right PIN ends the session", 30)
        assert hall.session.wait(30) == 0
    finally:
        hands.close()
