"""Asks the tripwires that need no sentinel, and listens to those that are told; runs on an asyncio loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from .events import TripwireState
from .findings import (
    FOREIGN,
    PRELOADED,
    REMOTE_SERVER,
    REMOTE_SESSION,
    Absent,
    Finding,
    Found,
    Notice,
    notice_now,
)

AGAIN_S = 10.0
FAILED = "It has failed. Start the program again."
LINUX_ONLY = "The program can watch for it on Linux only in this version."


class Tripwire(Protocol):
    """One way of noticing by looking; `every` is in seconds."""

    @property
    def name(self) -> str: ...

    @property
    def every(self) -> float: ...

    def look(self) -> Sequence[Finding]:
        """Return what is there now, on any thread.

        Raises OSError where it cannot tell, Absent where there is nothing that could be watched.
        """


class Listener(Protocol):
    """One way of noticing by being told."""

    @property
    def name(self) -> str: ...

    async def listen(self, bell: Bell) -> None:
        """Tell the bell, on the loop; returns or raises as `look` does when it cannot listen any more."""


class Bell:
    """What a listener tells: that it hears, what happened just now, what stands."""

    def __init__(
        self,
        armed: Callable[[], bool],
        on_hears: Callable[[], None],
        on_moment: Callable[[Finding], None],
        on_standing: Callable[[Sequence[Finding]], None],
    ) -> None:
        """Pass everything on."""
        self._armed = armed
        self.hears = on_hears
        self.ring = on_moment
        self.stands = on_standing

    @property
    def armed(self) -> bool:
        """Say whether moments matter now: who did it may cost too much to find out otherwise."""
        return self._armed()


class Lookout:
    """Tells what stands whenever that changes, what happens while armed, and which tripwires are live."""

    def __init__(
        self,
        wires: Sequence[Tripwire],
        listeners: Sequence[Listener],
        on_found: Callable[[tuple[Notice, ...]], None],
        on_moment: Callable[[Notice], None],
        on_states: Callable[[tuple[TripwireState, ...]], None],
        *,
        platform: str = sys.platform,
    ) -> None:
        """Prepare; all three are called on the loop that runs."""
        self._wires = wires
        self._listeners = listeners
        self._names = [*(wire.name for wire in wires), *(listener.name for listener in listeners)]
        self._on_found = on_found
        self._on_moment = on_moment
        self._on_states = on_states
        self._able = platform == "linux"
        self._armed = False
        self._findings: dict[str, Sequence[Finding]] = {}
        self._remarks: dict[str, tuple[bool, str]] = {}
        self._found = Found()
        self._states: tuple[TripwireState, ...] = ()

    def arm(self, armed: bool) -> None:
        """Say whether anything is shown for which moments matter; on the loop."""
        self._armed = armed

    async def run(self) -> None:
        """Look and listen, until cancelled."""
        if not self._able:
            self._remarks = dict.fromkeys(self._names, (False, LINUX_ONLY))
            self._tell_states()
            return
        try:
            async with asyncio.TaskGroup() as group:
                for wire in self._wires:
                    group.create_task(self._keep_looking(wire), name=wire.name)
                for listener in self._listeners:
                    group.create_task(self._keep_listening(listener), name=listener.name)
        except Exception:
            # A bug: nobody looks any more, which must be known before it is reported.
            self._remarks = dict.fromkeys(self._names, (False, FAILED))
            self._tell_states()
            raise

    async def look(self, wire: Tripwire) -> None:
        """Ask one tripwire, on a thread of its own; one that cannot tell keeps what it saw last."""
        try:
            found = await asyncio.to_thread(wire.look)
        except Absent as absent:
            self._take(wire.name, ())
            self._remark(wire.name, live=True, reason=str(absent))
        except OSError as error:
            self._remark(wire.name, live=False, reason=f"It cannot look: {error.strerror or error}.")
        else:
            self._take(wire.name, found)
            self._remark(wire.name, live=True)

    async def listen(self, listener: Listener) -> None:
        """Listen until that ends, and say why; what stood then stands until it can be told again."""
        name = listener.name
        bell = Bell(
            lambda: self._armed, partial(self._remark, name, live=True), self._ring, partial(self._take, name)
        )
        try:
            await listener.listen(bell)
        except Absent as absent:
            self._take(name, ())
            self._remark(name, live=True, reason=str(absent))
        except OSError as error:
            self._remark(name, live=False, reason=f"It cannot listen: {error.strerror or error}.")
        else:
            self._remark(name, live=False, reason="It was cut off and is being started again.")

    async def _keep_looking(self, wire: Tripwire) -> None:
        while True:
            await self.look(wire)
            await asyncio.sleep(wire.every)

    async def _keep_listening(self, listener: Listener) -> None:
        while True:
            await self.listen(listener)
            await asyncio.sleep(AGAIN_S)

    def _ring(self, finding: Finding) -> None:
        if self._armed:
            self._on_moment(notice_now(finding))

    def _take(self, name: str, findings: Sequence[Finding]) -> None:
        self._findings[name] = findings
        if self._found.look(_once(one for findings in self._findings.values() for one in findings)):
            self._on_found(self._found.now)

    def _remark(self, name: str, *, live: bool, reason: str = "") -> None:
        self._remarks[name] = live, reason
        self._tell_states()

    def _tell_states(self) -> None:
        states = tuple(
            TripwireState(name, *self._remarks[name], apart=True)
            for name in self._names
            if name in self._remarks
        )
        if states != self._states:
            self._states = states
            self._on_states(states)


# A preloaded library mostly comes from a foreign place, too, and who shares the screen once waited for it.
_LESSER = {FOREIGN: PRELOADED, REMOTE_SERVER: REMOTE_SESSION}


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what is told twice, the lesser of the two."""
    kept = list(findings)
    told = {(one.kind, one.culprit.pid, one.culprit.executable) for one in kept if one.culprit.executable}
    return [
        one for one in kept if (_LESSER.get(one.kind), one.culprit.pid, one.culprit.executable) not in told
    ]
