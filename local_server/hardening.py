"""Keeps a process's memory, which holds the keys, to itself: no core dump, no debugger of the same user."""

import ctypes
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4


def harden() -> None:
    """Make this process undumpable; elsewhere than on Linux nothing happens.

    The limit alone would not do: where the kernel pipes cores to a program, a limit of 0 does not count.
    """
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_DUMPABLE was refused")
