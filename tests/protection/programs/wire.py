"""The X protocol by hand, for programs that want no library between their connection and their read."""

from __future__ import annotations

import os
import socket
import struct
import sys
from pathlib import Path

NATIVE = "<" if sys.byteorder == "little" else ">"
FOREIGN = ">" if NATIVE == "<" else "<"
ERROR, REPLY, GENERIC_EVENT = 0, 1, 35


def cookie() -> bytes:
    """Read the display's cookie, as every client does before it connects."""
    return Path(os.environ["XAUTHORITY"]).read_bytes()[-16:]


class Wire:
    """One client of the display."""

    def __init__(self, known: bytes, order: str = NATIVE) -> None:
        """Connect with a cookie, in a byte order."""
        self._order = order
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(f"/tmp/.X11-unix/X{os.environ['DISPLAY'][1:]}")  # noqa: S108  (fixed by the X protocol)
        hello = self.pack("sxHHHHxx", b"B" if order == ">" else b"l", 11, 0, 18, 16)
        self._socket.sendall(hello + b"MIT-MAGIC-COOKIE-1\0\0" + known)
        accepted, size = struct.unpack(f"{order}B5xH", self._take(8))
        setup = self._take(4 * size)
        if accepted != 1:
            sys.exit(f"refused: {setup!r}")
        self._last: int
        self._last, _, vendor, formats = struct.unpack_from(f"{order}4xII4xH3xB", setup)
        start = 32 + (vendor + 3) // 4 * 4 + 8 * formats
        self.root, self.width, self.height = struct.unpack_from(f"{order}I16xHH", setup, start)
        (self.visual,) = struct.unpack_from(f"{order}I", setup, start + 32)

    def pack(self, form: str, *values: object) -> bytes:
        """Pack numbers in the connection's byte order."""
        return struct.pack(self._order + form, *values)

    def new_id(self) -> int:
        """Return an unused resource id."""
        self._last += 1
        return self._last

    def request(self, opcode: int, data: int = 0, body: bytes = b"") -> bytes:
        """Build a request."""
        body += b"\0" * (-len(body) % 4)
        return self.pack("BBH", opcode, data, 1 + len(body) // 4) + body

    def send(self, *requests: bytes) -> None:
        """Send requests."""
        self._socket.sendall(b"".join(requests))

    def reply(self) -> bytes | None:
        """Return the next reply, None for an error; events are passed over."""
        while True:
            head = self._take(32)
            rest = 4 * struct.unpack_from(f"{self._order}I", head, 4)[0]
            if head[0] == ERROR:
                return None
            if head[0] == REPLY:
                return head + self._take(rest)
            if head[0] & 0x7F == GENERIC_EVENT:
                self._take(rest)

    def ask(self, request: bytes) -> bytes:
        """Send a request and return its reply; ends the program when it is refused."""
        self.send(request)
        answer = self.reply()
        if answer is None:
            sys.exit(f"refused: {request[:16]!r}")
        return answer

    def settle(self) -> None:
        """Wait until the server has done everything so far."""
        self.ask(self.request(43))

    def extension(self, name: str) -> int:
        """Return the opcode of an extension."""
        return self.ask(self.request(98, 0, self.pack("Hxx", len(name)) + name.encode()))[9]

    def read(self, drawable: int, x: int, y: int, width: int, height: int) -> bytes:
        """Build a GetImage request."""
        return self.request(73, 2, self.pack("IhhHHI", drawable, x, y, width, height, 0xFFFFFFFF))

    def image(self, drawable: int, x: int, y: int, width: int, height: int) -> bytes:
        """Return the pixels of a part of a drawable, four bytes each; ends the program when refused."""
        return self.ask(self.read(drawable, x, y, width, height))[32:]

    def screen(self) -> bytes:
        """Return the pixels of the whole screen."""
        return self.image(self.root, 0, 0, self.width, self.height)

    def size(self, drawable: int) -> tuple[int, int]:
        """Return width and height of a drawable."""
        answer = self.ask(self.request(14, 0, self.pack("I", drawable)))
        width, height = struct.unpack_from(f"{self._order}HH", answer, 16)
        return width, height

    def family(self, window: int) -> tuple[int, list[int]]:
        """Return the parent and the children of a window."""
        answer = self.ask(self.request(15, 0, self.pack("I", window)))
        parent, count = struct.unpack_from(f"{self._order}IH", answer, 12)
        return parent, list(struct.unpack_from(f"{self._order}{count}I", answer, 32))

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _take(self, count: int) -> bytes:
        taken = bytearray()
        while len(taken) < count:
            chunk = self._socket.recv(count - len(taken))
            if not chunk:
                sys.exit("the server has cut the connection")
            taken += chunk
        return bytes(taken)


def keep(file: str, *frames: bytes) -> None:
    """Write pixels; several frames go to files with a number of their own."""
    path = Path(file)
    for number, frame in enumerate(frames):
        path.with_stem(f"{path.stem}-{number}" if len(frames) > 1 else path.stem).write_bytes(frame)
