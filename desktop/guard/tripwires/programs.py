"""Programs that record or share screens, known by name: a hint; what they do is noticed anyway."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from ..findings import MEETING, RECORDING, REMOTE_SERVER, REMOTE_SESSION, Finding
from ..own_display import OwnDisplay
from ..process_names import PROC, describe_process
from ..process_table import command_line, command_names

COMM_LENGTH = 15
# What only ever records, what only ever shows this very screen elsewhere; then what may do so.
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    RECORDING: (
        *("obs", "obs-studio", "simplescreenrecorder", "recordmydesktop", "gtk-recordmydesktop", "kazam"),
        *("peek", "vokoscreen", "vokoscreenNG", "kooha", "blue-recorder", "green-recorder", "byzanz-record"),
        *("gpu-screen-recorder", "gsr-kms-server", "wf-recorder", "wl-screenrec", "deepin-screen-recorder"),
        *("silentcast", "sunshine", "glc-capture"),
    ),
    REMOTE_SESSION: (
        *(
            "x11vnc",
            "x0vncserver",
            "x0tigervncserver",
            "vino-server",
            "krfb",
            "krfb-virtualmonitor",
            "wayvnc",
        ),
        "weylus",
    ),
    REMOTE_SERVER: (
        *("xrdp", "xrdp-sesman", "gnome-remote-desktop-daemon", "teamviewerd", "TeamViewer", "anydesk"),
        *("rustdesk", "nxserver.bin", "nxnode.bin", "dwagent", "remoting_me2me_host", "vncserver-x11-core"),
        *("vncserver-virtuald", "xpra", "parsecd"),
    ),
    MEETING: (
        *(
            "zoom",
            "teams",
            "teams-for-linux",
            "Discord",
            "slack",
            "skypeforlinux",
            "webex",
            "CiscoCollabHost",
        ),
        *("element-desktop", "mumble"),
    ),
}
# Programs that do many things, and the words that make recorders of them.
RECORDING_WORDS: Mapping[str, tuple[str, ...]] = {
    "ffmpeg": ("x11grab", "xcbgrab", "kmsgrab", "pipewiregrab"),
    "gst-launch-1.0": ("ximagesrc", "pipewiresrc"),
    "vlc": ("screen://",),
    "mencoder": ("screen://",),
}
_BY_NAME = {name[:COMM_LENGTH]: kind for kind, names in PROGRAMS.items() for name in names}
_BY_WORDS = {name[:COMM_LENGTH]: words for name, words in RECORDING_WORDS.items()}


class Programs:
    """Looks at the names of all processes."""

    name = "known recorders and remote desktops"
    every = 2.0

    def __init__(self, display: OwnDisplay, proc: Path = PROC) -> None:
        """Leave out those that work on another display than ours."""
        self._display = display
        self._proc = proc

    def look(self) -> list[Finding]:
        """Return those that run; raises OSError where /proc cannot be read."""
        found = []
        for pid, name in command_names(self._proc):
            kind = kind_of(name, partial(command_line, pid, self._proc))
            if kind is not None and self._display.is_seen_by(pid):
                found.append(Finding(kind, describe_process(pid, self._proc)))
        return found


def kind_of(name: str, command: Callable[[], Sequence[str]]) -> str | None:
    """Return what a process of this name is; its words are asked for only where they decide."""
    kind = _BY_NAME.get(name)
    if kind is None and name in _BY_WORDS:
        wanted = _BY_WORDS[name]
        if any(word.startswith(wanted) for word in command()):
            return RECORDING
    return kind
