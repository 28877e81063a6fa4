"""Foreign libraries: files with code in our memory that belong neither to the program nor to the system."""

from __future__ import annotations

from pathlib import Path

from ..events import Culprit
from ..findings import FOREIGN, Finding
from ..places import Places
from ..process_names import PROC

# Code that drivers and just-in-time compilers write: graphics devices, memory without a file behind it, and
# what NVIDIA's driver unpacks and deletes.
MADE_HERE = (
    "/dev/dri/",
    "/dev/nvidia",
    "/dev/kfd",
    "/dev/zero",
    "/memfd:",
    "/SYSV",
    "/tmp/.gl",  # noqa: S108  (a name to know, no file to write)
    "/anon_hugepage",
)


class Libraries:
    """Looks at the files that are mapped to be run."""

    name = "foreign libraries"
    every = 3.0

    def __init__(self, places: Places, proc: Path = PROC) -> None:
        """Take everything from elsewhere than `places` as foreign."""
        self._places = places
        self._maps = proc / "self" / "maps"

    def look(self) -> list[Finding]:
        """Return the foreign files; raises OSError where /proc cannot be read."""
        return [
            Finding(FOREIGN, Culprit(name=Path(path).name, executable=path))
            for path in sorted(mapped_files(self._maps.read_bytes()))
            if not self._places.hold(path)
        ]


def mapped_files(maps: bytes) -> set[str]:
    """Return the files whose code a process can run, from its /proc/…/maps."""
    found = set()
    for line in maps.splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[1][2:3] == b"x" and fields[5].startswith(b"/"):
            path = fields[5].decode(errors="replace").removesuffix(" (deleted)")
            if not path.startswith(MADE_HERE):
                found.add(path)
    return found
