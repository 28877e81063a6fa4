"""Video streams of the screen, on a real PipeWire of the test's own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop.guard.findings import SCREEN_STREAM, VIRTUAL_CAMERA
from desktop.guard.tripwires.video_streams import VideoStreams
from tests.protection.stage import wait_until
from tests.protection.watchman import on_watch

pytestmark = pytest.mark.programs("pipewire", "pw-dump")
CONFIGURATION = """
context.properties = { core.daemon = true core.name = pipewire-0 support.dbus = false }
context.spa-libs = { support.* = support/libspa-support videotestsrc = videotestsrc/libspa-videotestsrc }
context.modules = [
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-spa-node-factory }
  { name = libpipewire-module-access }
]
"""


class PipeWire:
    """A PipeWire that can make pictures."""

    def __init__(self, folder: Path) -> None:
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        configuration = folder / "pipewire.conf"
        configuration.write_text(CONFIGURATION)
        self.environment = {
            "XDG_RUNTIME_DIR": str(runtime),
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
        }
        with (folder / "pipewire.log").open("wb") as log:
            command = ["pipewire", "-c", str(configuration)]
            self._daemon = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        wait_until((runtime / "pipewire-0").exists, "PipeWire listens")

    def close(self) -> None:
        self._daemon.terminate()
        self._daemon.wait(10)


@pytest.fixture
def pipewire(tmp_path: Path) -> Iterator[PipeWire]:
    """A PipeWire with nothing in it."""
    started = PipeWire(tmp_path)
    yield started
    started.close()


@contextmanager
def source(pipewire: PipeWire, properties: str) -> Iterator[subprocess.Popen[str]]:
    """Give video for as long as the block lasts."""
    pipe = subprocess.PIPE
    client = subprocess.Popen(
        ["pw-cli"], env=pipewire.environment, stdin=pipe, stdout=subprocess.DEVNULL, text=True
    )
    assert client.stdin is not None
    client.stdin.write(f"create-node spa-node-factory {{ factory.name=videotestsrc {properties} }}\n")
    client.stdin.flush()
    try:
        yield client
    finally:
        client.kill()
        client.communicate()


def test_a_stream_stands_for_as_long_as_it_is_there(pipewire: PipeWire) -> None:
    wire = VideoStreams(pipewire.environment)
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        assert man.kinds == []
        with source(pipewire, "node.name=meta-screen-cast-src media.class=Stream/Output/Video") as client:
            wait_until(lambda: man.kinds == [SCREEN_STREAM], "the stream is noticed")
            culprit = man.standing[0].culprit
            assert (culprit.pid, culprit.name) == (client.pid, "pw-cli")
        wait_until(lambda: man.kinds == [], "its end is noticed, too")
        camera = "node.name=camera media.class=Video/Source media.role=Camera"
        with source(pipewire, f"{camera} device.api=v4l2"), source(pipewire, camera):
            wait_until(lambda: man.kinds == [VIRTUAL_CAMERA], "a camera without a device is noticed")


def test_a_pipewire_that_ends_is_no_longer_live(pipewire: PipeWire) -> None:
    wire = VideoStreams(pipewire.environment)
    with on_watch(listeners=[wire]) as man:
        man.until_live(wire.name)
        pipewire.close()
        wait_until(lambda: not man.states[0].live, "its end is noticed")
        assert man.states[0].reason == "It was cut off and is being started again."


def test_no_pipewire_is_no_gap_and_one_that_cannot_be_seen_is(pipewire: PipeWire, tmp_path: Path) -> None:
    without = VideoStreams({"XDG_RUNTIME_DIR": str(tmp_path)})
    with on_watch(listeners=[without]) as man:
        man.until_live(without.name)
        assert man.states[0].reason.startswith("PipeWire does not run here")
    blind = VideoStreams({**pipewire.environment, "PATH": str(tmp_path)})
    with on_watch(listeners=[blind]) as man:
        wait_until(lambda: bool(man.states), "it is said")
        assert not man.states[0].live
        assert "Install pipewire-bin" in man.states[0].reason
