"""Remote sessions: a display that is elsewhere, a login from afar, a server that shows the screen."""

from __future__ import annotations

import os
import re
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..events import Culprit
from ..findings import REMOTE_SERVER, REMOTE_SESSION, Finding
from ..own_display import OwnDisplay
from ..process_names import PROC, describe_process
from ..process_table import command_line, holders
from ..sentinel.display import DisplayUnreachable, connect_socket, parse_display

RFB, RDP = range(5900, 6000), range(3389, 3400)
ESTABLISHED = 0x01
# They show a machine inside of this one.
MACHINES = ("qemu", "VBox", "virt", "vmware", "docker-proxy")
X_SERVERS = ("Xvnc", "Xtigervnc", "Xtightvnc", "Xrealvnc", "Xorg", "Xvfb", "Xwayland", "Xephyr")
# X servers without a screen of their own: what they show is seen elsewhere or nowhere.
REMOTE_SERVERS = (
    "Xvnc",
    "Xtigervnc",
    "Xtightvnc",
    "Xrealvnc",
    "Xvnc-core",
    "nxagent",
    "nxnode.bin",
    "x2goagent",
)
SESSIONS = Path("/run/systemd")
UNNAMED = 0.5
# A table has thousands of lines where a server runs: taking each apart would take most of the time.
_SOCKET = re.compile(
    rb"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} (0A|01) \S+ \S+ \S+ +(\d+) +\d+ (\d+) ",
    re.MULTILINE,
)
_CONNECTED = re.compile(rb" 0[1-9B] ")
_SCOPE = re.compile(rb"/session-([A-Za-z0-9]+)\.scope")


class Socket(NamedTuple):
    """A line of /proc/net/tcp."""

    port: int
    state: int
    uid: int
    inode: int


def sockets(table: bytes) -> Iterator[Socket]:
    """Yield what a table of TCP sockets says of those that listen or are connected."""
    for port, state, uid, inode in _SOCKET.findall(table):
        yield Socket(int(port, 16), int(state, 16), int(uid), int(inode))


class RemoteSessions:
    """Looks at the display, at the login and at the ports."""

    name = "remote sessions"
    every = 3.0

    def __init__(
        self,
        environment: Mapping[str, str],
        proc: Path = PROC,
        logins: Path = SESSIONS,
        uid: int | None = None,
    ) -> None:
        """Take what names the display and the login session."""
        self._environment = environment
        self._proc = proc
        self._logins = logins
        self._uid = os.getuid() if uid is None else uid
        self._display = display_server(environment.get("DISPLAY", ""))
        self._own = OwnDisplay(environment.get("DISPLAY", ""), proc)
        self._owners: dict[int, int | None] = {}

    def look(self) -> list[Finding]:
        """Return every way on which this screen is seen elsewhere; raises OSError without /proc."""
        return [*self._of_display(), *self._of_login(), *self._of_ports()]

    def _of_display(self) -> Iterator[Finding]:
        host = display_host(self._environment.get("DISPLAY", ""))
        if host:
            yield Finding(REMOTE_SESSION, Culprit(name=f"The display of {host}"))
        if self._display is None:
            return
        server = describe_process(self._display, self._proc)
        words = command_line(self._display, self._proc)
        if server.name in REMOTE_SERVERS or any("xrdp" in word for word in words):
            yield Finding(REMOTE_SESSION, server)

    def _of_login(self) -> Iterator[Finding]:
        said = login(self._environment, self._logins, self._uid, self._proc)
        if said.get("REMOTE") == "1":
            host = said.get("REMOTE_HOST", "another machine")
            yield Finding(REMOTE_SESSION, Culprit(name=f"A login from {host}"))

    def _of_ports(self) -> Iterator[Finding]:
        listening = self._ours(_listening)
        self._learn_owners({line.inode for line in listening})
        connected = (
            {line.port for line in self._ours(_read) if line.state == ESTABLISHED} if listening else ()
        )
        for line in listening:
            owner = self._owners.get(line.inode)
            culprit = Culprit() if owner is None else describe_process(owner, self._proc)
            # Of displays only our own counts, and that is looked at by itself.
            if (culprit.name or "").startswith((*MACHINES, *X_SERVERS)):
                continue
            if owner is None or self._own.is_seen_by(owner):
                yield _judged(line, culprit, connected=line.port in connected)

    def _ours(self, read: Callable[[Path], bytes]) -> list[Socket]:
        """Return the sockets for remote desktops; what another person's server shows is not this screen."""
        tables = (read(self._proc / "net" / name) for name in ("tcp", "tcp6"))
        return [
            line
            for table in tables
            for line in sockets(table)
            if line.uid in (self._uid, 0) and (line.port in RFB or line.port in RDP)
        ]

    def _learn_owners(self, inodes: set[int]) -> None:
        self._owners = {inode: owner for inode, owner in self._owners.items() if inode in inodes}
        unknown = {f"socket:[{inode}]": inode for inode in inodes - self._owners.keys()}
        if unknown:
            self._owners |= dict.fromkeys(unknown.values())
            for pid, target in holders(unknown.__contains__, self._proc):
                self._owners[unknown[target]] = pid


def _judged(line: Socket, culprit: Culprit, *, connected: bool) -> Finding:
    """Say what a server on a port is; the machine's own for RDP mostly makes displays of its own."""
    if culprit.pid is None:
        culprit = Culprit(name=f"A server on port {line.port}", executable=f"port {line.port}")
    shown = connected and (line.uid != 0 or line.port in RFB)
    certain = 1.0 if culprit.pid is not None else UNNAMED
    return Finding(REMOTE_SESSION if shown else REMOTE_SERVER, culprit, certain)


def display_host(display: str) -> str:
    """Return the machine that a DISPLAY names, empty for this one."""
    try:
        return parse_display(display).host
    except DisplayUnreachable:
        return ""


def display_server(display: str) -> int | None:
    """Ask the kernel which process serves a local display; None when nobody does, or it cannot be seen."""
    try:
        name = parse_display(display)
        if name.host:
            return None
        with connect_socket(name, 1.0) as stream:
            pid, _, _ = struct.unpack("3i", stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    except (DisplayUnreachable, OSError):
        return None
    return pid or None


def login(environment: Mapping[str, str], logins: Path, uid: int, proc: Path = PROC) -> dict[str, str]:
    """Return what logind says about the session that this program runs in; empty where it says nothing."""
    identity = environment.get("XDG_SESSION_ID") or _scope(_read(proc / "self" / "cgroup"))
    if not identity:
        identity = _settings(logins / "users" / str(uid)).get("DISPLAY", "")
    return _settings(logins / "sessions" / identity) if identity.isalnum() else {}


def _scope(cgroup: bytes) -> str:
    found = _SCOPE.search(cgroup)
    return "" if found is None else found[1].decode()


def _settings(path: Path) -> dict[str, str]:
    lines = (line.partition("=") for line in _read(path).decode(errors="replace").splitlines())
    return {name: value for name, _, value in lines if value}


def _listening(path: Path) -> bytes:
    """Read a table as far as it tells of those who listen: they come first, the rest takes long."""
    read = b""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            while (chunk := os.read(descriptor, 4096)) and not _CONNECTED.search(chunk):
                read += chunk
            read += chunk
        finally:
            os.close(descriptor)
    return b"".join(line for line in read.splitlines(keepends=True) if b" 0A " in line)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
