"""Which tripwires need no sentinel: those of the program itself, and those of the machine beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from .lookout import Listener, Tripwire
from .own_display import OwnDisplay
from .places import known_places
from .tripwires.clipboard_images import ClipboardImages
from .tripwires.dumps import Dumps
from .tripwires.libraries import Libraries
from .tripwires.modules import Modules
from .tripwires.portal_calls import PortalCalls
from .tripwires.preloads import Preloads
from .tripwires.programs import Programs
from .tripwires.remote_sessions import RemoteSessions
from .tripwires.screenshot_files import ScreenshotFiles, screenshot_folders
from .tripwires.tracers import Tracers
from .tripwires.video_streams import VideoStreams
from .tripwires.virtual_cameras import VirtualCameras


def tripwires(environment: Mapping[str, str], processes: Callable[[], Sequence[int]]) -> list[Tripwire]:
    """Return those that look; `processes` are ours beside this one."""
    places = known_places()
    return [
        Tracers(lambda: (os.getpid(), *processes())),
        Preloads(environment),
        Libraries(places),
        Modules(places, sys.modules, environment),
        Dumps(),
        Programs(OwnDisplay(environment.get("DISPLAY", ""))),
        RemoteSessions(environment),
        VirtualCameras(),
    ]


def listeners(environment: Mapping[str, str]) -> list[Listener]:
    """Return those that are told."""
    home = Path(environment.get("HOME") or Path.home())
    configuration = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    return [
        PortalCalls(environment),
        VideoStreams(environment),
        ClipboardImages(environment),
        ScreenshotFiles(partial(screenshot_folders, home, configuration)),
    ]
