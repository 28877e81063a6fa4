"""Every capture tool is noticed and named, and finds the shield when it comes again."""

from __future__ import annotations

import statistics
import sys

import numpy as np
import pytest

from tests.protection.stage import (
    PROGRAMS,
    Guard,
    Screen,
    Window,
    figure,
    pixels_of,
    protected_pixels,
    wait_until,
)


def python(script: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our own capture programs."""
    return [sys.executable, str(PROGRAMS / script), *arguments]


TOOLS = {
    "scrot": (["scrot", "shot.png"], "scrot", None),
    "xwd-root": (["xwd", "-root", "-silent", "-out", "shot.xwd"], "xwd", None),
    "xwd-window": (["xwd", "-id", "{window}", "-silent", "-out", "shot.xwd"], "xwd", None),
    "import": (["/usr/bin/import", "-window", "root", "shot.png"], "import", None),
    "maim": (["maim", "shot.png"], "maim", None),
    "pillow": (python("grab_pillow.py", "shot.png"), "python", "grab_pillow.py"),
    "mss": (python("grab_mss.py", "shot.png"), "python", "grab_mss.py"),
    "xcb": (python("grab_xcb.py", "shot.raw"), "python", "grab_xcb.py"),
    "xcb-window": (python("grab_xcb.py", "shot.raw", "{window}"), "python", "grab_xcb.py"),
    "xcb-copy": (python("grab_xcb.py", "shot.raw", "{window}", "copy"), "python", "grab_xcb.py"),
    "xcb-composite": (python("grab_xcb.py", "shot.raw", "{window}", "composite"), "python", "grab_xcb.py"),
    "xcb-render": (python("grab_xcb.py", "shot.raw", "{root}", "render"), "python", "grab_xcb.py"),
}


def root_of(screen: Screen) -> int:
    """Return the id of the root window."""
    return int(screen.run("xwininfo", "-root").stdout.decode().split("Window id: ")[1].split()[0], 16)


def command_of(tool: str, screen: Screen, window: Window) -> list[str]:
    """Fill in the ids that a tool's command needs."""
    return [part.format(window=window.id, root=root_of(screen)) for part in TOOLS[tool][0]]


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_is_named_and_answered(tool: str, screen: Screen, window: Window, guard: Guard) -> None:
    _, name, script = TOOLS[tool]
    command = command_of(tool, screen, window)
    assert screen.shown() == window.area
    done = screen.run(*command)
    assert done.returncode == 0, done.stderr.decode()
    wait_until(lambda: bool(guard.events), "the capture is reported")
    event = guard.events[0]
    assert event.culprit.name is not None
    assert event.culprit.name.startswith(name)
    assert event.culprit.executable is not None
    assert event.culprit.executable.startswith("/")
    assert event.culprit.script == script
    assert event.culprit.pid
    assert event.level == "guarded"
    assert event.time.endswith("Z")
    assert event.region is None or event.region == window.rect
    wait_until(lambda: screen.shown() == 0, "the shield covers the window")
    assert guard.state.shielded
    figure(f"{tool}: {event.kind}, shield mapped after {event.shield_ms} ms")

    # The second time the shield is already there: nothing protected may leave.
    again = screen.run(*command)
    assert again.returncode == 0
    assert screen.shown() == 0
    wait_until(guard.clear, "nobody reads any more")
    wait_until(lambda: screen.shown() == window.area, "the picture is back")
    content = next(screen.folder.glob("shot.*")).read_bytes()
    if tool.startswith(("xcb", "xwd")):
        assert protected_pixels(pixels_of(content)) == 0


def test_a_recording_gets_two_frames_at_most(screen: Screen, window: Window, guard: Guard) -> None:
    size = (600, 800)
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-f", "x11grab", "-framerate", "30"]
    command += ["-video_size", "800x600", "-i", screen.name, "-frames:v", "60"]
    # Without this ffmpeg fills its timetable with copies of the first frame when the machine is slow.
    command += ["-fps_mode", "passthrough"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "recording.raw"]
    done = screen.run(*command, timeout=90)
    assert done.returncode == 0, done.stderr.decode()
    frames = np.frombuffer((screen.folder / "recording.raw").read_bytes(), np.uint8).reshape(-1, *size, 3)
    leaked = [index for index, frame in enumerate(frames) if protected_pixels(frame)]
    assert len(frames) == 60
    wait_until(lambda: guard.events[-1].reads >= 60, "all reads are reported")
    figure(f"ffmpeg: {len(leaked)} of {len(frames)} frames show protected pixels, {leaked}")
    assert len(leaked) <= 2
    assert {event.culprit.name for event in guard.events} == {"ffmpeg"}
    assert len({event.id for event in guard.events}) == 1


def test_the_shield_comes_quickly(screen: Screen, window: Window, guard: Guard) -> None:
    """Prints the figure; how fast it is belongs to the bench."""
    taken = []
    for _ in range(5):
        guard.events.clear()
        screen.run("scrot", "-o", "shot.png")
        wait_until(lambda: bool(guard.events), "the capture is reported")
        wait_until(lambda: screen.shown() == 0, "the shield covers the window")
        assert guard.events[0].shield_ms is not None
        taken.append(guard.events[0].shield_ms)
        wait_until(guard.clear, "the shield may go")
        wait_until(lambda: screen.shown() == window.area, "the picture is back")
    figure(f"scrot: {statistics.median(taken):.2f} ms from the read to the shield (median of {len(taken)})")
