"""Calls of the desktop's own services for screenshots, recordings and control: the session bus, monitored."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import NamedTuple

from ..events import Culprit
from ..findings import PORTAL_REMOTE, PORTAL_SCREENCAST, PORTAL_SCREENSHOT, Finding
from ..lookout import Bell
from ..session_bus import Call, TooLong, monitored, session_bus

# A program may call as fast as it can: one attempt a second is told of.
APART_S = 1.0


class Service(NamedTuple):
    """An object whose methods take pictures of the screen, and those that do."""

    path: str
    interface: str
    methods: frozenset[str]
    kind: str


_PORTAL = "/org/freedesktop/portal/desktop"
SERVICES = (
    Service(
        _PORTAL,
        "org.freedesktop.portal.Screenshot",
        frozenset({"Screenshot", "PickColor"}),
        PORTAL_SCREENSHOT,
    ),
    Service(_PORTAL, "org.freedesktop.portal.ScreenCast", frozenset({"Start"}), PORTAL_SCREENCAST),
    Service(
        _PORTAL, "org.freedesktop.portal.RemoteDesktop", frozenset({"Start", "ConnectToEIS"}), PORTAL_REMOTE
    ),
    Service(
        "/org/gnome/Shell/Screenshot",
        "org.gnome.Shell.Screenshot",
        frozenset({"Screenshot", "ScreenshotArea", "ScreenshotWindow", "InteractiveScreenshot", "PickColor"}),
        PORTAL_SCREENSHOT,
    ),
    Service(
        "/org/gnome/Shell/Screencast",
        "org.gnome.Shell.Screencast",
        frozenset({"Screencast", "ScreencastArea"}),
        PORTAL_SCREENCAST,
    ),
    Service(
        "/org/gnome/Mutter/ScreenCast",
        "org.gnome.Mutter.ScreenCast",
        frozenset({"CreateSession"}),
        PORTAL_SCREENCAST,
    ),
    Service(
        "/org/gnome/Mutter/RemoteDesktop",
        "org.gnome.Mutter.RemoteDesktop",
        frozenset({"CreateSession"}),
        PORTAL_REMOTE,
    ),
    Service(
        "/org/kde/KWin/ScreenShot2",
        "org.kde.KWin.ScreenShot2",
        frozenset(
            {
                *("CaptureWindow", "CaptureActiveWindow", "CaptureArea", "CaptureScreen"),
                *("CaptureActiveScreen", "CaptureInteractive", "CaptureWorkspace"),
            }
        ),
        PORTAL_SCREENSHOT,
    ),
)
# By path: it must be named in a call, and the interface may be left out.
PATHS = tuple(sorted({service.path for service in SERVICES}))


def judge(call: Call) -> str | None:
    """Return the kind of a call that takes a picture of the screen, None for any other."""
    return next(
        (
            service.kind
            for service in SERVICES
            if call.path == service.path
            and call.interface in (None, service.interface)
            and call.method in service.methods
        ),
        None,
    )


class PortalCalls:
    """Monitors the session bus."""

    name = "calls for screenshots and recordings"

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Take the environment that names the session bus."""
        self._environment = environment
        self._told: dict[tuple[str, str], float] = {}

    async def listen(self, bell: Bell) -> None:
        """Tell of calls until the bus is gone; raises OSError where it cannot be monitored."""
        async with monitored(session_bus(self._environment), PATHS) as monitor:
            bell.hears()
            async for call in monitor.calls():
                if isinstance(call, TooLong):
                    bell.ring(Finding(PORTAL_SCREENSHOT, Culprit()))
                    continue
                kind = judge(call)
                if kind is None or not bell.armed or self._is_told(call.sender, kind, time.monotonic()):
                    continue
                culprit = await monitor.caller(call.sender)
                if culprit.pid != os.getpid():
                    bell.ring(Finding(kind, culprit))

    def _is_told(self, sender: str, kind: str, now: float) -> bool:
        """Say whether the same was told of a moment ago, and remember it."""
        self._told = {key: at for key, at in self._told.items() if now - at < APART_S}
        told = (sender, kind) in self._told
        self._told.setdefault((sender, kind), now)
        return told
