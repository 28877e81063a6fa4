"""All processes of the machine, as far as /proc shows them: their names, and who holds which file open."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from .process_names import PROC

LONGEST_LINE = 65536


def process_ids(proc: Path = PROC) -> list[int]:
    """Return the ids of all processes."""
    return [int(name) for name in os.listdir(proc) if name.isdecimal()]  # noqa: PTH208  (half the time)


def command_names(proc: Path = PROC) -> Iterator[tuple[int, str]]:
    """Yield each process with its name as the kernel has it: the file it was started from, in 15 bytes."""
    for pid in process_ids(proc):
        with suppress(OSError):  # it may end meanwhile
            # Some hundred of these are read every few seconds, and Path.open takes three times as long.
            descriptor = os.open(f"{proc}/{pid}/comm", os.O_RDONLY)
            try:
                yield pid, os.read(descriptor, 64).decode(errors="replace").removesuffix("\n")
            finally:
                os.close(descriptor)


def command_line(pid: int, proc: Path = PROC) -> list[str]:
    """Return the words that a process was started with; empty when it has ended."""
    try:
        with (proc / str(pid) / "cmdline").open("rb") as file:
            return file.read(LONGEST_LINE).decode(errors="replace").split("\0")
    except OSError:
        return []


def holders(wanted: Callable[[str], bool], proc: Path = PROC) -> Iterator[tuple[int, str]]:
    """Yield who holds which of the wanted files open, by what /proc calls them; only those we may look into.

    It takes tens of milliseconds: for a thread, and not often.
    """
    for pid in process_ids(proc):
        folder = f"{proc}/{pid}/fd"
        with suppress(OSError):  # another person's, or it has ended
            for descriptor in os.listdir(folder):  # noqa: PTH208  (half the time)
                with suppress(OSError):  # closed meanwhile
                    target = os.readlink(f"{folder}/{descriptor}")  # noqa: PTH115  (half the time)
                    if wanted(target):
                        yield pid, target
