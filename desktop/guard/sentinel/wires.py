"""Says which tripwires of the sentinel are live on this display, and why the others are not."""

from __future__ import annotations

from collections.abc import Collection

State = dict[str, object]

NO_RECORD = (
    "The X server lacks the RECORD extension, so reads of the screen cannot be seen. "
    "Start it with RECORD enabled (Xorg: remove 'Disable \"record\"' from its configuration)."
)
UNNAMED = "The X server lacks X-Resource 1.2: captures are seen, but not who made them."
UNWATCHED = (
    "The kernel gives no more inotify instances, so programs are seen only when they have connected. "
    "Raise fs.inotify.max_user_instances."
)
UNHELD = (
    "The file with the display's key cannot be held back from other programs (it is not ours, or lies on a "
    "network share): they are seen when they open it, and a quick one may read before the picture is covered."
)
# What each takes of the server; without the extension nobody can read that way either.
_NEEDS = {
    "reads of the screen": None,
    "reads through shared memory": "MIT-SHM",
    "copies of the screen": None,
    "window pixmaps": "Composite",
    "drawing from the screen": "RENDER",
    "reads through graphics buffers": "GLX",
    "attacks on the black windows": None,
    "programs that connect": None,
    "capture keys": None,
    "windows in front": None,
}


def state(name: str, reason: str, *, live: bool = False) -> State:
    """Return one tripwire's state as the desktop takes it."""
    return {"name": name, "live": live, "reason": reason}


def describe(extensions: Collection[str], *, named: bool, held: str) -> list[State]:
    """Describe all; `held` says what keeps programs from being seen before they connect."""
    if "RECORD" not in extensions:
        names = (*_NEEDS, "programs about to connect", "names of programs")
        return [state(name, NO_RECORD) for name in names]
    states = []
    for name, extension in _NEEDS.items():
        lacking = extension is not None and extension not in extensions
        states.append(state(name, f"This X server has no {extension}." if lacking else "", live=True))
    states.append(state("programs about to connect", held, live=held != UNWATCHED))
    states.append(state("names of programs", "" if named else UNNAMED, live=named))
    return states
