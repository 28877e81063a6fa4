"""Decodes those X requests that read pixels, make something from which pixels can be read later, or act on
windows that are not the client's own.
"""

from __future__ import annotations

import struct

from ..events import Rect
from . import extension_requests
from .decoded import (
    BackgroundSet,
    Copy,
    Decoded,
    Freed,
    ImageRead,
    Killed,
    Meddled,
    Opcodes,
    SelectionOwned,
    WindowMade,
    WindowShown,
)

CREATE_WINDOW, CHANGE_WINDOW, DESTROY_WINDOW, DESTROY_SUBWINDOWS = 1, 2, 4, 5
REPARENT_WINDOW, MAP_WINDOW, UNMAP_WINDOW, UNMAP_SUBWINDOWS, CONFIGURE_WINDOW, CIRCULATE_WINDOW = (
    7,
    8,
    10,
    11,
    12,
    13,
)
SET_SELECTION_OWNER, FREE_PIXMAP, COPY_AREA, COPY_PLANE, GET_IMAGE, KILL_CLIENT = 22, 54, 62, 63, 73, 113

BACK_PIXMAP, BACK_PIXEL = 1, 2
STACK_MODE, BELOW = 1 << 6, (1, 3)


def decode(major: int, minor: int, body: bytes, order: str, opcodes: Opcodes) -> Decoded | None:
    """Return the meaning of a request, or None when it has none for us or is malformed (the server refuses
    it).
    """
    try:
        if major < 128:
            return _decode_core(major, body, order)
        return extension_requests.decode(major, minor, body, order, opcodes)
    except struct.error:
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
    if major == MAP_WINDOW:
        return WindowShown(struct.unpack_from(f"{order}I", body)[0])
    if major == SET_SELECTION_OWNER:
        return SelectionOwned(struct.unpack_from(f"{order}I", body)[0])
    if major in (REPARENT_WINDOW, UNMAP_WINDOW):
        return Meddled(struct.unpack_from(f"{order}I", body)[0])
    if major == CONFIGURE_WINDOW:
        window, mask = struct.unpack_from(f"{order}IH", body)
        return Meddled(window, lowers=_lowers(mask, body[8:], order))
    if major in (DESTROY_SUBWINDOWS, UNMAP_SUBWINDOWS, CIRCULATE_WINDOW):
        return Meddled(struct.unpack_from(f"{order}I", body)[0], children=True)
    if major == KILL_CLIENT:
        return Killed(struct.unpack_from(f"{order}I", body)[0])
    if major == CREATE_WINDOW:
        window, parent, x, y, width, height, _, _, _, mask = struct.unpack_from(f"{order}IIhhHHHHII", body)
        background = _background(mask, body[28:], order)
        return WindowMade(window, parent, Rect(x, y, width, height), bool(background))
    if major == CHANGE_WINDOW:
        window, mask = struct.unpack_from(f"{order}II", body)
        background = _background(mask, body[8:], order)
        return None if background is None else BackgroundSet(window, background)
    return None


def _lowers(mask: int, values: bytes, order: str) -> bool:
    """Tell whether the values ask for a place below others."""
    if not mask & STACK_MODE:
        return False
    before = (mask & (STACK_MODE - 1)).bit_count()
    return struct.unpack_from(f"{order}I", values, 4 * before)[0] in BELOW


def _background(mask: int, values: bytes, order: str) -> bool | None:
    """Tell whether the attribute list sets a background; None when it leaves it alone.

    A ParentRelative background (pixmap 1) paints the parent's, which counts as one.
    """
    if mask & BACK_PIXEL:
        return True
    if mask & BACK_PIXMAP:
        return bool(struct.unpack_from(f"{order}I", values)[0])
    return None
