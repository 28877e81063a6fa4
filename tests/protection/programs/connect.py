"""Connects to the display and reads it as fast as can be: `connect.py FILE file|memory [SECONDS]`.

No library: from the connection to the read there is one request. `memory` has the key in its memory already
and waits for a line on standard input before it connects; `file` opens it, as libraries do. With SECONDS it
waits between the two.
"""

import os
import socket
import struct
import sys
import time
from pathlib import Path

O = "<" if sys.byteorder == "little" else ">"  # noqa: E741  (order of bytes; it stands in every format below)
name, way = sys.argv[1:3]
authority = Path(os.environ["XAUTHORITY"])
if way == "memory":
    cookie = authority.read_bytes()[-16:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
else:
    cookie = authority.read_bytes()[-16:]
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
vendor, formats = struct.unpack_from(f"{O}16xH3xB", setup)
(root,) = struct.unpack_from(f"{O}I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)
time.sleep(float(sys.argv[3]) if len(sys.argv) > 3 else 0)
stream.write(struct.pack(f"{O}BBHIhhHHI", 73, 2, 5, root, 0, 0, 800, 600, 0xFFFFFFFF))
stream.flush()
head = stream.read(32)
Path(name).write_bytes(stream.read(4 * struct.unpack_from(f"{O}I", head, 4)[0]))
