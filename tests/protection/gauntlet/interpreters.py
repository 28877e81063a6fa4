"""An interpreter of its own for each of our programs, as the guard knows a program by its executable.

With one for all, each would be held off for longer as though it were the one before, which has come back.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path


class Interpreters:
    """Copies of this interpreter, in folders of the programs' names."""

    def __init__(self, folder: Path) -> None:
        """Make them in a folder."""
        self._folder = folder

    def of(self, name: str) -> Path:
        """Return a program's interpreter; it finds the library and all packages of this one."""
        home = self._folder / re.sub(r"\W", "-", name)
        copy = home / "bin" / "python3"
        if not copy.exists():
            copy.parent.mkdir(parents=True)
            shutil.copy(Path(sys.executable).resolve(), copy)
            shutil.copy(Path(sys.prefix) / "pyvenv.cfg", home)
            (home / "lib").symlink_to(Path(sys.prefix) / "lib")
        return copy
