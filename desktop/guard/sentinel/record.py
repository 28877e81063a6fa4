"""The RECORD extension: asks for every client's requests that can read pixels, and splits what comes.

Record Extension Protocol Specification, version 1.13.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .connection import NATIVE, Connection, Extension, XError, XRefused, pack_request
from .decoded import Opcodes
from .ranges import Range, recorded_ranges

FROM_SERVER, FROM_CLIENT, CLIENT_STARTED, CLIENT_DIED, START_OF_DATA, END_OF_DATA = range(6)
ALL_CLIENTS = 3
CREATE_CONTEXT, REGISTER_CLIENTS = 1, 2


class Intercepted(NamedTuple):
    """What one reply of the record stream holds; `order` is the struct prefix of that client's byte order."""

    category: int
    client: int
    order: str
    data: bytes


class Request(NamedTuple):
    """One request as its client sent it; `body` starts after the header, whatever its length field was."""

    major: int
    minor: int
    body: bytes


class RecordStream:
    """The record stream of all clients, those to come included, on a connection that serves nothing else."""

    def __init__(self, control: Connection, data: Connection, record: Extension, opcodes: Opcodes) -> None:
        """Make a context through `control`, enable it on `data`; `armed` tells when the server has begun."""
        for connection in (control, data):
            connection.call(pack_request(record.major, 0, struct.pack("=HH", 1, 13)))
        self._control = control
        self._data = data
        self._record = record
        self._opcodes = opcodes
        self._guarding = False
        self._replies: list[bytes] = []
        self._errors: list[XError] = []
        self.armed = False
        self._context = context = control.new_id()
        control.send(self._clients_request(CREATE_CONTEXT))
        # The other connection may enable only what exists, which a reply on this one proves.
        control.intern_atom("PRIMARY")
        enable = pack_request(record.major, 5, struct.pack("=I", context))
        data.send(enable, self._replies.append, self._errors.append, endless=True)
        data.flush()

    def guard(self, *, on: bool, then: Callable[[], None] | None = None) -> None:
        """Ask for all that can read pixels, or only for what must be learnt; `then` runs when it is so."""
        if on != self._guarding:
            self._guarding = on
            self._control.send(self._clients_request(REGISTER_CLIENTS))
        if then is not None:
            self._control.send(pack_request(43, 0), lambda _: then())

    def _clients_request(self, minor: int) -> bytes:
        ranges = [_pack_range(entry) for entry in recorded_ranges(self._opcodes, guarding=self._guarding)]
        ranges.append(struct.pack("=22xBB", 1, 1))
        body = struct.pack("=IB3xIII", self._context, 0, 1, len(ranges), ALL_CLIENTS) + b"".join(ranges)
        return pack_request(self._record.major, minor, body)

    def receive(self) -> list[Intercepted]:
        """Return what has arrived; raises XRefused when the server refused the context, ConnectionError when
        somebody has stopped it.
        """
        self._data.receive()
        if self._errors:
            raise XRefused(self._errors[0])
        found = [parse_reply(reply, self._data.mask) for reply in self._replies]
        self._replies.clear()
        if any(item.category == END_OF_DATA for item in found):
            raise ConnectionAbortedError("another program stopped the record of requests")
        self.armed = self.armed or any(item.category == START_OF_DATA for item in found)
        return found


def parse_reply(reply: bytes, mask: int) -> Intercepted:
    """Read a reply of the stream; `mask` is the resource id mask of the connection set-up."""
    category, swapped, base = struct.unpack_from("=xB7xB2xI", reply)
    order = NATIVE if not swapped else (">" if NATIVE == "<" else "<")
    return Intercepted(category, base & ~mask & 0xFFFFFFFF, order, reply[32:])


def split_requests(data: bytes, order: str) -> Iterator[Request]:
    """Yield the requests of one block; a length of zero means BIG-REQUESTS, with 32 bits of length after the
    header.
    """
    offset, end = 0, len(data)
    while offset + 4 <= end:
        major, minor, units = struct.unpack_from(f"{order}BBH", data, offset)
        head = 4
        if units == 0:
            if offset + 8 > end:
                return
            (units,) = struct.unpack_from(f"{order}I", data, offset + 4)
            head = 8
        size = 4 * units
        if size < head:
            return
        yield Request(major, minor, data[offset + head : offset + size])
        offset += size


def _pack_range(found: Range) -> bytes:
    core, (major, first_minor, last_minor), device_events, errors = found
    extension = (major, major, first_minor, last_minor)
    return struct.pack("=BB2xBBHH6x2xBBBB2x", *core, *extension, *device_events, *errors)
