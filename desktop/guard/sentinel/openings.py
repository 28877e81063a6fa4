"""Notices that a program is about to connect to the display, by the files that it opens before it can.

The file with the display's key is held by a lease, where it is ours: its opener waits until the picture is
covered. Opening the X libraries, or a capture tool, comes milliseconds earlier still, but is only told of,
not held up.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

from . import inotify
from .capture_files import authorities, capture_programs, libraries
from .lease import Lease
from .wires import UNHELD

AUTHORITY, LIBRARY, PROGRAM = "authority_opened", "library_opened", "capture_program"
TEND_S = 0.25


class Openings:
    """What is opened while something sealed is shown; on the main thread, for its signal."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Prepare for the display of `environment`; raises OSError when the kernel refuses."""
        self._environment = environment
        self._notices = inotify.Inotify()
        self._bell, self._ring = socket.socketpair()
        for end in (self._bell, self._ring):
            end.setblocking(False)
        signal.signal(signal.SIGIO, _continue)
        signal.set_wakeup_fd(self._ring.fileno(), warn_on_full_buffer=False)
        self._watched: dict[int, tuple[str, Path]] = {}
        self._leases: list[Lease] = []
        self._expected = 0
        self._tend_at = 0.0

    def descriptors(self) -> tuple[int, int]:
        """Return what to wait on."""
        return self._notices.fileno(), self._bell.fileno()

    @property
    def armed(self) -> bool:
        """Tell whether anything is watched."""
        return bool(self._watched)

    @property
    def holding(self) -> bool:
        """Tell whether the key to the display is held, so that nobody new gets in unseen."""
        return bool(self._leases) and self._leases[0].held

    def try_out(self) -> str:
        """Return what keeps the key from being held here, empty when nothing does."""
        self.arm()
        held = self.holding
        self.disarm()
        return "" if held else UNHELD

    def arm(self) -> None:
        """Watch from now on."""
        if self.armed:
            return
        self._hold()
        for kind, paths in (
            (LIBRARY, libraries()),
            (PROGRAM, capture_programs(self._environment)),
        ):
            for path in paths:
                self._watch(kind, path)

    def disarm(self) -> None:
        """Watch nothing, and hold nobody up."""
        self._let_go()
        for watch in list(self._watched):
            self._notices.remove(watch)
        self._watched = {}
        self._notices.receive()

    def close(self) -> None:
        """Give everything back; the signal is ignored from now on."""
        self.disarm()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGIO, signal.SIG_IGN)
        self._notices.close()
        self._bell.close()
        self._ring.close()

    def receive(self) -> list[tuple[str, Path]]:
        """Return what has been opened, or is about to be; what waits for the key waits until `release`."""
        with suppress(BlockingIOError):
            while self._bell.recv(4096):
                pass
        found = [(AUTHORITY, lease.path) for lease in self._leases if lease.awaited]
        for watch, mask in self._notices.receive():
            kind, path = self._watched.get(watch, ("", Path()))
            if mask & inotify.IGNORED:
                self._watched.pop(watch, None)
            if not mask & inotify.OPENED:
                # Closed, or replaced by another file of that name, as xauth and package managers do.
                self._tend_at = 0.0
            elif kind == AUTHORITY and self._expected:
                self._expected -= 1
            elif kind:
                found.append((kind, path))
        return found

    def release(self) -> None:
        """Let those go on who wait for the key."""
        for lease in self._leases:
            if lease.awaited:
                self._expected += 1
                lease.release()

    def tend(self, now: float) -> None:
        """Hold the key again, when whoever had it open has closed it, and follow it to another file."""
        if not self.armed or now < self._tend_at:
            return
        self._tend_at = now + TEND_S
        self._expected = 0
        if not self._leases or any(lease.replaced for lease in self._leases):
            self._hold()
        for lease in self._leases:
            lease.take()

    def _hold(self) -> None:
        self._let_go()
        for path in authorities(self._environment, os.getuid()):
            self._leases.append(Lease(path))
            self._watch(AUTHORITY, path)
        for lease in self._leases:
            lease.take()

    def _let_go(self) -> None:
        for watch in [watch for watch, (kind, _) in self._watched.items() if kind == AUTHORITY]:
            self._notices.remove(watch)
            del self._watched[watch]
        for lease in self._leases:
            lease.close()
        self._leases = []

    def _watch(self, kind: str, path: Path) -> None:
        watch = self._notices.add(path)
        if watch is not None:
            self._watched[watch] = (kind, path)


def _continue(number: int, frame: object) -> None:
    """Let SIGIO end nothing: its wake-up byte is all that it is for."""
