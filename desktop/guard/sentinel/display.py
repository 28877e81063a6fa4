"""Finds the X server that DISPLAY names and the cookie that opens it."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FAMILY_INTERNET, FAMILY_INTERNET6, FAMILY_LOCAL, FAMILY_WILD = 0, 6, 256, 65535
COOKIE = b"MIT-MAGIC-COOKIE-1"


class DisplayUnreachable(Exception):
    """No X server answers under the given name; the message says what to do."""


class DisplayName(NamedTuple):
    """The parts of `host:number.screen`; an empty host is the Unix socket, a path names the socket itself."""

    host: str
    number: int
    screen: int
    path: str = ""


class AuthorityEntry(NamedTuple):
    """One record of an Xauthority file."""

    family: int
    address: bytes
    number: bytes
    name: bytes
    data: bytes


def parse_display(name: str) -> DisplayName:
    """Split a DISPLAY value, which may be a socket path as XQuartz writes it."""
    head, colon, tail = name.rpartition(":")
    number, _, screen = tail.partition(".")
    if not colon or not number.isdigit() or (screen and not screen.isdigit()):
        raise DisplayUnreachable(
            f"DISPLAY is {name!r}, which names no X display. Set it to a value such as :0."
        )
    if head.startswith("/"):
        return DisplayName("", int(number), int(screen or 0), f"{head}:{number}")
    host = head.rpartition("/")[2]
    return DisplayName("" if host == "unix" else host, int(number), int(screen or 0))


def connect_socket(display: DisplayName, timeout: float) -> socket.socket:
    """Open the stream to the server: its Unix socket, the abstract one, then TCP for a remote host."""
    attempts: list[tuple[socket.AddressFamily, str]] = []
    if display.path:
        attempts.append((socket.AF_UNIX, display.path))
    elif not display.host:
        path = f"/tmp/.X11-unix/X{display.number}"  # noqa: S108  (the path is fixed by the X protocol)
        attempts += [(socket.AF_UNIX, path), (socket.AF_UNIX, f"\0{path}")]
    last: OSError | None = None
    for family, address in attempts:
        stream = socket.socket(family, socket.SOCK_STREAM)
        stream.settimeout(timeout)
        try:
            stream.connect(address)
        except OSError as error:
            stream.close()
            last = error
        else:
            return stream
    if display.host:
        try:
            stream = socket.create_connection((display.host, 6000 + display.number), timeout)
        except OSError as error:
            last = error
        else:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return stream
    raise DisplayUnreachable(
        f"No X server answers on {display.host}:{display.number} ({last}). "
        "Check DISPLAY and that the server runs."
    ) from last


def read_authority(path: Path) -> Iterator[AuthorityEntry]:
    """Yield the records of an Xauthority file; a file cut short yields what is whole."""
    try:
        content = path.read_bytes()
    except OSError:
        return
    offset = 0
    while offset + 2 <= len(content):
        (family,) = struct.unpack_from(">H", content, offset)
        offset += 2
        fields: list[bytes] = []
        for _ in range(4):
            if offset + 2 > len(content):
                return
            (size,) = struct.unpack_from(">H", content, offset)
            offset += 2
            if offset + size > len(content):
                return
            fields.append(content[offset : offset + size])
            offset += size
        yield AuthorityEntry(family, *fields)


def find_cookie(
    display: DisplayName, stream: socket.socket, environment: dict[str, str]
) -> tuple[bytes, bytes]:
    """Choose the authorisation (name, data) for a stream; two empty strings when the file has none."""
    path = Path(environment.get("XAUTHORITY") or Path(environment.get("HOME", "/")) / ".Xauthority")
    addresses = {(FAMILY_LOCAL, os.uname().nodename.encode())}
    if stream.family != socket.AF_UNIX:
        peer = stream.getpeername()[0]
        if not peer.startswith("127.") and peer != "::1":
            family = FAMILY_INTERNET6 if ":" in peer else FAMILY_INTERNET
            addresses = {(family, socket.inet_pton(stream.family, peer))}
    number = str(display.number).encode()
    for entry in read_authority(path):
        if entry.name != COOKIE or entry.number not in (b"", number):
            continue
        if entry.family == FAMILY_WILD or (entry.family, entry.address) in addresses:
            return entry.name, entry.data
    return b"", b""
