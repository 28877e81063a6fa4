"""What opens an X display, kept in memory that only one process can look into, and handed on over a socket.

In a kiosk no file holds the cookie: any program of the same user could read it there. A process that is not
dumpable keeps it in a file without a name; what its /proc/self/fd/N leads to nobody else can open.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import struct
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "XAUTHORITY"
HANDED_ON = "-"
"""The value of XAUTHORITY that says: the content comes as the first line of standard input."""

_IN_MEMORY = "/proc/self/fd/"
_FAMILY_WILD = 65535
_NAME = b"MIT-MAGIC-COOKIE-1"
_LONGEST_LINE = 65536


def entry(cookie: bytes) -> bytes:
    """Return an Xauthority file with one cookie, good for whatever number the display has."""
    return (
        struct.pack(">HHHH", _FAMILY_WILD, 0, 0, len(_NAME)) + _NAME + struct.pack(">H", len(cookie)) + cookie
    )


def kept(content: bytes) -> str:
    """Keep a file's content in memory and return the path that leads to it within this process alone."""
    descriptor = os.memfd_create("authority", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(descriptor, content)
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return f"{_IN_MEMORY}{descriptor}"


def to_hand_on(environment: Mapping[str, str]) -> bytes | None:
    """Return the line that hands this process's authority to a child; None where a file holds it."""
    path = environment.get(VARIABLE, "")
    if not path.startswith(_IN_MEMORY):
        return None
    return base64.b64encode(Path(path).read_bytes()) + b"\n"


def taken_over(environment: dict[str, str], descriptor: int) -> dict[str, str]:
    """Return the environment with the authority that the first line of `descriptor` brings, if one is due.

    Call it when this process's memory is closed, not before. Raises ValueError where no such line comes.
    """
    if environment.get(VARIABLE) != HANDED_ON:
        return environment
    line = bytearray()
    while not line.endswith(b"\n"):
        # One at a time: what follows the line is for somebody else to read.
        byte = os.read(descriptor, 1)
        if not byte or len(line) > _LONGEST_LINE:
            raise ValueError("the authority of the display was not handed on")
        line += byte
    try:
        content = base64.b64decode(bytes(line).strip(), validate=True)
    except binascii.Error as error:
        raise ValueError("the authority of the display was handed on damaged") from error
    return environment | {VARIABLE: kept(content)}
