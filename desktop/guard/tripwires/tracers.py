"""Debuggers and other tracers of our processes, as the kernel names them in /proc."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ..findings import TRACER, Finding
from ..process_names import PROC, describe_process

FIELD = b"\nTracerPid:\t"


class Tracers:
    """Looks at every thread of our processes: a tracer may take one alone."""

    name = "debuggers and tracers"
    every = 0.5

    def __init__(self, processes: Callable[[], Iterable[int]], proc: Path = PROC) -> None:
        """Look at what `processes` names; the first must be there, the others may have ended."""
        self._processes = processes
        self._proc = proc

    def look(self) -> list[Finding]:
        """Return the tracers that are attached now; raises OSError where the first process cannot be seen."""
        first, *others = self._processes()
        found = tracers_of(first, self._proc)
        for pid in others:
            with suppress(FileNotFoundError, ProcessLookupError):
                found |= tracers_of(pid, self._proc)
        return [Finding(TRACER, describe_process(pid, self._proc)) for pid in sorted(found)]


def tracers_of(pid: int, proc: Path = PROC) -> set[int]:
    """Return the processes that trace a thread of this one."""
    found = {0}
    for thread in (proc / str(pid) / "task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread may end between the two looks
            status = (thread / "status").read_bytes()
            found.add(int(status.partition(FIELD)[2].partition(b"\n")[0] or 0))
    return found - {0}
