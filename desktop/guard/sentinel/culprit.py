"""Finds out which program is behind an X client: XRes gives the process, /proc its name; kept after it has
gone.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from ..events import Culprit
from ..process_names import PROC, describe_process
from .connection import Connection, Extension, pack_request

LOCAL_CLIENT_PID = 2


class Clients:
    """The programs behind the clients of the display, by the base of their resource ids."""

    def __init__(self, connection: Connection, resources: Extension | None, proc: Path = PROC) -> None:
        """Ask through `connection`; without the extension every culprit stays unknown."""
        self._connection = connection
        self._resources = resources
        self._proc = proc
        self._known: dict[int, Culprit] = {}

    @classmethod
    def negotiate(cls, connection: Connection, resources: Extension | None) -> Clients:
        """Return the table for a server, with no extension when it speaks a version before 1.2."""
        if resources is not None:
            reply = connection.call(pack_request(resources.major, 0, struct.pack("=BBxx", 1, 2)))
            if struct.unpack_from("=HH", reply, 8) < (1, 2):
                resources = None
        return cls(connection, resources)

    @property
    def live(self) -> bool:
        """Tell whether culprits can be named here."""
        return self._resources is not None

    def ask_all(self) -> None:
        """Learn the clients that are there already."""
        self._ask(0, None)

    def ask(self, client: int, then: Callable[[], None] | None = None) -> None:
        """Learn about a client, at once when it starts: a short-lived tool is gone a moment later."""
        if client not in self._known:
            self._ask(client, then)

    def get(self, client: int) -> Culprit | None:
        """Return what is known about a client."""
        return self._known.get(client)

    def forget(self, client: int) -> None:
        """Drop a client that has left: its base will be given to another."""
        self._known.pop(client, None)

    def _ask(self, client: int, then: Callable[[], None] | None) -> None:
        if self._resources is None:
            return

        def learn(reply: bytes) -> None:
            for base, pid in _parse_client_ids(reply):
                self._known[base] = describe_process(pid, self._proc)
            if then is not None:
                then()

        body = struct.pack("=III", 1, client, LOCAL_CLIENT_PID)
        self._connection.send(pack_request(self._resources.major, 4, body), learn)


def _parse_client_ids(reply: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from("=I", reply, 8)
    offset, found = 32, []
    for _ in range(count):
        base, mask, size = struct.unpack_from("=III", reply, offset)
        offset += 12
        if mask == LOCAL_CLIENT_PID and size >= 4:
            found.append((base, struct.unpack_from("=I", reply, offset)[0]))
        offset += size
    return found
