"""Decodes those X requests that read pixels, or make something from which pixels can be read later."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from ..events import Rect

CREATE_WINDOW, CHANGE_WINDOW, DESTROY_WINDOW = 1, 2, 4
FREE_PIXMAP, COPY_AREA, COPY_PLANE, GET_IMAGE = 54, 62, 63, 73
SHM_GET_IMAGE = 4
REDIRECT_WINDOW, REDIRECT_SUBWINDOWS, NAME_WINDOW_PIXMAP = 1, 2, 6
CREATE_PICTURE, CHANGE_PICTURE, FREE_PICTURE, COMPOSITE, TRAPEZOIDS, TRIANGLE_FAN = 4, 5, 7, 8, 10, 13
SET_PICTURE_TRANSFORM = 28
REPEAT = 1

BACK_PIXMAP, BACK_PIXEL = 1, 2
BAD_MATCH = 8
WHOLE = Rect(-32768, -32768, 65535, 65535)


class Opcodes(NamedTuple):
    """The major opcodes of the extensions on this server; 0 where it lacks one."""

    shm: int
    composite: int
    render: int


class ImageRead(NamedTuple):
    """GetImage or ShmGetImage: the pixels of a drawable go to the client."""

    kind: str
    drawable: int
    rect: Rect


class Copy(NamedTuple):
    """CopyArea or CopyPlane: pixels go from one drawable to another."""

    source: int
    target: int
    rect: Rect


class NamedPixmap(NamedTuple):
    """Composite NameWindowPixmap: a pixmap that follows a window's contents."""

    window: int
    pixmap: int


class Redirected(NamedTuple):
    """Composite RedirectWindow or RedirectSubwindows."""

    window: int


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


class BackgroundSet(NamedTuple):
    """ChangeWindowAttributes, where it changes the background."""

    window: int
    has_background: bool


class Freed(NamedTuple):
    """FreePixmap, FreePicture or DestroyWindow."""

    resource: int


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
)


def recorded_ranges(
    opcodes: Opcodes,
) -> Iterator[tuple[tuple[int, int], tuple[int, int, int], tuple[int, int]]]:
    """Yield what RECORD must report: (core opcodes), (extension major, first minor, last minor), (error
    codes).
    """
    core = [
        (CREATE_WINDOW, CHANGE_WINDOW),
        (DESTROY_WINDOW, DESTROY_WINDOW),
        (FREE_PIXMAP, FREE_PIXMAP),
        (COPY_AREA, COPY_PLANE),
        (GET_IMAGE, GET_IMAGE),
    ]
    extensions = [
        (opcodes.shm, SHM_GET_IMAGE, SHM_GET_IMAGE),
        (opcodes.composite, REDIRECT_WINDOW, REDIRECT_SUBWINDOWS),
        (opcodes.composite, NAME_WINDOW_PIXMAP, NAME_WINDOW_PIXMAP),
        (opcodes.render, CREATE_PICTURE, CHANGE_PICTURE),
        (opcodes.render, FREE_PICTURE, COMPOSITE),
        (opcodes.render, TRAPEZOIDS, TRIANGLE_FAN),
        (opcodes.render, SET_PICTURE_TRANSFORM, SET_PICTURE_TRANSFORM),
    ]
    for pair in core:
        yield pair, (0, 0, 0), (0, 0)
    for extension in extensions:
        if extension[0]:
            yield (0, 0), extension, (0, 0)
    yield (0, 0), (0, 0, 0), (BAD_MATCH, BAD_MATCH)


def decode(major: int, minor: int, body: bytes, order: str, opcodes: Opcodes) -> Decoded | None:
    """Return the meaning of a request, or None when it has none for us or is malformed (the server refuses
    it).
    """
    try:
        if major < 128:
            return _decode_core(major, body, order)
        if major == opcodes.shm and minor == SHM_GET_IMAGE:
            drawable, *rect = struct.unpack_from(f"{order}IhhHH", body)
            return ImageRead("shm_get_image", drawable, Rect(*rect))
        if major == opcodes.composite:
            return _decode_composite(minor, body, order)
        if major == opcodes.render:
            return _decode_render(minor, body, order)
    except struct.error:
        return None
    return None


def _decode_core(major: int, body: bytes, order: str) -> Decoded | None:
    if major == GET_IMAGE:
        drawable, *rect = struct.unpack_from(f"{order}IhhHH", body)
        return ImageRead("get_image", drawable, Rect(*rect))
    if major in (COPY_AREA, COPY_PLANE):
        source, target, _, x, y, _, _, width, height = struct.unpack_from(f"{order}IIIhhhhHH", body)
        return Copy(source, target, Rect(x, y, width, height))
    if major in (FREE_PIXMAP, DESTROY_WINDOW):
        return Freed(struct.unpack_from(f"{order}I", body)[0])
    if major == CREATE_WINDOW:
        window, parent, x, y, width, height, _, _, _, mask = struct.unpack_from(f"{order}IIhhHHHHII", body)
        background = _background(mask, body[28:], order)
        return WindowMade(window, parent, Rect(x, y, width, height), bool(background))
    if major == CHANGE_WINDOW:
        window, mask = struct.unpack_from(f"{order}II", body)
        background = _background(mask, body[8:], order)
        return None if background is None else BackgroundSet(window, background)
    return None


def _background(mask: int, values: bytes, order: str) -> bool | None:
    """Tell whether the attribute list sets a background; None when it leaves it alone.

    A ParentRelative background (pixmap 1) paints the parent's, which counts as one.
    """
    if mask & BACK_PIXEL:
        return True
    if mask & BACK_PIXMAP:
        return bool(struct.unpack_from(f"{order}I", values)[0])
    return None


def _decode_composite(minor: int, body: bytes, order: str) -> Decoded | None:
    if minor == NAME_WINDOW_PIXMAP:
        return NamedPixmap(*struct.unpack_from(f"{order}II", body))
    if minor in (REDIRECT_WINDOW, REDIRECT_SUBWINDOWS):
        return Redirected(struct.unpack_from(f"{order}I", body)[0])
    return None


def refused_naming(error: bytes, order: str, opcodes: Opcodes) -> bool:
    """Tell whether an error packet is the server's refusal of NameWindowPixmap (the window is not
    redirected).
    """
    minor, major = struct.unpack_from(f"{order}HB", error, 8)
    return (
        error[0] == 0
        and bool(opcodes.composite)
        and (major, minor) == (opcodes.composite, NAME_WINDOW_PIXMAP)
    )


def _decode_render(minor: int, body: bytes, order: str) -> Decoded | None:
    if minor == CREATE_PICTURE:
        return PictureMade(*struct.unpack_from(f"{order}II", body))
    if minor == CHANGE_PICTURE:
        picture, mask = struct.unpack_from(f"{order}II", body)
        return PictureBent(picture) if mask & REPEAT else None
    if minor == SET_PICTURE_TRANSFORM:
        return PictureBent(struct.unpack_from(f"{order}I", body)[0])
    if minor == FREE_PICTURE:
        return Freed(struct.unpack_from(f"{order}I", body)[0])
    if minor == COMPOSITE:
        source, mask, target, x, y, mask_x, mask_y, _, _, width, height = struct.unpack_from(
            f"{order}4xIIIhhhhhhHH", body
        )
        sources = ((source, Rect(x, y, width, height)), (mask, Rect(mask_x, mask_y, width, height)))
        return PictureDrawn(sources if mask else sources[:1], target)
    if TRAPEZOIDS <= minor <= TRIANGLE_FAN:
        source, target = struct.unpack_from(f"{order}4xII", body)
        return PictureDrawn(((source, WHOLE),), target)
    return None
