"""Who could look on: recorders by name, remote desktops by port, a display that is seen elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.guard.findings import RECORDING, REMOTE_SERVER, REMOTE_SESSION
from desktop.guard.own_display import OwnDisplay
from desktop.guard.tripwires.programs import Programs
from desktop.guard.tripwires.remote_sessions import RemoteSessions, display_server
from tests.protection.stage import PROGRAMS, Screen, wait_until
from tests.protection.watchman import on_watch

# Whatever runs for these tests works on no real display: other tests are under way beside them.
NOWHERE = ":31999"


@contextmanager
def started(*command: str, display: str = NOWHERE) -> Iterator[subprocess.Popen[str]]:
    """Run a program on a display for as long as the block lasts."""
    pipe = subprocess.PIPE
    environment = {"PATH": os.environ["PATH"], "DISPLAY": display}
    process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def recorder(tmp_path: Path) -> str:
    """A program by the name of a recorder."""
    made = tmp_path / "simplescreenrecorder"
    shutil.copy2(shutil.which("sleep") or "", made)
    return str(made)


def test_a_recorder_is_named_for_as_long_as_it_runs(recorder: str) -> None:
    wire = Programs(OwnDisplay(NOWHERE))
    with on_watch([wire]) as man:
        man.until_live(wire.name)
        with started(recorder, "60") as process:
            wait_until(lambda: any(one.culprit.pid == process.pid for one in man.standing), "it is noticed")
            (found,) = [one for one in man.standing if one.culprit.pid == process.pid]
            assert (found.kind, found.culprit.name) == (RECORDING, "simplescreenrecorder")
        wait_until(lambda: all(one.culprit.pid != process.pid for one in man.standing), "its end is, too")


@pytest.mark.parametrize(
    ("own", "theirs", "seen"),
    [
        (NOWHERE, NOWHERE, True),
        (f"{NOWHERE}.0", f"unix{NOWHERE}", True),
        (NOWHERE, ":31998", False),
        (NOWHERE, "", True),
        ("", ":31998", True),
    ],
)
def test_who_works_on_another_display_is_no_onlooker(
    own: str, theirs: str, seen: bool, recorder: str
) -> None:
    with started(recorder, "60", display=theirs) as process:
        environment = Path(f"/proc/{process.pid}/environ")
        wait_until(lambda: environment.read_bytes() != b"", "it runs")
        assert OwnDisplay(own).is_seen_by(process.pid) == seen
        found = [one.culprit.pid for one in Programs(OwnDisplay(own)).look()]
        assert (process.pid in found) == seen


def test_who_names_our_display_in_words_is_one() -> None:
    command = [sys.executable, "-c", "print(flush=True); input()", "-display", f"{NOWHERE}.0"]
    with started(*command, display=":31998") as process:
        assert process.stdout is not None
        assert process.stdout.readline(), "it runs, and has its words and its environment"
        assert OwnDisplay(NOWHERE).is_seen_by(process.pid)
        assert not OwnDisplay(":31997").is_seen_by(process.pid)


def test_a_server_of_remote_desktops_is_found_by_its_port() -> None:
    wire = RemoteSessions({"DISPLAY": NOWHERE})
    with started(sys.executable, str(PROGRAMS / "rfb_server.py")) as server, on_watch([wire]) as man:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        wait_until(lambda: REMOTE_SERVER in man.kinds, "the server is noticed")
        assert man.standing[0].culprit.script == "rfb_server.py"
        with socket.create_connection(("127.0.0.1", port)):
            wait_until(lambda: REMOTE_SESSION in man.kinds, "the connection is noticed")


def test_the_server_of_the_display_is_known_to_the_kernel(screen: Screen) -> None:
    pid = display_server(screen.name)
    assert pid is not None
    assert Path(f"/proc/{pid}/comm").read_text() == "Xvfb\n"
    assert RemoteSessions({"DISPLAY": screen.name}).look() == []
    assert display_server("nowhere:0") is None
    assert display_server(":31999") is None


@pytest.mark.programs("Xvnc")
def test_a_display_that_is_seen_elsewhere_is_a_remote_session(tmp_path: Path) -> None:
    said = tmp_path / "display"
    options = ["-SecurityTypes", "None", "-rfbport", "0", "-localhost", "-displayfd", "1"]
    with said.open("wb") as out:
        server = subprocess.Popen(["Xvnc", *options], stdout=out, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: said.read_text().endswith("\n"), "the display is there")
        wire = RemoteSessions({"DISPLAY": f":{said.read_text().strip()}"})
        assert [(one.kind, one.culprit.pid) for one in wire.look()] == [(REMOTE_SESSION, server.pid)]
    finally:
        server.terminate()
        server.wait(10)
