"""Keeps a process's memory to itself, where Linux is: no core dump, no debugger of the same user."""

from __future__ import annotations

import ctypes
import sys

PR_GET_DUMPABLE, PR_SET_DUMPABLE = 3, 4


def harden() -> None:
    """Make this process undumpable; elsewhere than on Linux nothing happens.

    Without privileges nobody can then attach to it or read its memory through /proc. The limit alone would
    not do: where the kernel pipes cores to a program, a limit of 0 does not count.
    """
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE was refused")


def dumpable() -> bool:
    """Say whether this process's memory is open to core dumps and debuggers."""
    return sys.platform != "linux" or bool(ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
