"""Window sharing on macOS: `NSWindowSharingNone` keeps a window out of captures, up to macOS 14."""

from __future__ import annotations

import ctypes
import ctypes.util
from typing import Protocol

from . import Exclusion

SHARING_NONE, SHARING_READ_ONLY = 0, 1
IGNORED_SINCE = 15
IGNORED = (
    "Since macOS 15 the system's own captures (ScreenCaptureKit) take windows that are not shared, too. "
    "Show guarded pictures on another machine."
)


class ObjectiveC(Protocol):
    """Messages to objects, by address."""

    def send(self, receiver: int, selector: str, *arguments: int) -> int:
        """Send a message and return its answer, 0 for nil."""


class WindowSharing:
    """Asks the window of each view not to be shared; Qt's id of a window is its view."""

    def __init__(self, objects: ObjectiveC, version: int) -> None:
        """Speak to the system through `objects`; `version` is the first number of macOS's."""
        self._objects = objects
        self._version = version

    def exclude(self, window: int) -> Exclusion:
        """Do not share the window; that is asked for even where it is not enough."""
        native = self._objects.send(window, "window")
        if not native:
            return Exclusion(held=False, reason="A window is not on the screen yet, and cannot be asked.")
        self._objects.send(native, "setSharingType:", SHARING_NONE)
        if self._objects.send(native, "sharingType") != SHARING_NONE:
            return Exclusion(held=False, reason="macOS shares a window although it was asked not to.")
        if self._version >= IGNORED_SINCE:
            return Exclusion(held=False, reason=IGNORED)
        return Exclusion(held=True)

    def include(self, window: int) -> None:
        """Share it again."""
        native = self._objects.send(window, "window")
        if native:
            self._objects.send(native, "setSharingType:", SHARING_READ_ONLY)


class Runtime:
    """The Objective-C runtime."""

    def __init__(self) -> None:
        """Load the library."""
        library = ctypes.CDLL(ctypes.util.find_library("objc"))
        self._selector = library.sel_registerName
        self._selector.argtypes, self._selector.restype = (ctypes.c_char_p,), ctypes.c_void_p
        self._library = library

    def send(self, receiver: int, selector: str, *arguments: int) -> int:
        """Send a message whose arguments and answer are whole numbers or addresses."""
        kinds = (ctypes.c_void_p, ctypes.c_void_p, *(ctypes.c_ulong for _ in arguments))
        call = ctypes.CFUNCTYPE(ctypes.c_void_p, *kinds)(("objc_msgSend", self._library))
        return call(receiver, self._selector(selector.encode()), *arguments) or 0
