"""The sentinel's process: connects, arms the tripwires, and runs the loop until the desktop goes away.

Commands come as JSON lines on standard input, messages go as JSON lines to standard output; the end of
standard input means that the desktop has died. Exit status: 0 the desktop is gone, 3 this display cannot be
watched, 4 the display is gone.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import struct
import sys
import time
from contextlib import suppress

from ..hardening import harden
from ..tripwires.tracers import Tracers
from . import record
from .connection import Connection, Extension, XRefused, pack_request
from .covers import Covers
from .culprit import Clients
from .detector import Detector
from .display import DisplayUnreachable
from .requests import Opcodes
from .scene import Scene
from .tracing import Tracing
from .tree import Tree
from .watch import Watch

HEARTBEAT_S = 0.2
BACKLOG = 1_000_000
CANNOT_WATCH, DISPLAY_GONE = 3, 4
HIGHEST_PRIORITY = 100
# Ahead of what keeps the machine busy: a tool that reads and leaves must be seen while it is there.
NICENESS = -10
NO_RECORD = (
    "The X server lacks the RECORD extension, so reads of the screen cannot be seen. "
    "Start it with RECORD enabled (Xorg: remove 'Disable \"record\"' from its configuration)."
)


class Messages:
    """JSON lines to the desktop that never make the loop wait: a desktop that hangs must not blind the
    sentinel.
    """

    def __init__(self, descriptor: int) -> None:
        """Write to an open descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._backlog = bytearray()

    def emit(self, message: dict[str, object]) -> None:
        """Queue a message and write what the pipe takes; a full pipe loses heartbeats first."""
        self.flush()
        if self._backlog and (message["event"] == "heartbeat" or len(self._backlog) > BACKLOG):
            return
        self._backlog += json.dumps(message, separators=(",", ":")).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes; raises BrokenPipeError when nobody reads any more."""
        while self._backlog:
            try:
                written = os.write(self._descriptor, self._backlog)
            except BlockingIOError:
                return
            del self._backlog[:written]


class Commands:
    """JSON lines from the desktop."""

    def __init__(self, descriptor: int) -> None:
        """Read from an open descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._partial = b""

    def receive(self) -> list[dict[str, object]] | None:
        """Return the whole lines that have arrived, None at the end of input; what is no JSON object is an
        error.
        """
        try:
            chunk = os.read(self._descriptor, 65536)
        except BlockingIOError:
            return []
        if not chunk:
            return None
        *lines, self._partial = (self._partial + chunk).split(b"\n")
        received: list[dict[str, object]] = []
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                message = None
            received.append(message if isinstance(message, dict) else {"": line.decode(errors="replace")})
        return received


class Pulse:
    """A question now and then that makes the server flush the record stream.

    It does so only when it has output for somebody; the end of a client makes none, and would stay unknown.
    """

    def __init__(self, control: Connection) -> None:
        """Ask through `control`."""
        self._control = control
        self._asked = False

    def beat(self) -> None:
        """Ask, unless the last question is unanswered: a program may have grabbed the server for long."""
        if not self._asked:
            self._asked = True
            self._control.send(pack_request(43, 0), self._answered)

    def _answered(self, _: bytes) -> None:
        self._asked = False


def _hurry() -> None:
    # Most accounts may not: on a busy machine the shield is then later, and the report says how late.
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def main(environment: dict[str, str]) -> int:
    """Watch the display of `environment` until it or the desktop goes away; returns the exit status."""
    messages, commands = Messages(1), Commands(0)
    tripwires: list[dict[str, object]] = []
    harden()
    _hurry()
    try:
        control, data = Connection.open(environment), Connection.open(environment)
        watch, stream = _arm(control, data, environment, messages, tripwires)
    except (DisplayUnreachable, XRefused, TimeoutError) as error:
        tripwires = tripwires or [{"name": "screen reads", "live": False, "reason": str(error)}]
        messages.emit({"event": "unavailable", "reason": str(error), "tripwires": tripwires})
        return CANNOT_WATCH
    gc.freeze()
    try:
        return _run(control, data, stream, commands, messages, watch, tripwires)
    except BrokenPipeError:
        return 0
    except (OSError, XRefused) as error:
        reason = f"The connection to the display was cut ({error})."
        messages.emit({"event": "unavailable", "reason": reason, "tripwires": []})
        watch.give_up()
        return DISPLAY_GONE


def _arm(
    control: Connection,
    data: Connection,
    environment: dict[str, str],
    messages: Messages,
    tripwires: list[dict[str, object]],
) -> tuple[Watch, record.RecordStream]:
    names = ("RECORD", "MIT-SHM", "Composite", "RENDER", "X-Resource", "SYNC")
    extensions = {name: control.query_extension(name) for name in names}
    opcodes = Opcodes(*(_major(extensions[name]) for name in names[1:4]))
    clients = Clients.negotiate(control, extensions["X-Resource"])
    tripwires += _describe_tripwires(extensions, named=clients.live)
    recorder, sync = extensions["RECORD"], extensions["SYNC"]
    if recorder is None:
        raise DisplayUnreachable(NO_RECORD)
    if sync is not None:
        for connection in (control, data):
            connection.call(pack_request(sync.major, 0, struct.pack("=BBxx", 3, 1)))
            connection.send(pack_request(sync.major, 12, struct.pack("=Ii", 0, HIGHEST_PRIORITY)))
    scene = Scene(frozenset(root.window for root in control.roots))
    detector = Detector(scene, control.mask)
    detector.ours |= {control.base, data.base}
    tree = Tree(control, control.intern_atom("_NET_WM_CM_S0"))
    covers, tracers = Covers(control), Tracers(lambda: (os.getpid(), os.getppid()))
    tracing = Tracing(tracers, messages.emit)
    watch = Watch(scene, detector, covers, clients, tree, opcodes, tracing, environment, messages.emit)
    tree.find_compositor(watch.compositor_changed)
    clients.ask_all()
    return watch, record.RecordStream(control, data, recorder, opcodes)


def _run(
    control: Connection,
    data: Connection,
    stream: record.RecordStream,
    commands: Commands,
    messages: Messages,
    watch: Watch,
    tripwires: list[dict[str, object]],
) -> int:
    with selectors.DefaultSelector() as selector:
        for source in (data.fileno(), control.fileno(), 0):
            selector.register(source, selectors.EVENT_READ)
        announced, next_heartbeat, pulse = False, 0.0, Pulse(control)
        while True:
            ready = {key.fd for key, _ in selector.select(watch.patience(time.monotonic()))}
            now = time.monotonic()
            if data.fileno() in ready:
                for item in stream.receive():
                    watch.intercept(item, now)
                control.flush()
            if control.fileno() in ready:
                for event in control.receive():
                    watch.notice(event, time.monotonic())
            if 0 in ready:
                received = commands.receive()
                if received is None:
                    return 0
                for message in received:
                    watch.command(message, now)
            if stream.armed and not announced:
                announced = True
                messages.emit({"event": "ready", "tripwires": tripwires})
            watch.tick(now)
            if now >= next_heartbeat:
                next_heartbeat = now + HEARTBEAT_S
                messages.emit({"event": "heartbeat"})
                pulse.beat()
            control.flush()
            messages.flush()


def _major(extension: Extension | None) -> int:
    return 0 if extension is None else extension.major


def _describe_tripwires(extensions: dict[str, Extension | None], *, named: bool) -> list[dict[str, object]]:
    recorded = extensions["RECORD"] is not None
    needs = {
        "reads of the screen": None,
        "reads through shared memory": "MIT-SHM",
        "copies of the screen": None,
        "window pixmaps": "Composite",
        "drawing from the screen": "RENDER",
        "programs that connect": None,
    }
    states: list[dict[str, object]] = []
    for name, extension in needs.items():
        if not recorded:
            states.append({"name": name, "live": False, "reason": NO_RECORD})
        elif extension is not None and extensions[extension] is None:
            # Without the extension nobody can read that way either.
            states.append({"name": name, "live": True, "reason": f"This X server has no {extension}."})
        else:
            states.append({"name": name, "live": True, "reason": ""})
    named = named and recorded
    reason = (
        NO_RECORD
        if not recorded
        else ""
        if named
        else "The X server lacks X-Resource 1.2: captures are seen, but not who made them."
    )
    states.append({"name": "names of programs", "live": named, "reason": reason})
    return states


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
