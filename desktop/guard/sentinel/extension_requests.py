"""Decodes the requests of extensions that matter to the sentinel."""

from __future__ import annotations

import struct

from ..events import Rect
from .decoded import (
    WHOLE,
    Copy,
    Decoded,
    Freed,
    ImageRead,
    KeysTapped,
    Meddled,
    NamedPixmap,
    Opcodes,
    PictureBent,
    PictureDrawn,
    PictureMade,
    Redirected,
)

SHM_GET_IMAGE = 4
REDIRECT_WINDOW, REDIRECT_SUBWINDOWS, NAME_WINDOW_PIXMAP = 1, 2, 6
CREATE_PICTURE, CHANGE_PICTURE, FREE_PICTURE, COMPOSITE, TRAPEZOIDS, TRIANGLE_FAN = 4, 5, 7, 8, 10, 13
GLYPHS_8, GLYPHS_32, CREATE_CURSOR, SET_PICTURE_TRANSFORM = 23, 25, 27, 28
REPEAT = 1
SHAPE_RECTANGLES, SHAPE_OFFSET, XFIXES_SET_SHAPE = 1, 4, 21
ALLOCATE_BACK_BUFFER = 1
DRI2_GET_BUFFERS, DRI2_GET_BUFFERS_WITH_FORMAT = 5, 7
DRI3_BUFFER_FROM_PIXMAP, DRI3_BUFFERS_FROM_PIXMAP = 3, 8
PRESENT_PIXMAP, PRESENT_PIXMAP_SYNCED = 1, 5
GLX_MAKE_CURRENT, GLX_CREATE_GLX_PIXMAP, GLX_CREATE_PIXMAP, GLX_MAKE_CONTEXT_CURRENT, GLX_CREATE_WINDOW = (
    *(5, 13, 22),
    *(26, 31),
)
RECORD_ENABLE_CONTEXT = 5


def decode(major: int, minor: int, body: bytes, order: str, opcodes: Opcodes) -> Decoded | None:
    """Return the meaning of an extension's request, or None; raises struct.error when it is cut short."""
    if major == opcodes.shm:
        return _decode_shm(minor, body, order)
    if major == opcodes.composite:
        return _decode_composite(minor, body, order)
    if major == opcodes.render:
        return _decode_render(minor, body, order)
    if major == opcodes.shape and SHAPE_RECTANGLES <= minor <= SHAPE_OFFSET:
        return Meddled(_second(body, order))
    if major == opcodes.xfixes and minor == XFIXES_SET_SHAPE:
        return Meddled(_first(body, order))
    if major == opcodes.record and minor == RECORD_ENABLE_CONTEXT:
        return KeysTapped()
    return _decode_buffers(major, minor, body, order, opcodes)


def _first(body: bytes, order: str) -> int:
    return int(struct.unpack_from(f"{order}I", body)[0])


def _second(body: bytes, order: str) -> int:
    return int(struct.unpack_from(f"{order}4xI", body)[0])


def _decode_shm(minor: int, body: bytes, order: str) -> Decoded | None:
    if minor != SHM_GET_IMAGE:
        return None
    drawable, *rect = struct.unpack_from(f"{order}IhhHH", body)
    return ImageRead("shm_get_image", drawable, Rect(*rect))


def _decode_buffers(major: int, minor: int, body: bytes, order: str, opcodes: Opcodes) -> Decoded | None:
    """Read the requests that give a program the memory in which a drawable lies, or its old contents."""
    if major == opcodes.double_buffer and minor == ALLOCATE_BACK_BUFFER:
        # After a swap the back buffer holds what the window showed.
        return ImageRead("double_buffer", _first(body, order), WHOLE)
    if major == opcodes.dri2 and DRI2_GET_BUFFERS <= minor <= DRI2_GET_BUFFERS_WITH_FORMAT:
        return ImageRead("gl_read", _first(body, order), WHOLE)
    if major == opcodes.dri3 and minor in (DRI3_BUFFER_FROM_PIXMAP, DRI3_BUFFERS_FROM_PIXMAP):
        return ImageRead("buffer_shared", _first(body, order), WHOLE)
    if major == opcodes.present and minor in (PRESENT_PIXMAP, PRESENT_PIXMAP_SYNCED):
        return Copy(_second(body, order), _first(body, order), WHOLE)
    if major == opcodes.glx:
        if minor == GLX_MAKE_CURRENT:
            return ImageRead("gl_read", _first(body, order), WHOLE)
        if minor == GLX_MAKE_CONTEXT_CURRENT:
            return ImageRead("gl_read", struct.unpack_from(f"{order}8xI", body)[0], WHOLE)
        if minor in (GLX_CREATE_GLX_PIXMAP, GLX_CREATE_PIXMAP, GLX_CREATE_WINDOW):
            return ImageRead("gl_read", struct.unpack_from(f"{order}8xI", body)[0], WHOLE)
    return None


def _decode_composite(minor: int, body: bytes, order: str) -> Decoded | None:
    if minor == NAME_WINDOW_PIXMAP:
        return NamedPixmap(*struct.unpack_from(f"{order}II", body))
    if minor in (REDIRECT_WINDOW, REDIRECT_SUBWINDOWS):
        return Redirected(struct.unpack_from(f"{order}I", body)[0], children=minor == REDIRECT_SUBWINDOWS)
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
    if TRAPEZOIDS <= minor <= TRIANGLE_FAN or GLYPHS_8 <= minor <= GLYPHS_32:
        source, target = struct.unpack_from(f"{order}4xII", body)
        return PictureDrawn(((source, WHOLE),), target)
    if minor == CREATE_CURSOR:
        # XFIXES gives the pixels of a cursor to everybody.
        cursor, source = struct.unpack_from(f"{order}II", body)
        return PictureDrawn(((source, WHOLE),), cursor)
    return None
