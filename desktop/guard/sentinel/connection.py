"""An X11 client connection that never blocks once it is set up: requests out, replies and events by callback.

libxcb can wait for a reply only by blocking, and a capture tool that holds a server grab would then stop the
whole sentinel; importing xcffib also costs 0.2 s at every start. The dozen requests that the sentinel needs
are written here.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .display import DisplayUnreachable, connect_socket, find_cookie, parse_display

NATIVE = "<" if sys.byteorder == "little" else ">"
ERROR, REPLY, GENERIC_EVENT = 0, 1, 35

OnReply = Callable[[bytes], None]
OnError = Callable[["XError"], None]


class XError(NamedTuple):
    """An error packet of the server."""

    code: int
    value: int
    minor: int
    major: int


class XRefused(Exception):
    """A request of our own failed while the connection was being set up."""

    def __init__(self, error: XError) -> None:
        super().__init__(
            f"X error {error.code} for request {error.major}.{error.minor}, value {error.value:#x}"
        )
        self.error = error


class Extension(NamedTuple):
    """Where an extension's numbers start on this server."""

    major: int
    first_event: int
    first_error: int


class Root(NamedTuple):
    """The root window of one screen."""

    window: int
    width: int
    height: int


class _Pending(NamedTuple):
    sequence: int
    on_reply: OnReply | None
    on_error: OnError | None
    endless: bool


def pack_request(opcode: int, data: int, body: bytes = b"") -> bytes:
    """Build a request: header, body, padding to four bytes."""
    padded = body + b"\0" * (-len(body) % 4)
    return struct.pack("=BBH", opcode, data, 1 + len(padded) // 4) + padded


class Connection:
    """One client of the display. Not thread-safe: each thread opens its own."""

    def __init__(self, stream: socket.socket, setup: bytes) -> None:
        """Take over a stream whose server has accepted us; `setup` is its reply after the first 8 bytes."""
        self._stream = stream
        self._stream.setblocking(False)
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self._pending: deque[_Pending] = deque()
        self._sequence = 0
        self._next_id = 0
        self.base, self.mask = struct.unpack_from("=II", setup, 4)
        (vendor,) = struct.unpack_from("=H", setup, 16)
        screens, formats = setup[20], setup[21]
        self.key_codes = (setup[26], setup[27])
        self.roots = tuple(_parse_roots(setup, 32 + vendor + -vendor % 4 + 8 * formats, screens))

    @classmethod
    def open(cls, environment: dict[str, str], timeout: float = 5.0) -> Connection:
        """Connect to the display of `environment` (DISPLAY, XAUTHORITY, HOME); raises DisplayUnreachable."""
        display = parse_display(environment.get("DISPLAY", ""))
        stream = connect_socket(display, timeout)
        try:
            name, data = find_cookie(display, stream, environment)
            order = b"l" if NATIVE == "<" else b"B"
            hello = struct.pack("=sxHHHHxx", order, 11, 0, len(name), len(data))
            stream.sendall(hello + name + b"\0" * (-len(name) % 4) + data + b"\0" * (-len(data) % 4))
            head = _receive_exactly(stream, 8)
            rest = _receive_exactly(stream, 4 * struct.unpack_from("=H", head, 6)[0])
        except OSError as error:
            stream.close()
            raise DisplayUnreachable(
                f"The X server closed the connection ({error}). Check XAUTHORITY."
            ) from error
        if head[0] != 1:
            stream.close()
            reason = rest[: head[1]].decode("latin-1", "replace").strip()
            raise DisplayUnreachable(f"The X server refused us: {reason}. Check XAUTHORITY.")
        return cls(stream, rest)

    def close(self) -> None:
        """Leave the display; the server frees everything that this client made."""
        self._stream.close()

    def fileno(self) -> int:
        """Return the descriptor to wait on."""
        return self._stream.fileno()

    def new_id(self) -> int:
        """Return an unused resource id of this client."""
        self._next_id += 1
        return int(self.base | self._next_id)

    def send(
        self,
        request: bytes,
        on_reply: OnReply | None = None,
        on_error: OnError | None = None,
        *,
        endless: bool = False,
    ) -> None:
        """Queue a request; an `endless` one is answered by replies without end and must be the last.

        Without `on_error` its errors are dropped: the window may be gone, and that is news that comes as an
        event.
        """
        self._sequence += 1
        if on_reply is not None or on_error is not None:
            self._pending.append(_Pending(self._sequence, on_reply, on_error, endless))
        self._outgoing += request

    def flush(self) -> None:
        """Hand what is queued to the kernel, as much as it takes without waiting; raises OSError when cut."""
        while self._outgoing:
            try:
                sent = self._stream.send(self._outgoing)
            except BlockingIOError:
                return
            del self._outgoing[:sent]

    def unsent(self) -> bool:
        """Tell whether `flush` has left something for when the descriptor can be written."""
        return bool(self._outgoing)

    def receive(self) -> list[bytes]:
        """Read what has arrived, run the callbacks of replies and errors, return the events.

        Raises ConnectionError when the server has closed the connection.
        """
        try:
            chunk = self._stream.recv(262144)
        except BlockingIOError:
            return []
        if not chunk:
            raise ConnectionResetError("the X server closed the connection")
        self._incoming += chunk
        events: list[bytes] = []
        for packet in self._packets():
            if packet[0] in (ERROR, REPLY):
                self._answer(packet)
            else:
                events.append(packet)
        return events

    def call(self, request: bytes, timeout: float = 5.0) -> bytes:
        """Send a request and wait for its reply; for set-up only: events that arrive meanwhile are lost."""
        answers: list[bytes | XError] = []
        self.send(request, answers.append, answers.append)
        deadline = time.monotonic() + timeout
        while not answers:
            self.flush()
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the X server does not answer")
            select.select([self], [self] if self._outgoing else [], [], left)
            self.receive()
        if isinstance(answers[0], XError):
            raise XRefused(answers[0])
        return answers[0]

    def query_extension(self, name: str) -> Extension | None:
        """Return where the extension lives, or None when this server lacks it."""
        encoded = name.encode()
        reply = self.call(pack_request(98, 0, struct.pack("=Hxx", len(encoded)) + encoded))
        return Extension(reply[9], reply[10], reply[11]) if reply[8] else None

    def intern_atom(self, name: str) -> int:
        """Return the server's number for a name."""
        encoded = name.encode()
        reply = self.call(pack_request(16, 0, struct.pack("=Hxx", len(encoded)) + encoded))
        return int(struct.unpack_from("=I", reply, 8)[0])

    def _packets(self) -> Iterator[bytes]:
        buffer, offset = self._incoming, 0
        while len(buffer) - offset >= 32:
            size = 32
            if buffer[offset] in (REPLY, GENERIC_EVENT):
                size += 4 * struct.unpack_from("=I", buffer, offset + 4)[0]
                if len(buffer) - offset < size:
                    break
            yield bytes(buffer[offset : offset + size])
            offset += size
        del buffer[:offset]

    def _answer(self, packet: bytes) -> None:
        (low,) = struct.unpack_from("=H", packet, 2)
        while self._pending:
            first = self._pending[0]
            ahead = (low - first.sequence) & 0xFFFF
            if ahead >= 0x8000:
                return
            if ahead == 0:
                if packet[0] == ERROR:
                    self._pending.popleft()
                    if first.on_error is not None:
                        value, minor, major = struct.unpack_from("=IHB", packet, 4)
                        first.on_error(XError(packet[1], value, minor, major))
                elif first.on_reply is not None:
                    if not first.endless:
                        self._pending.popleft()
                    first.on_reply(packet)
                return
            self._pending.popleft()


def _receive_exactly(stream: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = stream.recv(size - len(received))
        if not chunk:
            raise ConnectionResetError("closed during the handshake")
        received += chunk
    return bytes(received)


def _parse_roots(setup: bytes, offset: int, count: int) -> Iterator[Root]:
    for _ in range(count):
        window, _, _, _, _, width, height = struct.unpack_from("=IIIIIHH", setup, offset)
        depths = setup[offset + 39]
        offset += 40
        for _ in range(depths):
            (visuals,) = struct.unpack_from("=H", setup, offset + 2)
            offset += 8 + 24 * visuals
        yield Root(window, width, height)
