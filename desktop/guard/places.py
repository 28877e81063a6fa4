"""Where code of the program, of its Python and of the system lies: what comes from elsewhere is foreign."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

PROGRAM_ROOT = Path(__file__).resolve().parents[2]
# Only the administrator of the machine, or a package manager of theirs, writes here.
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/opt"),
    *("/nix/store", "/gnu/store", "/snap", "/var/lib/snapd", "/var/lib/flatpak", "/app"),
)


class Places:
    """A set of folders, asked by real paths."""

    def __init__(self, folders: Iterable[str]) -> None:
        """Take folders, through their links; the root of the file system would be all and is none."""
        real = {os.path.realpath(folder) for folder in folders}
        self._prefixes = tuple(f"{folder}/" for folder in sorted(real) if folder != "/")

    def hold(self, path: str) -> bool:
        """Say whether a real path lies in one of the folders."""
        return path.startswith(self._prefixes)


def known_places() -> Places:
    """Return where everything lies that belongs into this process."""
    own = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    return Places((*SYSTEM, *own, str(PROGRAM_ROOT)))
