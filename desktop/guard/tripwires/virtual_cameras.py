"""Virtual cameras: devices behind which no camera is, into which a recorder can put the screen."""

from __future__ import annotations

from pathlib import Path

from ..events import Culprit
from ..findings import VIRTUAL_CAMERA, Absent, Finding
from ..process_names import PROC, describe_process
from ..process_table import holders

DEVICES = Path("/sys/devices/virtual/video4linux")
# They open every camera to see what it can do.
ATTENDANTS = ("pipewire", "wireplumber", "pipewire-media-session", "cheese-camera-service")
# A device that nobody uses passes nothing on.
UNUSED = 0.3


class VirtualCameras:
    """Looks which devices there are, and only if there are any who uses them."""

    name = "virtual cameras"
    every = 5.0

    def __init__(self, devices: Path = DEVICES, nodes: Path = Path("/dev"), proc: Path = PROC) -> None:
        """Take the kernel's own folders."""
        self._devices = devices
        self._nodes = nodes
        self._proc = proc

    def look(self) -> list[Finding]:
        """Return those who use one, and those that nobody uses."""
        try:
            names = {str(self._nodes / folder.name): _label(folder) for folder in self._devices.iterdir()}
        except FileNotFoundError:
            raise Absent("There are no virtual cameras here.") from None
        used: dict[str, list[Culprit]] = {node: [] for node in names}
        for pid, node in set(holders(names.__contains__, self._proc)):
            culprit = describe_process(pid, self._proc)
            if culprit.name not in ATTENDANTS:
                used[node].append(culprit)
        return [
            finding
            for node, culprits in sorted(used.items())
            for finding in (
                [Finding(VIRTUAL_CAMERA, culprit) for culprit in culprits]
                or [Finding(VIRTUAL_CAMERA, Culprit(name=names[node], executable=node), UNUSED)]
            )
        ]


def _label(folder: Path) -> str:
    try:
        label = (folder / "name").read_bytes()[:64].decode(errors="replace").strip()
    except OSError:
        label = ""
    return label or folder.name
