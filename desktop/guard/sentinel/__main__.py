"""The sentinel's process: connects, arms the tripwires, and runs the loop until the desktop goes away.

Commands come as JSON lines on standard input, messages go as JSON lines to standard output; the end of
standard input means that the desktop has died. Exit status: 0 the desktop is gone, 3 this display cannot be
watched, 4 the display is gone.
"""

from __future__ import annotations

import gc
import os
import selectors
import struct
import sys
import time
from contextlib import suppress
from typing import NamedTuple

from ..authority import taken_over
from ..hardening import harden
from ..tripwires.tracers import Tracers
from . import record, wires
from .connection import Connection, XRefused, pack_request
from .covers import Covers
from .culprit import Clients
from .decoded import EXTENSIONS, Opcodes
from .detector import Detector
from .display import DisplayUnreachable
from .foreground import Foreground
from .interpreter import Interpreter
from .keys import CaptureKeys
from .openings import Openings
from .pipes import Commands, Messages
from .processes import Processes
from .pulse import Pulse
from .scene import Scene
from .signs import Signs
from .tracing import Tracing
from .tree import Tree
from .watch import Watch

HEARTBEAT_S = 0.2
CANNOT_WATCH, DISPLAY_GONE = 3, 4
HIGHEST_PRIORITY = 100
# Ahead of what keeps the machine busy: a tool that reads and leaves must be seen while it is there.
NICENESS = -10


def _hurry() -> None:
    # Most accounts may not: on a busy machine the shield is then later, and the report says how late.
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)


def main(environment: dict[str, str]) -> int:
    """Watch the display of `environment` until it or the desktop goes away; returns the exit status."""
    messages, commands = Messages(1), Commands(0)
    states: list[wires.State] = []
    harden()
    _hurry()
    environment = taken_over(environment, 0)
    try:
        connections = Connections(*(Connection.open(environment) for _ in range(3)))
        guard = _arm(connections, environment, messages, states)
    except (DisplayUnreachable, XRefused, TimeoutError) as error:
        told = states or [wires.state("reads of the screen", str(error))]
        messages.emit({"event": "unavailable", "reason": str(error), "tripwires": told})
        return CANNOT_WATCH
    gc.freeze()
    try:
        return _run(connections, guard, commands, messages, states)
    except BrokenPipeError:
        return 0
    except (OSError, XRefused) as error:
        reason = f"The connection to the display was cut ({error})."
        messages.emit({"event": "unavailable", "reason": reason, "tripwires": []})
        guard.watch.give_up()
        return DISPLAY_GONE


class Connections(NamedTuple):
    """Ours to the display: for commands, for the record stream, and one whose requests are recorded."""

    control: Connection
    data: Connection
    prober: Connection


class Guard(NamedTuple):
    """What the loop drives."""

    watch: Watch
    signs: Signs
    stream: record.RecordStream
    pulse: Pulse


def _arm(
    connections: Connections, environment: dict[str, str], messages: Messages, states: list[wires.State]
) -> Guard:
    control, data, prober = connections
    found = {name: control.query_extension(name) for name in (*EXTENSIONS, "X-Resource", "SYNC")}
    opcodes = Opcodes(*(0 if of is None else of.major for of in (found[name] for name in EXTENSIONS)))
    processes = Processes(environment["DISPLAY"])
    clients = Clients.negotiate(control, found["X-Resource"], processes)
    openings = _open_openings(environment)
    states += wires.describe(
        {name for name, extension in found.items() if extension is not None},
        named=clients.live,
        held=wires.UNWATCHED if openings is None else openings.try_out(),
    )
    recorder, sync = found["RECORD"], found["SYNC"]
    if recorder is None:
        raise DisplayUnreachable(wires.NO_RECORD)
    if sync is not None:
        for connection in (control, data):
            connection.call(pack_request(sync.major, 0, struct.pack("=BBxx", 3, 1)))
            connection.send(pack_request(sync.major, 12, struct.pack("=Ii", 0, HIGHEST_PRIORITY)))
    scene = Scene(frozenset(root.window for root in control.roots))
    detector = Detector(scene, control.mask)
    detector.ours |= {control.base, data.base}
    tree = Tree(control, control.intern_atom("_NET_WM_CM_S0"))
    covers, pulse = Covers(control), Pulse(prober)
    tracing = Tracing(Tracers(lambda: (os.getpid(), os.getppid())), messages.emit)
    stream = record.RecordStream(control, data, recorder, opcodes)
    watch = Watch(scene, detector, covers, clients, tree, stream, pulse, opcodes, tracing, messages.emit)
    foreground = Foreground(control, scene, lambda window: detector.base(window) in detector.ours)
    signs = Signs(
        clients,
        processes,
        openings,
        foreground,
        CaptureKeys(control),
        watch.cover,
        watch.glimpse,
        watch.sighted,
    )
    interpreter = Interpreter(detector, tree, opcodes, signs.believe, watch.sighted)
    watch.join(signs, interpreter)
    tree.find_compositor(interpreter.compositor_changed)
    clients.ask_all()
    return Guard(watch, signs, stream, pulse)


def _open_openings(environment: dict[str, str]) -> Openings | None:
    try:
        return Openings(environment)
    except OSError:
        # Said by the tripwire's state, with what to do.
        return None


def _run(
    connections: Connections,
    guard: Guard,
    commands: Commands,
    messages: Messages,
    states: list[wires.State],
) -> int:
    control, data, prober = connections
    watch, signs, stream, pulse = guard
    openings = () if signs.openings is None else signs.openings.descriptors()
    with selectors.DefaultSelector() as selector:
        for source in (data.fileno(), control.fileno(), prober.fileno(), 0, *openings):
            selector.register(source, selectors.EVENT_READ)
        announced, next_heartbeat = False, 0.0
        while True:
            ready = {key.fd for key, _ in selector.select(watch.patience(time.monotonic()))}
            now = time.monotonic()
            if not ready.isdisjoint(openings):
                signs.receive(now)
            _listen(ready, connections, guard, now)
            if 0 in ready:
                received = commands.receive()
                if received is None:
                    return 0
                for message in received:
                    watch.command(message, now)
            if stream.armed and not announced:
                announced = True
                messages.emit({"event": "ready", "tripwires": states})
            watch.tick(now)
            if now >= next_heartbeat:
                next_heartbeat = now + HEARTBEAT_S
                messages.emit({"event": "heartbeat"})
                pulse.beat()
                signs.look()
            control.flush()
            prober.flush()
            messages.flush()


def _listen(ready: set[int], connections: Connections, guard: Guard, now: float) -> None:
    control, data, prober = connections
    if data.fileno() in ready:
        for item in guard.stream.receive():
            guard.watch.intercept(item, now)
        control.flush()
    if control.fileno() in ready:
        for event in control.receive():
            guard.watch.notice(event)
    if prober.fileno() in ready:
        prober.receive()


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
