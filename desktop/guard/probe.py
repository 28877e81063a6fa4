"""The self-test's tool, a process of its own: reads a part of the screen as any other program would.

Prints one JSON line (when it asked, width, height, or what went wrong), then the pixels as BGRX. Having
read, it ends when its input does.
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


def main(environment: dict[str, str], rect: tuple[int, int, int, int]) -> None:
    """Print what a rectangle of the screen shows, in device pixels, and stay connected until input ends."""
    try:
        connection = Connection.open(environment)
    except DisplayUnreachable as error:
        _say({"problem": str(error)})
        return
    try:
        if _read_screen(connection, rect):
            # Whoever is gone before the sentinel asks the server for its name has none.
            sys.stdin.buffer.read()
    finally:
        connection.close()


def _read_screen(connection: Connection, rect: tuple[int, int, int, int]) -> bool:
    x, y, width, height = rect
    body = struct.pack("=IhhHHI", connection.roots[0].window, x, y, width, height, ALL_PLANES)
    asked = time.monotonic()
    try:
        reply = connection.call(pack_request(GET_IMAGE, Z_PIXMAP, body))
    except (OSError, XRefused) as error:
        _say({"problem": f"The screen could not be read: {error}"})
        return False
    pixels = reply[REPLY_HEAD : REPLY_HEAD + 4 * width * height]
    if len(pixels) != 4 * width * height:
        _say({"problem": "The screen does not have 32 bits a pixel."})
        return False
    _say({"asked": asked, "width": width, "height": height}, pixels)
    return True


def _say(message: dict[str, object], pixels: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n" + pixels)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    x, y, width, height = (int(word) for word in sys.argv[1:5])
    main(dict(os.environ), (x, y, width, height))
