"""Who is behind an opened file: the kernel tells only that it was opened, so /proc is asked at once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..events import Culprit
from ..process_names import PROC, describe_process
from .display import parse_display

# A process that waits for the holder of a lease sleeps here.
WAITING = b"break_lease"
REMEMBERED = 256
YOUNG_S = 2.0


class Processes:
    """The processes that have come since we look, with their names, kept after they have gone."""

    def __init__(self, display: str, proc: Path = PROC) -> None:
        """Start with what is there; `display` is ours, as DISPLAY names it."""
        self._ours = re.compile(rb":%d(?!\d)" % parse_display(display).number)
        self._proc = proc
        self._known = self._listed()
        self._seen: dict[int, tuple[float, Culprit]] = {}
        self._told: set[tuple[int, Path]] = set()

    def look(self, now: float) -> None:
        """Take in who has come."""
        listed = self._listed()
        self._look_again(now, listed)
        for pid in sorted(listed - self._known):
            self._seen.pop(pid, None)
            self._seen[pid] = (now, describe_process(pid, self._proc))
        for pid in list(self._seen)[:-REMEMBERED]:
            del self._seen[pid]
        self._told = {entry for entry in self._told if entry[0] in listed}
        self._known = listed

    def opener(self, path: Path) -> Culprit | None:
        """Return the latest newcomer with a file in its memory or command line, once for each file."""
        wanted = os.fsencode(path)
        for pid in reversed(self._seen):
            if (pid, path) not in self._told and (
                wanted in self._read(pid, "cmdline") or wanted in self._read(pid, "maps")
            ):
                self._told.add((pid, path))
                return describe_process(pid, self._proc)
        return None

    def aims_at(self, pid: int) -> bool:
        """Tell whether a process was started for our display, by its environment or a word of its command."""
        settings = self._read(pid, "environ").split(b"\0")
        words = [setting for setting in settings if setting.startswith(b"DISPLAY=")]
        return any(self._ours.search(word) for word in (*words, self._read(pid, "cmdline")))

    def suspect(self, connected: float) -> Culprit | None:
        """Return the latest process that had come when somebody connected whom the server no longer knows.

        Either it has ended, or it was started for our display and has closed its connection. One that has
        ended stays in /proc, without its file, until its parent has asked for its status.
        """
        for pid, (came, culprit) in reversed(self._seen.items()):
            if connected - came > YOUNG_S:
                return None
            if came <= connected and culprit.executable:
                ended = describe_process(pid, self._proc).executable is None
                if ended or self.aims_at(pid):
                    return culprit
        return None

    def get(self, pid: int) -> Culprit | None:
        """Return what was seen of a process while it was there."""
        return self._seen[pid][1] if pid in self._seen else None

    def waiting(self, *, everywhere: bool) -> Culprit | None:
        """Return the process that waits for a lease to be broken, among the new ones or all.

        It is told of a little before it falls asleep, so a first look may not find it.
        """
        older = self._known.difference(self._seen) if everywhere else ()
        for pid in (*reversed(self._seen), *older):
            if WAITING in self._read(pid, "wchan"):
                return describe_process(pid, self._proc)
        return None

    def _look_again(self, now: float, listed: set[int]) -> None:
        """Learn what the latest have become: a process is there a little before it runs its program."""
        for pid, (came, _) in reversed(list(self._seen.items())):
            if now - came > YOUNG_S:
                return
            if pid in listed and (culprit := describe_process(pid, self._proc)).executable:
                self._seen[pid] = (came, culprit)

    def _read(self, pid: int, name: str) -> bytes:
        try:
            return (self._proc / str(pid) / name).read_bytes()
        except OSError:
            return b""

    def _listed(self) -> set[int]:
        return {int(entry.name) for entry in os.scandir(self._proc) if entry.name.isdigit()}
