"""Gives the memory of decoded pictures back to the machine once they are sent."""

import ctypes
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 4 << 20


def return_large_blocks() -> None:
    """Have glibc map blocks of 4 MiB and more for themselves.

    Left alone it soon keeps them in the heap of each thread, where a server that has marked 20 pictures for
    one viewer holds on to 500 MiB. Other systems' allocators need no telling.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
