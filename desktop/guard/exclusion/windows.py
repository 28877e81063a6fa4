"""Display affinity on Windows: a window is left out of captures, or before Windows 10 2004 black in them."""

from __future__ import annotations

import sys
from typing import Protocol

from . import Exclusion

WDA_NONE, WDA_MONITOR, WDA_EXCLUDEFROMCAPTURE = 0x00, 0x01, 0x11


class User32(Protocol):
    """The two calls of user32.dll; an error is a code of GetLastError, 0 for none."""

    def set_window_display_affinity(self, window: int, affinity: int) -> int:
        """Set it and return the error."""

    def get_window_display_affinity(self, window: int) -> tuple[int, int]:
        """Return the error and the affinity."""


class DisplayAffinity:
    """Asks for the best that this Windows has."""

    def __init__(self, user32: User32) -> None:
        """Speak to the system through `user32`."""
        self._user32 = user32

    def exclude(self, window: int) -> Exclusion:
        """Leave the window out, or make it black: what is read back counts, not what was answered."""
        why = ""
        for wanted in (WDA_EXCLUDEFROMCAPTURE, WDA_MONITOR):
            error = self._user32.set_window_display_affinity(window, wanted)
            if error:
                why = why or f"Windows refuses to keep a window out of captures (error {error})."
                continue
            error, found = self._user32.get_window_display_affinity(window)
            if error:
                why = why or f"Windows does not say whether a window is kept out of captures (error {error})."
            elif found == wanted:
                return Exclusion(held=True)
            else:
                why = why or "Windows says that a window is in captures although it was asked to keep it out."
        return Exclusion(held=False, reason=f"{why} Restart the program; if that does not help, Windows.")

    def include(self, window: int) -> None:
        """Let it be captured; one that is gone needs nothing."""
        self._user32.set_window_display_affinity(window, WDA_NONE)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    class SystemUser32:
        """The calls themselves."""

        def __init__(self) -> None:
            """Load the library."""
            library = ctypes.WinDLL("user32", use_last_error=True)
            self._set, self._get = library.SetWindowDisplayAffinity, library.GetWindowDisplayAffinity
            self._set.argtypes = (wintypes.HWND, wintypes.DWORD)
            self._get.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.DWORD))
            self._set.restype = self._get.restype = wintypes.BOOL

        def set_window_display_affinity(self, window: int, affinity: int) -> int:
            """Set it and return the error."""
            return 0 if self._set(window, affinity) else ctypes.get_last_error()

        def get_window_display_affinity(self, window: int) -> tuple[int, int]:
            """Return the error and the affinity."""
            affinity = wintypes.DWORD()
            done = self._get(window, ctypes.byref(affinity))
            return (0 if done else ctypes.get_last_error()), affinity.value
