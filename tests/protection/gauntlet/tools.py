"""The programs that the gauntlet runs: capture tools, the bare ways to read, and attackers of the guard."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from tests.protection.stage import PROGRAMS
from tests.support.desktop import SIZE

FRAMES = 60
TOOL, WAY, ATTACKER = "tool", "way", "attacker"


class Tool(NamedTuple):
    """How to run a program that writes `shot*`, and as whom the guard must name it.

    In `command` stand {python}, {window}, {root}, {display}, {port} and {sentinel} (its process id) for what
    is there when it runs. `package` is what holds it. One that `lingers` is ended once it has written; one
    that `waits` says a line when it has connected, and reads after it has got one.
    """

    command: tuple[str, ...]
    culprit: str
    script: str | None = None
    package: str = ""
    kind: str = TOOL
    lingers: bool = False
    waits: bool = False

    @property
    def here(self) -> bool:
        """Say whether it is installed."""
        return self.command[0] == "{python}" or shutil.which(self.command[0]) is not None


def own(script: str, *arguments: str, kind: str = WAY, waits: bool = False) -> Tool:
    """Return one of our own programs."""
    command = ("{python}", str(PROGRAMS / script), *arguments)
    return Tool(command, "python", script, kind=kind, waits=waits)


def attacker(script: str, *arguments: str, waits: bool = False) -> Tool:
    """Return a program of our own that works on the guard, or comes where it looks least."""
    return own(script, *arguments, kind=ATTACKER, waits=waits)


_RECORDING = (
    *("ffmpeg", "-nostdin", "-loglevel", "error", "-f", "x11grab", "-framerate", "25"),
    *("-video_size", f"{SIZE[0]}x{SIZE[1]}", "-i", "{display}", "-frames:v", str(FRAMES)),
    # Without this ffmpeg fills its timetable with copies of the first frame when the machine is slow.
    *("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "shot.rgb"),
)
_VNC = (
    "x11vnc -display {display} -rfbport {port} -localhost -nopw -quiet -once -bg -o vnc.log >&2 && "
    "vncsnapshot -quiet -count 20 -fps 5 localhost::{port} shot.jpg"
)

# What `make test` runs: setup.sh installs them.
LIGHT = {
    "scrot": Tool(("scrot", "shot.png"), "scrot", package="scrot"),
    "maim": Tool(("maim", "shot.png"), "maim", package="maim"),
    "import": Tool(("import", "-window", "root", "shot.png"), "import", package="imagemagick"),
    "xwd root": Tool(("xwd", "-root", "-silent", "-out", "shot.xwd"), "xwd", package="x11-apps"),
    "xwd window": Tool(("xwd", "-id", "{window}", "-silent", "-out", "shot.xwd"), "xwd", package="x11-apps"),
    "ffmpeg": Tool(_RECORDING, "ffmpeg", package="ffmpeg"),
    "mss": own("grab_mss.py", "shot.png", kind=TOOL),
    "Pillow": own("grab_pillow.py", "shot.png", kind=TOOL),
    "PySide": own("grab_qt.py", "shot.png", kind=TOOL),
    "GetImage at once": own("grab_fast.py", "shot.raw"),
    "ShmGetImage": own("grab_shm.py", "shot.raw"),
    "CopyArea": own("grab_xcb.py", "shot.raw", "{window}", "copy"),
    "NameWindowPixmap": own("grab_xcb.py", "shot.raw", "{window}", "composite"),
    "Render": own("grab_xcb.py", "shot.raw", "{root}", "render"),
}
# What only `make gauntlet` installs and runs.
HEAVY = {
    "gm import": Tool(("gm", "import", "-window", "root", "shot.png"), "gm", package="graphicsmagick"),
    "gnome-screenshot": Tool(
        ("gnome-screenshot", "-f", "shot.png"), "gnome-screenshot", package="gnome-screenshot"
    ),
    "flameshot": Tool(("flameshot", "full", "-p", "shot.png"), "flameshot", package="flameshot"),
    "xfce4-screenshooter": Tool(
        ("xfce4-screenshooter", "-f", "-s", "shot.png"), "xfce4-screensho", package="xfce4-screenshooter"
    ),
    "ksnip": Tool(("ksnip", "-m", "-s", "-p", "shot.png"), "ksnip", package="ksnip"),
    "spectacle": Tool(
        ("spectacle", "-f", "-b", "-n", "-o", "shot.png"), "spectacle", package="kde-spectacle", lingers=True
    ),
    "x11vnc": Tool(("sh", "-c", _VNC), "x11vnc", package="x11vnc vncsnapshot"),
}
ATTACKERS = {
    "rows": attacker("grab_pieces.py", "shot.raw", "rows"),
    "points": attacker("grab_pieces.py", "shot.raw", "points"),
    "other byte order": attacker("grab_swapped.py", "shot.raw"),
    "server held": attacker("grab_held.py", "shot.raw"),
    "frame or root": attacker("grab_relative.py", "shot.raw", "{window}", "parent"),
    "child window": attacker("grab_relative.py", "shot.raw", "{window}", "child"),
    "overlay window": attacker("grab_relative.py", "shot.raw", "{window}", "overlay"),
    "copy, then ShmGetImage": attacker("grab_shm.py", "shot.raw", "copy"),
    "cookie read before": attacker("grab_fast.py", "shot.raw", "5"),
    "connected before": attacker("grab_patient.py", "shot.raw", waits=True),
    "among 400 others": attacker("grab_flooded.py", "shot.raw"),
    "shield unmapped": attacker("grab_uncovered.py", "shot.raw", "{window}", "unmap"),
    "shield lowered": attacker("grab_uncovered.py", "shot.raw", "{window}", "lower"),
    "shield destroyed": attacker("grab_uncovered.py", "shot.raw", "{window}", "destroy"),
    "shield's owner killed": attacker("grab_uncovered.py", "shot.raw", "{window}", "kill"),
    "sentinel stopped": attacker("grab_stunned.py", "shot.raw", "{sentinel}", "stop"),
    "sentinel killed": attacker("grab_stunned.py", "shot.raw", "{sentinel}", "kill"),
}
ALL = LIGHT | HEAVY | ATTACKERS
