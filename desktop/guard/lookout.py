"""Asks the tripwires of the program itself in turn, each as often as it wants; runs on an asyncio loop."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from .events import TripwireState
from .findings import FOREIGN, PRELOADED, Finding, Found, Notice
from .places import known_places
from .tripwires.dumps import Dumps
from .tripwires.libraries import Libraries
from .tripwires.modules import Modules
from .tripwires.preloads import Preloads
from .tripwires.tracers import Tracers

STEP_S = 0.5
LINUX_ONLY = "The program can watch over itself on Linux only in this version."


class Tripwire(Protocol):
    """One way of noticing; `every` is in seconds."""

    @property
    def name(self) -> str: ...

    @property
    def every(self) -> float: ...

    def look(self) -> Sequence[Finding]:
        """Return what is there now; raises OSError where it cannot tell."""


def tripwires(environment: Mapping[str, str], processes: Callable[[], Sequence[int]]) -> list[Tripwire]:
    """Return every tripwire; `processes` are ours beside this one."""
    places = known_places()
    return [
        Tracers(lambda: (os.getpid(), *processes())),
        Preloads(environment),
        Libraries(places),
        Modules(places, sys.modules, environment),
        Dumps(),
    ]


class Lookout:
    """Tells what stands against the program whenever that changes, and which tripwires are live."""

    def __init__(
        self,
        wires: Sequence[Tripwire],
        on_found: Callable[[tuple[Notice, ...]], None],
        on_states: Callable[[tuple[TripwireState, ...]], None],
        *,
        platform: str = sys.platform,
    ) -> None:
        """Prepare; both are called on the loop that runs."""
        self._wires = wires
        self._on_found = on_found
        self._on_states = on_states
        self._able = platform == "linux"
        self._due = dict.fromkeys((wire.name for wire in wires), 0.0)
        self._findings: dict[str, Sequence[Finding]] = {}
        self._trouble: dict[str, str] = {}
        self._found = Found()
        self._states: tuple[TripwireState, ...] = ()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        if not self._able:
            self._trouble = {wire.name: LINUX_ONLY for wire in self._wires}
            self._tell_states()
            return
        while True:
            self.look(time.monotonic())
            await asyncio.sleep(STEP_S)

    def look(self, now: float) -> None:
        """Ask every tripwire that is due; one that cannot tell keeps what it saw last."""
        for wire in self._wires:
            if now < self._due[wire.name]:
                continue
            self._due[wire.name] = now + wire.every
            try:
                self._findings[wire.name] = wire.look()
                self._trouble.pop(wire.name, None)
            except OSError as error:
                self._trouble[wire.name] = f"It cannot look: {error.strerror or error}."
        if self._found.look(_once(one for findings in self._findings.values() for one in findings)):
            self._on_found(self._found.now)
        self._tell_states()

    def _tell_states(self) -> None:
        states = tuple(
            TripwireState(
                wire.name, wire.name not in self._trouble, self._trouble.get(wire.name, ""), apart=True
            )
            for wire in self._wires
        )
        if states != self._states:
            self._states = states
            self._on_states(states)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Leave out what is told twice: a preloaded library mostly comes from a foreign place, too."""
    kept = list(findings)
    preloaded = {one.culprit.executable for one in kept if one.kind == PRELOADED} - {None}
    return [one for one in kept if one.kind != FOREIGN or one.culprit.executable not in preloaded]
