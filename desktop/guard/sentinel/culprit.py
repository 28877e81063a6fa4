"""Finds out which program is behind an X client: XRes gives the process, /proc its name; kept after it has
gone.
"""

from __future__ import annotations

import struct
import time
from pathlib import Path

from ..events import Culprit
from ..process_names import PROC, describe_process
from .connection import Connection, Extension, pack_request
from .processes import Processes

LOCAL_CLIENT_PID = 2
STRANGERS = 64


class Clients:
    """The programs behind the clients of the display, by the base of their resource ids."""

    def __init__(
        self,
        connection: Connection,
        resources: Extension | None,
        processes: Processes,
        proc: Path = PROC,
    ) -> None:
        """Ask through `connection`; without the extension every culprit stays unknown.

        `processes` names those that have left before they could be asked about.
        """
        self._connection = connection
        self._resources = resources
        self._processes = processes
        self._proc = proc
        self._known: dict[int, Culprit] = {}
        self._came: dict[int, float] = {}

    @classmethod
    def negotiate(cls, connection: Connection, resources: Extension | None, processes: Processes) -> Clients:
        """Return the table for a server, with no extension when it speaks a version before 1.2."""
        if resources is not None:
            reply = connection.call(pack_request(resources.major, 0, struct.pack("=BBxx", 1, 2)))
            if struct.unpack_from("=HH", reply, 8) < (1, 2):
                resources = None
        return cls(connection, resources, processes)

    @property
    def live(self) -> bool:
        """Tell whether culprits can be named here."""
        return self._resources is not None

    def ask_all(self) -> None:
        """Learn the clients that are there already."""
        self._ask(0)

    def ask(self, client: int) -> None:
        """Learn about a client."""
        if client not in self._known:
            self._ask(client)

    def started(self, client: int) -> None:
        """Learn about a client that has just connected: a short-lived tool is gone a moment later.

        While another program holds the server it does not answer, so the newest processes are looked at, too.
        """
        self._came[client] = time.monotonic()
        self._processes.look(self._came[client])
        self.ask(client)

    def get(self, client: int) -> Culprit | None:
        """Return what is known about a client."""
        return self._known.get(client)

    def introduce(self, culprit: Culprit) -> int:
        """Return a number for a program that is no client (yet), to be used like a client's."""
        number = -(culprit.pid or 1)
        self._known.pop(number, None)
        self._known[number] = culprit
        strangers = [known for known in self._known if known < 0]
        for known in strangers[:-STRANGERS]:
            del self._known[known]
        return number

    def owner(self, resource: int) -> int:
        """Return the client that has made a resource, and learn about it."""
        client = int(resource & ~self._connection.mask & 0xFFFFFFFF)
        self.ask(client)
        return client

    def leave(self, client: int) -> Culprit | None:
        """Drop a client that has left, as its base goes to another, and return who it was.

        One that was gone before the server could answer is the latest process that had come then.
        """
        known, came = self._known.pop(client, None), self._came.pop(client, None)
        return known or (None if came is None else self._processes.suspect(came))

    def _ask(self, client: int) -> None:
        if self._resources is None:
            return
        asked = time.monotonic()

        def learn(reply: bytes) -> None:
            found = _parse_client_ids(reply, self._connection.mask)
            for base, pid in found:
                culprit = describe_process(pid, self._proc)
                # Of one that has ended and was not waited for the name alone is left.
                self._known[base] = culprit if culprit.executable else self._processes.get(pid) or culprit
            if client and not found and (suspect := self._processes.suspect(asked)):
                self._known[client] = suspect

        body = struct.pack("=III", 1, client, LOCAL_CLIENT_PID)
        self._connection.send(pack_request(self._resources.major, 4, body), learn)


def _parse_client_ids(reply: bytes, mask: int) -> list[tuple[int, int]]:
    """Return bases and process ids; the X server swaps the base of a client of the other byte order."""
    (count,) = struct.unpack_from("=I", reply, 8)
    offset, found = 32, []
    for _ in range(count):
        base, kind, size = struct.unpack_from("=III", reply, offset)
        offset += 12
        if kind == LOCAL_CLIENT_PID and size >= 4:
            if base & mask:
                (base,) = struct.unpack(">I", struct.pack("<I", base))
            found.append((base, struct.unpack_from("=I", reply, offset)[0]))
        offset += size
    return found
