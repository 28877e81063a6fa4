"""Takes the screen as a client of the other byte order with BIG-REQUESTS lengths: `grab_swapped.py FILE`.

No library speaks the foreign byte order, so this one writes the protocol itself.
"""

import os
import socket
import struct
import sys
from pathlib import Path

O = ">" if sys.byteorder == "little" else "<"  # noqa: E741  (order of bytes; it stands in every format below)
cookie = Path(os.environ["XAUTHORITY"]).read_bytes()[-16:]
server = socket.socket(socket.AF_UNIX)
server.connect(f"/tmp/.X11-unix/X{os.environ['DISPLAY'][1:]}")  # noqa: S108  (fixed by the X protocol)
stream = server.makefile("rwb")


def ask(request: bytes) -> bytes:
    """Send a request and return its reply."""
    stream.write(request)
    stream.flush()
    head = stream.read(32)
    if head[0] != 1:
        sys.exit(f"refused: {head!r}")
    return head + stream.read(4 * struct.unpack_from(f"{O}I", head, 4)[0])


hello = struct.pack(f"{O}sxHHHHxx", b"B" if O == ">" else b"l", 11, 0, 18, 16)
stream.write(hello + b"MIT-MAGIC-COOKIE-1\0\0" + cookie)
stream.flush()
status, size = struct.unpack(f"{O}B5xH", stream.read(8))
setup = stream.read(4 * size)
if status != 1:
    sys.exit(3)
vendor, formats = struct.unpack_from(f"{O}16xH3xB", setup)
(root,) = struct.unpack_from(f"{O}I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)
name = b"BIG-REQUESTS"
opcode = ask(struct.pack(f"{O}BxHHxx", 98, 2 + len(name) // 4, len(name)) + name)[9]
ask(struct.pack(f"{O}BBH", opcode, 0, 1))
image = ask(struct.pack(f"{O}BBHIIhhHHI", 73, 2, 0, 6, root, 0, 0, 800, 600, 0xFFFFFFFF))
Path(sys.argv[1]).write_bytes(image[32:])
