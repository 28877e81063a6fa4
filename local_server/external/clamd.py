"""The virus scanner clamd, spoken to as its manual says (clamd(8), INSTREAM): a stream in, a verdict out."""

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from local_server.external.link import Link

_CONNECT_SECONDS: Final = 2.0
_SCAN_SECONDS: Final = 60.0
_LONGEST_ANSWER: Final = 4096
_CHUNK: Final = 256 << 10


class NotScanned(Exception):
    """The scanner is there and gave no verdict: the stream was too long for it, for example."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner says of a stream; `virus` is the name of what it found, or None."""

    virus: str | None


class Clamd:
    """clamd at a tcp:// or unix:// address; threads may share it, each call has a connection of its own."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self.link = Link("virus_scan", (OSError,))

    def scan(self, content: Iterable[bytes]) -> Verdict:
        """Send a stream and return the verdict. Raises Away or NotScanned: neither means clean."""
        with self.link.calling(), self._connected() as connection:
            connection.settimeout(_SCAN_SECONDS)
            return _verdict(_streamed(connection, content))

    def probe(self) -> None:
        """Ask whether it is there. Raises Away."""
        with self.link.calling(probe=True), self._connected() as connection:
            connection.sendall(b"zPING\0")
            answer = connection.recv(_LONGEST_ANSWER)
            if answer.rstrip(b"\0") != b"PONG":
                raise ConnectionError(f"it answered {answer[:40]!r} to PING")

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        if self._parts.scheme == "unix":
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_CONNECT_SECONDS)
            address: str | tuple[str, int] = self._parts.path
        else:
            connection = socket.socket(
                socket.AF_INET6 if ":" in (self._parts.hostname or "") else socket.AF_INET
            )
            connection.settimeout(_CONNECT_SECONDS)
            address = (self._parts.hostname or "", self._parts.port or 0)
        with connection:
            connection.connect(address)
            yield connection


def _streamed(connection: socket.socket, content: Iterable[bytes]) -> bytes:
    try:
        connection.sendall(b"zINSTREAM\0")
        for part in content:
            for start in range(0, len(part), _CHUNK):
                chunk = part[start : start + _CHUNK]
                connection.sendall(struct.pack("!I", len(chunk)) + chunk)
        connection.sendall(struct.pack("!I", 0))
    except BrokenPipeError:
        # It hangs up on a stream over its StreamMaxLength, and may have said so before.
        pass
    answer = b""
    while len(answer) < _LONGEST_ANSWER and (part := connection.recv(_LONGEST_ANSWER)):
        answer += part
    return answer


def _verdict(answer: bytes) -> Verdict:
    text = answer.rstrip(b"\0\n").decode("utf-8", "replace")
    if text == "stream: OK":
        return Verdict(None)
    if text.startswith("stream: ") and text.endswith(" FOUND"):
        return Verdict(text.removeprefix("stream: ").removesuffix(" FOUND")[:200])
    if not text:
        raise ConnectionError("it hung up")
    raise NotScanned(text[:200])
