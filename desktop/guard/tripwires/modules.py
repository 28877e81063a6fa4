"""Foreign Python: modules that are not of the program or its libraries, and an interpreter made to obey."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from ..events import Culprit
from ..findings import FOREIGN, Finding
from ..places import PROGRAM_ROOT, SYSTEM, Places

# In the process of a program that a debugger runs, whatever file it lies in.
DEBUGGERS = ("debugpy", "pydevd")


class Modules:
    """Looks at what has been imported since the last look."""

    name = "foreign code"
    every = 3.0

    def __init__(
        self,
        places: Places,
        modules: Mapping[str, object],
        environment: Mapping[str, str],
        *,
        interactive: bool = bool(sys.flags.inspect),
    ) -> None:
        """Take every module of `modules` from elsewhere than `places` as foreign."""
        self._places = places
        self._modules = modules
        self._judged: dict[str, str | None] = {}
        self._real: dict[str, str] = {}
        self._made = _made_to_obey(environment, interactive=interactive)

    def look(self) -> list[Finding]:
        """Return what is foreign."""
        for name, module in list(self._modules.items()):
            if name not in self._judged:
                self._judged[name] = self._foreign(name, module)
        files = sorted({file for file in self._judged.values() if file is not None})
        culprits = (Culprit(name=Path(file).name, executable=file) for file in files)
        return self._made + [Finding(FOREIGN, culprit) for culprit in culprits]

    def _foreign(self, name: str, module: object) -> str | None:
        # Some stand-ins import what they stand for as soon as they are asked for anything.
        file = vars(module).get("__file__") if issubclass(type(module), ModuleType) else None
        if not isinstance(file, str):
            return None
        folder, _, last = file.rpartition("/")
        # Hundreds of modules lie in some dozens of folders, and following links is slow.
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        real = f"{self._real[folder]}/{last}"
        return None if self._places.hold(real) and name not in DEBUGGERS else real


def _made_to_obey(environment: Mapping[str, str], *, interactive: bool) -> list[Finding]:
    """Say what the environment makes of the interpreter itself."""
    found = []
    home = os.path.realpath(environment.get("PYTHONHOME") or "/usr")
    # A bundle brings its own Python, and lies in it.
    if not Places(SYSTEM).hold(f"{home}/") and not Places([home]).hold(f"{PROGRAM_ROOT}/"):
        found.append(Finding(FOREIGN, Culprit(name="PYTHONHOME", executable=home)))
    if interactive:
        found.append(Finding(FOREIGN, Culprit(name="PYTHONINSPECT")))
    return found
