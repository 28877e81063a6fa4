"""Reads one pixel of the screen through a connection of its own, to see whether the tripwire notices."""

from __future__ import annotations

import struct
from collections.abc import Callable

from .connection import Connection, XRefused, pack_request
from .display import DisplayUnreachable


def read_screen(environment: dict[str, str], started: Callable[[int], None]) -> None:
    """Tell `started` the resource base of the reader, then read; runs on a thread of its own.

    A display that does not let us read is no failure here: the tripwire that stays silent is the result.
    """
    try:
        connection = Connection.open(environment)
    except DisplayUnreachable:
        return
    try:
        started(connection.base)
        body = struct.pack("=IhhHHI", connection.roots[0].window, 0, 0, 1, 1, 0xFFFFFFFF)
        connection.call(pack_request(73, 2, body))
    except (OSError, XRefused):
        return
    finally:
        connection.close()
