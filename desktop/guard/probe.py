"""The self-test's tool, a process of its own: reads a part of the screen as any other program would.

Prints one JSON line (when it asked, width, height, or what went wrong), then the pixels as BGRX.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time

from .sentinel.connection import Connection, XRefused, pack_request
from .sentinel.display import DisplayUnreachable

GET_IMAGE, Z_PIXMAP, ALL_PLANES = 73, 2, 0xFFFFFFFF
REPLY_HEAD = 32


def read_screen(environment: dict[str, str], rect: tuple[int, int, int, int]) -> bytes:
    """Return what the process prints for a rectangle of the screen, in device pixels."""
    try:
        connection = Connection.open(environment)
    except DisplayUnreachable as error:
        return _said({"problem": str(error)})
    try:
        x, y, width, height = rect
        body = struct.pack("=IhhHHI", connection.roots[0].window, x, y, width, height, ALL_PLANES)
        asked = time.monotonic()
        reply = connection.call(pack_request(GET_IMAGE, Z_PIXMAP, body))
    except (OSError, XRefused) as error:
        return _said({"problem": f"The screen could not be read: {error}"})
    finally:
        connection.close()
    pixels = reply[REPLY_HEAD : REPLY_HEAD + 4 * width * height]
    if len(pixels) != 4 * width * height:
        return _said({"problem": "The screen does not have 32 bits a pixel."})
    return _said({"asked": asked, "width": width, "height": height}) + pixels


def _said(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode() + b"\n"


if __name__ == "__main__":
    x, y, width, height = (int(word) for word in sys.argv[1:5])
    sys.stdout.buffer.write(read_screen(dict(os.environ), (x, y, width, height)))
