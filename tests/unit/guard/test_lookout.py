"""Who asks the tripwires and listens to them: what is told on, and what is said of their state."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from desktop.guard.events import Culprit, TripwireState
from desktop.guard.findings import (
    FOREIGN,
    IMAGE_FILE,
    PRELOADED,
    SCREEN_STREAM,
    TRACER,
    Absent,
    Finding,
    Found,
    Notice,
    Standing,
    notice_from_json,
    notice_to_json,
)
from desktop.guard.lookout import FAILED, LINUX_ONLY, Bell, Listener, Lookout, Tripwire
from desktop.guard.roster import tripwires

GDB = Finding(TRACER, Culprit(7, "gdb", "/usr/bin/gdb"))
STREAM = Finding(SCREEN_STREAM, Culprit(8, "obs", "/usr/bin/obs"))
SHOT = Finding(IMAGE_FILE, Culprit(9, "scrot", "/usr/bin/scrot"))


class Scripted:
    """A tripwire that sees what a test wants."""

    every = 1.0

    def __init__(self, name: str, *looks: list[Finding] | Exception) -> None:
        self.name = name
        self._looks: Iterator[list[Finding] | Exception] = iter(looks)

    def look(self) -> Sequence[Finding]:
        answer = next(self._looks)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Told:
    """A listener that is told what a test wants."""

    name = "told"

    def __init__(self, tell: Callable[[Bell], None]) -> None:
        self._tell = tell

    async def listen(self, bell: Bell) -> None:
        self._tell(bell)


class Ears:
    """A lookout and everything that it said."""

    def __init__(self, *wires: Tripwire, listeners: Sequence[Listener] = (), platform: str = "linux") -> None:
        self.found: list[tuple[Notice, ...]] = []
        self.moments: list[Notice] = []
        self.states: list[tuple[TripwireState, ...]] = []
        self.lookout = Lookout(
            wires,
            listeners,
            self.found.append,
            self.moments.append,
            self.states.append,
            platform=platform,
        )

    def look(self, *wires: Tripwire) -> None:
        for wire in wires:
            asyncio.run(self.lookout.look(wire))

    def listen(self, tell: Callable[[Bell], None]) -> None:
        asyncio.run(self.lookout.listen(Told(tell)))

    @property
    def remarks(self) -> list[tuple[bool, str]]:
        return [(state.live, state.reason) for states in self.states for state in states]


def test_these_tests_are_free_of_foreign_things() -> None:
    wires = tripwires({}, list)[:5]
    ears = Ears(*wires)
    ears.look(*wires)
    assert ears.found == []
    assert [state.name for state in ears.states[-1] if not state.live] == ["core dumps"]


def test_changes_are_told_and_what_cannot_be_seen_is_kept() -> None:
    wire = Scripted("tracers", [], [GDB], OSError(13, "Permission denied"), [GDB], [])
    ears = Ears(wire)
    ears.look(*[wire] * 5)
    assert [[one.culprit.name for one in told] for told in ears.found] == [["gdb"], []]
    assert ears.remarks == [(True, ""), (False, "It cannot look: Permission denied."), (True, "")]


def test_what_cannot_be_here_is_no_gap() -> None:
    wire = Scripted("streams", [GDB], Absent("No PipeWire runs here."))
    ears = Ears(wire)
    ears.look(wire, wire)
    assert ears.found[-1] == ()
    assert ears.remarks[-1] == (True, "No PipeWire runs here.")


def test_no_look_holds_up_the_loop() -> None:
    threads: list[int] = []

    class Slow(Scripted):
        def look(self) -> Sequence[Finding]:
            threads.append(threading.get_ident())
            return []

    wire = Slow("slow")
    Ears(wire).look(wire)
    assert threads != [threading.get_ident()]


def test_a_preloaded_library_from_elsewhere_is_told_once() -> None:
    culprit = Culprit(name="x.so", executable="/home/me/x.so")
    wires = [Scripted("a", [Finding(FOREIGN, culprit)]), Scripted("b", [Finding(PRELOADED, culprit)])]
    ears = Ears(*wires)
    ears.look(*wires)
    assert [one.kind for one in ears.found[-1]] == [PRELOADED]


def test_moments_are_told_while_it_is_armed() -> None:
    ears = Ears(listeners=[Told(lambda _: None)])
    armed: list[bool] = []

    def tell(bell: Bell) -> None:
        armed.append(bell.armed)
        bell.ring(SHOT)

    for wanted in (False, True, False):
        ears.lookout.arm(wanted)
        ears.listen(tell)
    assert armed == [False, True, False]
    assert [one.kind for one in ears.moments] == [IMAGE_FILE]
    assert ears.found == [], "a moment does not stand"


def test_a_listener_tells_what_stands_armed_or_not() -> None:
    ears = Ears(listeners=[Told(lambda _: None)])
    ears.listen(lambda bell: (bell.hears(), bell.stands([STREAM]))[1])
    assert [one.kind for one in ears.found[-1]] == [SCREEN_STREAM]
    assert ears.remarks[0] == (True, "")
    assert ears.remarks[-1][0] is False, "it has stopped listening"
    ears.listen(lambda bell: bell.stands([]))
    assert ears.found[-1] == ()


@pytest.mark.parametrize(
    ("error", "remark"),
    [
        (OSError(2, "No such file"), (False, "It cannot listen: No such file.")),
        (Absent("There is no session bus."), (True, "There is no session bus.")),
    ],
)
def test_why_nobody_listens_is_said(error: Exception, remark: tuple[bool, str]) -> None:
    def fail(_: Bell) -> None:
        raise error

    ears = Ears(listeners=[Told(lambda _: None)])
    ears.listen(fail)
    assert ears.remarks == [remark]


def test_a_lookout_that_fails_says_so_before_it_is_reported() -> None:
    ears = Ears(Scripted("broken", ValueError("a bug")), Scripted("sound", *[[]] * 9))
    with pytest.raises(ExceptionGroup):
        asyncio.run(ears.lookout.run())
    assert [(state.live, state.reason) for state in ears.states[-1]] == [(False, FAILED)] * 2


def test_elsewhere_no_tripwire_is_live() -> None:
    ears = Ears(Scripted("a"), platform="win32")
    asyncio.run(ears.lookout.run())
    assert ears.remarks == [(False, LINUX_ONLY)]


def test_two_who_see_the_same_tell_of_one() -> None:
    standing, here, there = Standing(), Found(), Found()
    here.look([GDB])
    there.look([GDB])
    assert len(standing.replace("here", here.now)) == 1
    (both,) = standing.replace("there", there.now)
    assert both == here.now[0]
    assert standing.replace("here", ()) == there.now
    assert standing.replace("there", ()) == ()


def test_a_notice_survives_the_pipe() -> None:
    found = Found()
    found.look([GDB])
    assert notice_from_json(notice_to_json(found.now[0])) == found.now[0]
    with pytest.raises(TypeError):
        notice_from_json({"culprit": None, "confidence": 1.0})
