"""What a decoded X request means to us, as plain values."""

from __future__ import annotations

from typing import NamedTuple

from ..events import Rect

WHOLE = Rect(-32768, -32768, 65535, 65535)


class Opcodes(NamedTuple):
    """The major opcodes of the extensions on this server; 0 where it lacks one."""

    shm: int = 0
    composite: int = 0
    render: int = 0
    shape: int = 0
    xfixes: int = 0
    double_buffer: int = 0
    dri2: int = 0
    dri3: int = 0
    present: int = 0
    glx: int = 0
    record: int = 0


# Their names on the server, in the order of `Opcodes`.
EXTENSIONS = (
    *("MIT-SHM", "Composite", "RENDER", "SHAPE", "XFIXES", "DOUBLE-BUFFER"),
    *("DRI2", "DRI3", "Present", "GLX", "RECORD"),
)


class ImageRead(NamedTuple):
    """The pixels of a drawable go to the client, or to where it can take them from."""

    kind: str
    drawable: int
    rect: Rect


class Copy(NamedTuple):
    """CopyArea, CopyPlane or Present: pixels go from one drawable to another."""

    source: int
    target: int
    rect: Rect


class NamedPixmap(NamedTuple):
    """Composite NameWindowPixmap: a pixmap that follows a window's contents."""

    window: int
    pixmap: int


class Redirected(NamedTuple):
    """Composite RedirectWindow or RedirectSubwindows; the latter takes hold of the `children`."""

    window: int
    children: bool = False


class PictureMade(NamedTuple):
    """Render CreatePicture: a way to draw from a drawable."""

    picture: int
    drawable: int


class PictureBent(NamedTuple):
    """A transform or a repeat: from now on any part of the picture can appear anywhere."""

    picture: int


class PictureDrawn(NamedTuple):
    """A Render request that draws from pictures onto another; each source with the part that is drawn."""

    sources: tuple[tuple[int, Rect], ...]
    target: int


class WindowMade(NamedTuple):
    """CreateWindow; a window without a background shows at first what was on the screen before it."""

    window: int
    parent: int
    rect: Rect
    has_background: bool
    lowered: bool = False


class BackgroundSet(NamedTuple):
    """ChangeWindowAttributes, where it changes the background."""

    window: int
    has_background: bool


class Freed(NamedTuple):
    """FreePixmap, FreePicture or DestroyWindow."""

    resource: int


class WindowShown(NamedTuple):
    """MapWindow."""

    window: int


class SelectionOwned(NamedTuple):
    """SetSelectionOwner: the client answers for a clipboard."""

    window: int


class Meddled(NamedTuple):
    """A request that can hide, move, reshape or destroy a window, or all its `children`; or `lowers` it."""

    window: int
    children: bool = False
    lowers: bool = False


class Killed(NamedTuple):
    """KillClient: the program that made a resource loses its connection."""

    resource: int


class KeysTapped(NamedTuple):
    """RECORD EnableContext: from now on a program is told of what others do, key presses among it."""


Decoded = (
    ImageRead
    | Copy
    | NamedPixmap
    | Redirected
    | PictureMade
    | PictureBent
    | PictureDrawn
    | WindowMade
    | BackgroundSet
    | Freed
    | WindowShown
    | SelectionOwned
    | Meddled
    | Killed
    | KeysTapped
)
