"""Ways to the pixels that no usual tool takes, each named and answered like a plain read."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import ExitStack

from tests.protection.stage import Guard, Screen, Window, figure, wait_until
from tests.protection.test_quiet import start_manager
from tests.protection.test_tools import python

WAYS = {
    "strips": "get_image",
    "grabbed": "get_image",
    "fork": "get_image",
    "buffer": "double_buffer",
}


def started(screen: Screen, script: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start one of our own programs, which is told and tells by its pipes."""
    pipe = subprocess.PIPE
    command = python(script, *arguments)
    return subprocess.Popen(command, env=screen.environment, cwd=screen.folder, stdin=pipe, stdout=pipe)


def test_a_read_in_disguise_is_a_read(screen: Screen, window: Window, guard: Guard) -> None:
    for way, kind in WAYS.items():
        wait_until(lambda: screen.shown() > 0, "the picture is shown")
        guard.events.clear()
        done = screen.run(*python("connect.py", "shot.raw", "file", way, str(window.id)))
        assert done.returncode == 0, done.stderr.decode()
        wait_until(lambda: bool(guard.events), f"{way} is reported")
        wait_until(lambda: screen.shown() == 0, f"the shield covers the window after {way}")
        guard.settle()
        assert guard.events[0].kind == kind, way
        assert guard.events[0].culprit.script == "connect.py", way
        if way == "strips":
            assert guard.events[-1].reads == 300, "only lines that reach the window count"
            assert len({event.id for event in guard.events}) == 1
        wait_until(guard.clear, "nobody reads any more")


def test_who_reads_between_two_connections_is_named(screen: Screen, window: Window) -> None:
    """The sentinel comes to it late, when the server knows none of them any more."""
    guard = Guard(screen.environment, heartbeat_timeout=60.0)
    try:
        assert guard.until_live().protect(window.region())
        assert guard.sentinel.pid is not None
        os.kill(guard.sentinel.pid, signal.SIGSTOP)
        reader = started(screen, "grab_between.py", "shot.raw")
        with reader:
            assert reader.stdout is not None
            assert reader.stdout.readline() == b"done\n"
            os.kill(guard.sentinel.pid, signal.SIGCONT)
            wait_until(lambda: bool(guard.events), "the capture is reported")
        assert {(event.kind, event.culprit.pid) for event in guard.events} == {("get_image", reader.pid)}
        assert guard.events[0].culprit.script == "grab_between.py"
    finally:
        guard.stop()


def test_the_overlay_of_a_compositing_manager_is_the_screen(
    screen: Screen, window: Window, guard: Guard
) -> None:
    with ExitStack() as stack:
        start_manager("compositing", screen, stack)
        guard.settle()
        assert guard.events == []
        done = screen.run(*python("grab_xcb.py", "shot.raw", "overlay"))
        assert done.returncode == 0, done.stderr.decode()
        wait_until(lambda: bool(guard.events), "the capture is reported")
        assert guard.events[0].kind == "get_image"
        assert guard.events[0].culprit.script == "grab_xcb.py"


def test_who_listens_to_the_keys_is_named(screen: Screen, window: Window, guard: Guard) -> None:
    listener = started(screen, "listen.py")
    with listener:
        assert listener.stdout is not None
        assert listener.stdout.readline() == b"listening\n"
        wait_until(lambda: bool(guard.events), "the listener is reported")
        assert guard.events[0].kind == "keys_recorded"
        assert guard.events[0].culprit.pid == listener.pid
        assert screen.shown() == window.area, "that alone hides nothing"


def test_a_quick_client_that_knows_the_key_by_heart(screen: Screen, window: Window, guard: Guard) -> None:
    """Prints how many of them are too late; only their connection gives them away."""
    assert guard.protect(window.region("sealed"))
    missed = 0
    for _ in range(5):
        client = started(screen, "connect.py", "shot.raw", "memory")
        with client:
            assert client.stdout is not None
            assert client.stdin is not None
            client.stdout.readline()
            wait_until(guard.clear, "its opening of the key is forgotten")
            guard.events.clear()
            client.stdin.write(b"\n")
            client.stdin.close()
            client.wait(10)
        wait_until(lambda: any(event.kind == "get_image" for event in guard.events), "the read is reported")
        missed += b"\x84\x1b\xe0" in (screen.folder / "shot.raw").read_bytes()
    figure(f"a client without library or file: {missed} of 5 got the picture")
