"""A write lease: whoever opens the file waits in the kernel until the holder lets go.

fcntl(2), F_SETLEASE. Only the owner of a file can hold one, and only while nobody has it open. When the
holder dies the kernel lets go for it; when it hangs, after /proc/sys/fs/lease-break-time (45 s).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Lease:
    """One file's lease, taken again and again; SIGIO tells that somebody waits."""

    def __init__(self, path: Path) -> None:
        """Prepare for a file; one that may not be read is never held."""
        self.path = path
        self.held = False
        self._descriptor: int | None = None
        with suppress(OSError):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)

    def take(self) -> None:
        """Hold the file, if it is ours and nobody else has it open."""
        if self._descriptor is not None and not self.held:
            with suppress(OSError):
                fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
                self.held = True

    @property
    def awaited(self) -> bool:
        """Tell whether somebody waits for the file."""
        return (
            self._descriptor is not None
            and self.held
            and fcntl.fcntl(self._descriptor, fcntl.F_GETLEASE) != fcntl.F_WRLCK
        )

    @property
    def replaced(self) -> bool:
        """Tell whether another file has the name by now."""
        if self._descriptor is None:
            return False
        try:
            now, then = self.path.stat(), os.fstat(self._descriptor)
        except OSError:
            return True
        return (now.st_dev, now.st_ino) != (then.st_dev, then.st_ino)

    def release(self) -> None:
        """Let whoever waits have the file."""
        if self._descriptor is not None and self.held:
            self.held = False
            fcntl.fcntl(self._descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def close(self) -> None:
        """Hold nothing any more."""
        if self._descriptor is not None:
            self.release()
            os.close(self._descriptor)
            self._descriptor = None
