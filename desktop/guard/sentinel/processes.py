"""Who is behind an opened file: the kernel tells only that it was opened, so /proc is asked at once."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..events import Culprit
from ..process_names import PROC, describe_process

# A process that waits for the holder of a lease sleeps here.
WAITING = b"break_lease"
REMEMBERED = 256
YOUNG_S = 1.0


class Processes:
    """The processes that have come since we look, with their names, kept after they have gone."""

    def __init__(self, proc: Path = PROC) -> None:
        """Start with what is there."""
        self._proc = proc
        self._known = self._listed()
        self._seen: dict[int, tuple[float, Culprit]] = {}
        self._told: set[tuple[int, Path]] = set()

    def look(self, now: float) -> None:
        """Take in who has come."""
        listed = self._listed()
        self._look_again(now, listed)
        for pid in listed - self._known:
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

    def aims_at(self, pid: int, display: str) -> bool:
        """Tell whether a process was started for a display, by its environment or a word of its command."""
        number = re.compile(rb":%d(?!\d)" % int(display.rpartition(":")[2].partition(".")[0]))
        settings = self._read(pid, "environ").split(b"\0")
        words = [setting for setting in settings if setting.startswith(b"DISPLAY=")]
        return any(number.search(word) for word in (*words, self._read(pid, "cmdline")))

    def newest_gone(self, now: float) -> Culprit | None:
        """Return the process that came last and has ended again, if all that was a moment ago.

        One that has ended stays in /proc, without its file, until its parent has asked for its status.
        """
        for pid, (came, culprit) in reversed(self._seen.items()):
            if now - came > YOUNG_S:
                return None
            if culprit.executable and not describe_process(pid, self._proc).executable:
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
