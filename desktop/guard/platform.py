"""Says whether captures can be noticed on this display at all, and what keeps them from being noticed."""

from __future__ import annotations

import os
from collections.abc import Mapping

from .events import TripwireState

PASSED_ON = ("DISPLAY", "XAUTHORITY", "HOME")
"""What a program of ours needs to reach the display."""

SCREEN_READS = "reads of the screen"
COMPOSITOR = "captures by the Wayland compositor"

_BLIND = {
    "wayland": "Under Wayland nobody tells of the compositor's own captures. Start with QT_QPA_PLATFORM=xcb "
    "in an X11 session to show guarded pictures.",
    "windows": "The capture guard does not run on Windows in this version.",
    "cocoa": "The capture guard does not run on macOS in this version.",
    "offscreen": "There is no display, so there is nothing to guard.",
    "minimal": "There is no display, so there is nothing to guard.",
}


def display_environment() -> dict[str, str]:
    """Return what names the display in this process's environment, and nothing else of it."""
    names = (*PASSED_ON, "WAYLAND_DISPLAY", "XDG_SESSION_TYPE")
    return {name: os.environ[name] for name in names if name in os.environ}


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of an environment a program of ours is started with."""
    return {name: environment[name] for name in PASSED_ON if name in environment}


def blindness(platform: str, environment: Mapping[str, str]) -> str | None:
    """Return why the sentinel cannot work here, None when it can; `platform` is Qt's name for the display."""
    if platform != "xcb":
        return _BLIND.get(platform, f"The capture guard does not know the display kind {platform!r}.")
    if not environment.get("DISPLAY"):
        return "DISPLAY is not set, so there is no X server to watch. Start the program in an X11 session."
    return None


def blind_tripwire(reason: str) -> TripwireState:
    """Return the one tripwire of a display on which nothing is live."""
    return TripwireState(SCREEN_READS, live=False, reason=reason)


def extra_tripwires(environment: Mapping[str, str]) -> tuple[TripwireState, ...]:
    """Return what the sentinel cannot know: under Xwayland the compositor's own captures pass it by."""
    if environment.get("XDG_SESSION_TYPE") == "wayland" or environment.get("WAYLAND_DISPLAY"):
        reason = (
            "The X server of a Wayland session sees only X programs. What the compositor takes by its own "
            "keys is known only by what is left of it. Use an X11 session to close this gap."
        )
        return (TripwireState(COMPOSITOR, live=False, reason=reason),)
    return ()
