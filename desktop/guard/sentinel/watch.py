"""The sentinel's state: what is protected, what was seen, whether the shield is up; driven by `__main__`."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial

from .. import policy
from ..events import LEVELS, Region, capture_to_json
from ..findings import TRACER
from ..rules import Rules, paths
from . import record, tree
from .covers import Covers
from .culprit import Clients
from .decoded import Opcodes
from .detector import Detector
from .extension_requests import refused_naming
from .interpreter import Interpreter
from .pipes import integer, parse_regions
from .pulse import Pulse
from .ranges import KEY_PRESS
from .reports import Reports
from .scene import Scene, Watched
from .shield import Emit, Shield
from .sightings import Sighting
from .signs import Signs
from .tracing import Tracing

QUIET_S = 1.0
HOLDER_PERIOD_S = 1.0
FORGET_CLIENT_S = 5.0
TEST_PATIENCE_S = 2.0
MAP_WINDOW, GET_IMAGE = 8, 73
KEYBOARD_CHANGED = 34


class Watch:
    """Everything that happens between a packet from the server or a command and the answer to it."""

    def __init__(
        self,
        scene: Scene,
        detector: Detector,
        covers: Covers,
        clients: Clients,
        places: tree.Tree,
        stream: record.RecordStream,
        pulse: Pulse,
        opcodes: Opcodes,
        tracing: Tracing,
        emit: Emit,
    ) -> None:
        """Join the rooms; `emit` sends a message to the desktop. `join` must follow."""
        self._scene = scene
        self._detector = detector
        self._covers = covers
        self._clients = clients
        self._places = places
        self._stream = stream
        self._pulse = pulse
        self._opcodes = opcodes
        self._tracing = tracing
        self._emit = emit
        self._reports = Reports()
        self._shield = Shield(covers, emit)
        self._meddled = False
        self._quiet = Rules()
        self._last_read = float("-inf")
        self._holders_at = 0.0
        self._leaving: list[tuple[float, int]] = []
        self._test_began: float | None = None

    def join(self, signs: Signs, interpreter: Interpreter) -> None:
        """Take those who report back here."""
        self._signs = signs
        self._interpreter = interpreter

    def intercept(self, item: record.Intercepted, seen: float) -> None:
        """Take one block of the record stream; `seen` is the monotonic time at which it arrived."""
        if item.category == record.FROM_CLIENT:
            if item.client == self._pulse.client:
                for request in record.split_requests(item.data, item.order):
                    self._pulse.seen()
                    if request.major == GET_IMAGE:
                        self._finish_test(ok=True, reason="", now=seen)
            elif item.client == self._covers.client:
                self._confirm_covers(item, seen)
            elif item.client not in self._detector.ours:
                self._interpreter.read(item, seen)
        elif item.category == record.CLIENT_STARTED:
            self._started(item.client, seen)
        elif item.category == record.CLIENT_DIED:
            # The server gives the base to the next client, which must inherit nothing.
            self._detector.ours.discard(item.client)
            self._detector.died(item.client)
            self._signs.died(item.client)
            self._leaving.append((seen + FORGET_CLIENT_S, item.client))
        elif item.category == record.FROM_SERVER:
            if item.data[0] & 0x7F == KEY_PRESS:
                self._signs.pressed(item.data, item.order, self._scene.strongest(), seen)
            elif refused_naming(item.data, item.order, self._opcodes):
                self._detector.naming_refused(item.client)

    def notice(self, event: bytes) -> None:
        """Take an event of our own connection, as of windows that moved."""
        code = event[0] & 0x7F
        self._signs.noticed(event)
        if code == KEYBOARD_CHANGED:
            self._signs.keyboard_changed()
        if code not in (tree.DESTROYED, tree.UNMAPPED, tree.MAPPED, tree.REPARENTED, tree.CONFIGURED):
            return
        (window,) = struct.unpack_from("=I", event, 8)
        if window in self._covers.windows:
            return
        if code == tree.DESTROYED and window in self._scene.windows:
            del self._scene.windows[window]
            self._covers.forget(window)
            self._know_covers()
            self._arm()
            return
        for watched in list(self._scene.windows.values()):
            if window == watched.window or window in watched.chain:
                self._places.watch(watched, self._scene, lambda _: None)

    def _confirm_covers(self, item: record.Intercepted, seen: float) -> None:
        """Learn from the stream of requests that black windows are mapped: it is in the server's order.

        So no read from before is taken for one from behind them.
        """
        for request in record.split_requests(item.data, item.order):
            if request.major == MAP_WINDOW:
                (window,) = struct.unpack_from(f"{item.order}I", request.body)
                if self._covers.mapped(window):
                    self._reports.shield_mapped(seen)

    def command(self, message: dict[str, object], now: float) -> None:
        """Carry out a command of the desktop; an unknown or malformed one is answered with a problem."""
        try:
            if "protect" in message:
                self._protect(parse_regions(message["protect"]), message.get("id"))
            elif "ignore_client" in message:
                self._detector.ours.add(self._detector.base(integer(message["ignore_client"])))
            elif "quiet" in message:
                self._quiet = Rules(quiet=paths(message["quiet"]))
            elif message.get("covered"):
                self._shield.take_over(now)
            elif message.get("clear"):
                self._clear(message.get("id"), now)
            elif "selftest" in message:
                self._self_test(now)
            elif "ping" in message:
                self._emit({"event": "pong", "id": message["ping"]})
            else:
                raise ValueError("no such command")
        except (KeyError, TypeError, ValueError) as error:
            self._emit(
                {"event": "problem", "reason": f"The command {sorted(message)} was not understood: {error}"}
            )

    def tick(self, now: float) -> None:
        """Do what is due: hide the shield, send reports, forget clients."""
        if self._meddled:
            self._meddled = False
            self._covers.rebuild()
            self._know_covers()
        self._shield.tick(now)
        self._tracing.look(now)
        if self._traced():
            self._shield.conceal("A debugger is attached to the program.", now)
        if now >= self._holders_at:
            self._holders_at = now + HOLDER_PERIOD_S
            for client in self._detector.holders():
                level = self._scene.strongest()
                self.sighted(Sighting("composite_name_pixmap", client, level, None, 0.9), now)
        self._signs.tick(now, hidden=self._shield.hidden, composited=self._detector.compositor is not None)
        for event in self._reports.take(self._clients.get, now):
            self._emit({"event": "capture", **capture_to_json(event)})
        while self._leaving and self._leaving[0][0] <= now:
            _, client = self._leaving.pop(0)
            self._reports.settle(client, self._clients.leave(client))
        if self._test_began is not None and now - self._test_began > TEST_PATIENCE_S:
            self._finish_test(ok=False, reason="A read of our own was not reported within 2 s.", now=now)

    def give_up(self) -> None:
        """Hide the picture for the desktop to take over, as we end."""
        self._shield.last()

    def patience(self, now: float) -> float:
        """Return how long the loop may sleep, in seconds, when nothing arrives."""
        if self._signs.waits():
            return 0.002
        if self._reports.waiting() or self._signs.searches():
            return 0.01
        return min(0.2, self._shield.patience(now))

    def _started(self, client: int, seen: float) -> None:
        if self._signs.armed:
            self.cover(seen)
        self._leaving = [entry for entry in self._leaving if entry[1] != client]
        self._reports.settle(client, self._clients.leave(client))
        self._clients.started(client)
        self._signs.started(client, seen)

    def cover(self, now: float) -> None:
        """Cover at once; who it was, and what follows, is found out afterwards."""
        self._shield.conceal("A program connects to the display.", now)

    def glimpse(self, until: float) -> None:
        """Cover until then, at most: somebody may be about to come, and is looked for."""
        self._shield.glimpse(until)

    def sighted(self, sighting: Sighting, seen: float) -> None:
        """Answer what was seen, and report it."""
        known = self._clients.get(sighting.client)
        given = policy.PLAIN if known is None else self._quiet.given(known)
        answer = policy.answer(
            sighting.kind, sighting.level, "viewer", confidence=sighting.confidence, given=given
        )
        hidden = False
        if answer.shield:
            self._last_read = seen
            hidden = self._shield.hidden
            self._shield.conceal(answer.reason, seen)
        self._meddled = self._meddled or sighting.kind == "guard_attacked"
        if policy.CLASSES.get(sighting.kind, policy.READ) == policy.READ:
            self._signs.has_read(sighting.client, seen)
        if answer.record or answer.shield:
            self._clients.ask(sighting.client)
            self._reports.add(sighting, seen, wants_shield=answer.shield, shielded=hidden)

    def _traced(self) -> bool:
        """Say whether somebody debugs the program while something is shown that must not be seen then."""
        return self._tracing.attached and policy.answer(TRACER, self._scene.strongest(), "viewer").shield

    def _protect(self, regions: list[Region], identity: object) -> None:
        kept = [region for region in regions if LEVELS.index(region.level) > 0]
        wanted = {region.window for region in kept}
        for window in [window for window in self._scene.windows if window not in wanted]:
            del self._scene.windows[window]
        waiting = set(wanted)

        def placed(window: int, found: bool) -> None:
            waiting.discard(window)
            if not found and self._scene.windows.pop(window, None) is not None:
                self._covers.forget(window)
            if not waiting:
                self._know_covers()
                self._arm(lambda: self._confirm(identity))

        for window in wanted:
            watched = self._scene.windows.setdefault(window, Watched(window))
            watched.regions = [(region.rect, region.level) for region in kept if region.window == window]
            self._detector.ours.add(self._detector.base(window))
        self._covers.place(
            region for region in kept if policy.answer("get_image", region.level, "viewer").shield
        )
        for window in sorted(wanted):
            watched = self._scene.windows[window]
            self._places.watch(watched, self._scene, partial(placed, window))
        self._know_covers()
        self._arm(None if wanted else lambda: self._confirm(identity))

    def _confirm(self, identity: object) -> None:
        self._emit({"event": "protecting", "id": identity, "windows": sorted(self._scene.windows)})

    def _know_covers(self) -> None:
        self._detector.covers = self._covers.windows

    def _arm(self, then: Callable[[], None] | None = None) -> None:
        """Watch as much as what is shown asks for, and no more; `then` runs when it is so."""
        guarding = bool(self._scene.windows) or self._test_began is not None
        self._signs.arm(on=self._scene.has_level("sealed"))
        self._stream.guard(on=guarding, then=then)

    def _clear(self, identity: object, now: float) -> None:
        stands = bool(self._detector.holders()) or any(self._signs.standing(now)) or self._traced()
        read = now - self._last_read < QUIET_S or stands
        self._shield.release(refused=read)
        self._emit({"event": "cleared", "id": identity, "ok": not read})

    def _self_test(self, now: float) -> None:
        if self._test_began is None:
            self._test_began = now
            self._arm(self._pulse.read_screen)

    def _finish_test(self, *, ok: bool, reason: str, now: float) -> None:
        if self._test_began is None:
            return
        elapsed = round(1000 * (now - self._test_began), 1)
        self._test_began = None
        self._arm()
        self._emit({"event": "selftest", "ok": ok, "reason": reason, "elapsed_ms": elapsed})
