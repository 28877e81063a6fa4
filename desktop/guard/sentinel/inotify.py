"""The kernel's notices of files that are opened, through the C library: Python has no door to them."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

CHANGED, CLOSED_WRITTEN, CLOSED, OPENED, GONE, MOVED, IGNORED = 0x4, 0x8, 0x10, 0x20, 0x400, 0x800, 0x8000
EVENT = struct.Struct("iIII")


class Inotify:
    """Watches on single files, whatever the path that they are opened by."""

    def __init__(self) -> None:
        """Open; raises OSError when the user has no more of these."""
        self._library = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify is not to be had")

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return int(self._descriptor)

    def add(self, path: Path) -> int | None:
        """Watch a file; None when it is not there, or not to be watched."""
        mask = CHANGED | OPENED | CLOSED | CLOSED_WRITTEN | GONE | MOVED
        watch = self._library.inotify_add_watch(self._descriptor, os.fsencode(path), mask)
        return None if watch < 0 else int(watch)

    def remove(self, watch: int) -> None:
        """Watch a file no more."""
        self._library.inotify_rm_watch(self._descriptor, watch)

    def receive(self) -> list[tuple[int, int]]:
        """Return what has happened: watches and masks."""
        try:
            data = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return []
        found, offset = [], 0
        while offset < len(data):
            watch, mask, _, length = EVENT.unpack_from(data, offset)
            found.append((watch, mask))
            offset += EVENT.size + length
        return found

    def close(self) -> None:
        """Watch nothing any more."""
        os.close(self._descriptor)
