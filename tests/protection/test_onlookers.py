"""Who could look on: recorders by name, remote desktops by port, a display that is seen elsewhere."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.guard.findings import RECORDING, REMOTE_SERVER, REMOTE_SESSION
from desktop.guard.tripwires.programs import Programs
from desktop.guard.tripwires.remote_sessions import RFB, RemoteSessions, display_server
from tests.protection.stage import Screen, wait_until
from tests.protection.watchman import on_watch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tripwires need Linux")


@contextmanager
def started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for as long as the block lasts."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def serving() -> Iterator[socket.socket]:
    """Listen where a remote desktop does: on the first of its ports that is free."""
    with socket.socket() as server:
        for port in reversed(RFB):
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
            break
        server.listen()
        yield server


def test_a_recorder_is_named_for_as_long_as_it_runs(tmp_path: Path) -> None:
    recorder = tmp_path / "simplescreenrecorder"
    shutil.copy2(shutil.which("sleep") or "", recorder)
    wire = Programs()
    with on_watch([wire]) as man:
        man.until_live(wire.name)
        with started(str(recorder), "60") as process:
            wait_until(lambda: any(one.culprit.pid == process.pid for one in man.standing), "it is noticed")
            (found,) = [one for one in man.standing if one.culprit.pid == process.pid]
            assert (found.kind, found.culprit.name) == (RECORDING, "simplescreenrecorder")
        wait_until(lambda: all(one.culprit.pid != process.pid for one in man.standing), "its end is, too")


def test_a_server_of_remote_desktops_is_found_by_its_port() -> None:
    """The server is this very process: what counts is the port, whoever listens there."""
    wire = RemoteSessions({})
    with serving() as server, on_watch([wire]) as man:
        port = server.getsockname()[1]
        wait_until(lambda: REMOTE_SERVER in man.kinds, "the server is noticed")
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            wait_until(lambda: REMOTE_SESSION in man.kinds, "the connection is noticed")


def test_the_server_of_the_display_is_known_to_the_kernel(screen: Screen) -> None:
    pid = display_server(screen.name)
    assert pid is not None
    assert Path(f"/proc/{pid}/comm").read_text() == "Xvfb\n"
    assert RemoteSessions({"DISPLAY": screen.name}).look() == []
    assert display_server("nowhere:0") is None
    assert display_server(":31999") is None


@pytest.mark.skipif(shutil.which("Xvnc") is None, reason="needs tigervnc-standalone-server")
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
