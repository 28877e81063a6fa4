"""Libraries that the loader was told to put before the program's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from ..events import Culprit
from ..findings import PRELOADED, Finding
from ..process_names import PROC
from .libraries import mapped_files

VARIABLES = ("LD_PRELOAD", "LD_AUDIT")
EVERYWHERE = Path("/etc/ld.so.preload")
SEPARATORS = re.compile(r"[\s:]+")
# What the machine's administrator loads into every program is told, and no reason to hide a picture; nor is a
# name that the loader did not find.
DOUBTFUL = 0.3


class Preloads:
    """Looks at what was asked for when the program started, and whether it is in."""

    name = "preloaded libraries"
    every = 30.0

    def __init__(
        self, environment: Mapping[str, str], proc: Path = PROC, everywhere: Path = EVERYWHERE
    ) -> None:
        """Take the environment that the program started with."""
        self._asked = [
            word for name in VARIABLES for word in SEPARATORS.split(environment.get(name, "")) if word
        ]
        self._maps = proc / "self" / "maps"
        self._everywhere = everywhere

    def look(self) -> list[Finding]:
        """Return every library that was preloaded; raises OSError where /proc cannot be read."""
        findings = []
        mapped = sorted(mapped_files(self._maps.read_bytes())) if self._asked else []
        for asked in self._asked:
            # What a link stands for may have a longer name: libx.so.0 and libx.so.0.1.
            names = (Path(asked).name, Path(asked).resolve().name)
            path = next((path for path in mapped if Path(path).name.startswith(names)), None)
            culprit = Culprit(name=Path(asked).name, executable=path or asked)
            findings.append(Finding(PRELOADED, culprit, 1.0 if path else DOUBTFUL))
        for_all = (Culprit(name=Path(asked).name, executable=asked) for asked in self._of_the_machine())
        return [*findings, *(Finding(PRELOADED, culprit, DOUBTFUL) for culprit in for_all)]

    def _of_the_machine(self) -> list[str]:
        try:
            lines = self._everywhere.read_text(errors="replace").splitlines()
        except (FileNotFoundError, PermissionError):
            return []
        return [word for line in lines for word in SEPARATORS.split(line.partition("#")[0]) if word]
