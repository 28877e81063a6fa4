"""Connects to the display and reads it as fast as can be: `connect.py FILE file|memory [WAY [ARGUMENT]]`.

No library: from the connection to the read there is one request. `memory` has the key in its memory already
and waits for a line on standard input before it connects; `file` opens it, as libraries do.

WAY: `later` waits ARGUMENT seconds between connection and read, `strips` reads line by line, `grabbed` grabs
the server meanwhile, `fork` reads in a child, `buffer` swaps a back buffer into the window ARGUMENT and reads
that.
"""

import os
import socket
import struct
import sys
import time
from pathlib import Path

O = "<" if sys.byteorder == "little" else ">"  # noqa: E741  (order of bytes; it stands in every format below)
WIDTH, HEIGHT = 800, 600
name, source, way, argument = (*sys.argv[1:], "", "0")[:4]
cookie = Path(os.environ["XAUTHORITY"]).read_bytes()[-16:]
if source == "memory":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
server = socket.socket(socket.AF_UNIX)
server.connect(f"/tmp/.X11-unix/X{os.environ['DISPLAY'][1:]}")  # noqa: S108  (fixed by the X protocol)
stream = server.makefile("rwb")
hello = struct.pack(f"{O}sxHHHHxx", b"l" if O == "<" else b"B", 11, 0, 18, 16)
stream.write(hello + b"MIT-MAGIC-COOKIE-1\0\0" + cookie)
stream.flush()
status, size = struct.unpack(f"{O}B5xH", stream.read(8))
setup = stream.read(4 * size)
if status != 1:
    sys.exit(3)
base, _ = struct.unpack_from(f"{O}4xII", setup)
vendor, formats = struct.unpack_from(f"{O}16xH3xB", setup)
(root,) = struct.unpack_from(f"{O}I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)


def image(drawable: int, top: int, width: int, height: int) -> bytes:
    """Return a request for pixels."""
    return struct.pack(f"{O}BBHIhhHHI", 73, 2, 5, drawable, 0, top, width, height, 0xFFFFFFFF)


def answer() -> bytes:
    """Take a reply."""
    stream.flush()
    head = stream.read(32)
    if head[0] != 1:
        sys.exit(f"refused: {head!r}")
    return head + stream.read(4 * struct.unpack_from(f"{O}I", head, 4)[0])


if way == "later":
    time.sleep(float(argument))
if way == "fork" and os.fork():
    os.wait()
    sys.exit()
if way == "strips":
    stream.write(b"".join(image(root, line, WIDTH, 1) for line in range(HEIGHT)))
    pixels = b"".join(answer()[32:] for _ in range(HEIGHT))
elif way == "buffer":
    extension = b"DOUBLE-BUFFER\0\0\0"
    stream.write(struct.pack(f"{O}BxHHxx", 98, 2 + len(extension) // 4, 13) + extension)
    opcode = answer()[9]
    stream.write(struct.pack(f"{O}BBHBBxx", opcode, 0, 2, 1, 0))
    answer()
    window, buffer, untouched = int(argument), base | 1, 2
    stream.write(struct.pack(f"{O}BBHIIB3x", opcode, 1, 4, window, buffer, untouched))
    stream.write(struct.pack(f"{O}BBHIIB3x", opcode, 3, 4, 1, window, untouched))
    stream.write(image(buffer, 0, 400, 300))
    pixels = answer()[32:]
else:
    grab, release = (struct.pack(f"{O}BxH", code, 1) if way == "grabbed" else b"" for code in (36, 37))
    stream.write(grab + image(root, 0, WIDTH, HEIGHT) + release)
    pixels = answer()[32:]
Path(name).write_bytes(pixels)
