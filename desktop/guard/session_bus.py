"""The session bus as a monitor hears it: every call to some objects, and which process each caller is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from jeepney import DBusErrorResponse, HeaderFields, MatchRule, Message, MessageType, Parser, message_bus
from jeepney.bus_messages import Monitoring
from jeepney.io.asyncio import DBusConnection, DBusRouter, Proxy, open_dbus_connection
from jeepney.io.common import RouterClosed
from jeepney.wrappers import unwrap_msg

from .events import Culprit
from .findings import Absent
from .process_names import describe_process

ANSWER_S = 5.0
# Calls of interest have some hundred bytes. To take in as much as a bus carries would hold up the loop.
LARGEST_MESSAGE = 64 << 10
BUS, OWNER_CHANGED = "org.freedesktop.DBus", "NameOwnerChanged"


class Call(NamedTuple):
    """A method call as it passed; the interface may be left out."""

    sender: str
    path: str
    interface: str | None
    method: str


class TooLong(NamedTuple):
    """A message that was passed over, because nothing honest is as long."""


def session_bus(environment: Mapping[str, str]) -> str:
    """Return the address of the session bus; raises Absent where there is none."""
    address = environment.get("DBUS_SESSION_BUS_ADDRESS")
    if address:
        return address
    runtime = environment.get("XDG_RUNTIME_DIR")
    if not runtime or not (Path(runtime) / "bus").exists():
        raise Absent("No session bus runs here, so nobody can ask the desktop for a screenshot.")
    return f"unix:path={runtime}/bus"


@asynccontextmanager
async def monitored(address: str, paths: Iterable[str]) -> AsyncIterator[BusMonitor]:
    """Listen to all calls of these objects; raises OSError, now or later, where the bus does not let us."""
    try:
        async with (
            await open_dbus_connection(address) as asking,
            DBusRouter(asking) as router,
            await open_dbus_connection(address) as listening,
        ):
            await _become_monitor(listening, paths)
            yield BusMonitor(listening, router)
    except DBusErrorResponse as error:
        raise OSError(0, f"the session bus refuses to be monitored ({error.name})") from error
    except (EOFError, RouterClosed, ValueError, RuntimeError) as error:
        raise OSError(0, f"the session bus does not answer as it should ({error})") from error


class BusMonitor:
    """Yields calls one by one. Whoever connects is asked for at once: a tool may leave in a moment."""

    def __init__(self, listening: DBusConnection, router: DBusRouter) -> None:
        """Listen on one connection, ask on the other: a monitor may not speak."""
        self._listening = listening
        self._router = router
        self._callers: dict[str, Culprit] = {}

    async def calls(self) -> AsyncIterator[Call | TooLong]:
        """Yield what passes, until the bus is gone."""
        while True:
            message = await self._next()
            if message is None:
                yield TooLong()
                continue
            fields = message.header.fields
            if message.header.message_type is MessageType.method_call:
                yield Call(
                    fields.get(HeaderFields.sender, ""),
                    fields[HeaderFields.path],
                    fields.get(HeaderFields.interface),
                    fields[HeaderFields.member],
                )
            elif fields.get(HeaderFields.sender) == BUS and fields[HeaderFields.member] == OWNER_CHANGED:
                await self._follow(*message.body)

    async def caller(self, sender: str) -> Culprit:
        """Return who a sender is; unknown when it had left before it could be asked for."""
        known = self._callers.get(sender)
        return await self._ask(sender) if known is None else known

    async def _follow(self, name: str, old: str, new: str) -> None:
        """Take it that a name has come or gone."""
        if not name.startswith(":"):
            return
        if new:
            self._callers[name] = await self._ask(name)
        else:
            self._callers.pop(name, None)

    async def _ask(self, sender: str) -> Culprit:
        try:
            async with asyncio.timeout(ANSWER_S):
                (pid,) = await Proxy(message_bus, self._router).GetConnectionUnixProcessID(sender)
        except (DBusErrorResponse, TimeoutError):
            return Culprit()
        # At once, not on another thread: the process may be about to end.
        return describe_process(pid)

    async def _next(self) -> Message | None:
        """Return the next message, None in place of one that is too long."""
        listening = self._listening
        while (message := listening.parser.get_next_message()) is None:
            left = listening.parser.bytes_desired()
            if left > LARGEST_MESSAGE:
                while left:
                    left -= len(await _read(listening, min(left, LARGEST_MESSAGE)))
                listening.parser = Parser()
                return None
            listening.parser.add_data(await _read(listening, left))
        return message


async def _become_monitor(connection: DBusConnection, paths: Iterable[str]) -> None:
    rules = [MatchRule(type="method_call", path=path) for path in paths]
    rules.append(MatchRule(type="signal", sender=BUS, interface=BUS, member=OWNER_CHANGED))
    serial = next(connection.outgoing_serial)
    request = Monitoring().BecomeMonitor([rule.serialise() for rule in rules])
    await connection.send(request, serial=serial)
    async with asyncio.timeout(ANSWER_S):
        while True:
            message = await connection.receive()
            if message.header.fields.get(HeaderFields.reply_serial) == serial:
                unwrap_msg(message)
                return


async def _read(connection: DBusConnection, most: int) -> bytes:
    received: bytes = await connection.reader.read(most)
    if not received:
        raise EOFError("it has closed the connection")
    return received
