"""How long the shield stays, and that no flood of events keeps it longer or throws people out."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.events import CaptureEvent, Culprit
from desktop.guard.hold import (
    EXPULSION_WINDOW_S,
    EXPULSIONS,
    FORGET_AFTER_S,
    LONGEST_HOLD_S,
    REMEMBERED,
    Expulsions,
    Hold,
)
from desktop.guard.policy import CLASSES, HOLD_S, SIGN_HOLD_S, answer

JUST = 1e-6


class Happening(NamedTuple):
    """One event of a flood."""

    name: str
    kind: str
    level: str
    role: str
    gap: float


def done_by(name: str, kind: str = "get_image", level: str = "guarded") -> CaptureEvent:
    return CaptureEvent("1", kind, "", 0.0, Culprit(1, name, f"/usr/bin/{name}"), None, 1.0, level)


def test_the_hold_ends_by_itself_after_the_last_read() -> None:
    shield = answer("get_image", "guarded", "viewer")
    hold = Hold().extended(done_by("scrot"), shield, 100.0)
    assert hold.remaining(100.0) == HOLD_S
    hold = hold.extended(done_by("scrot"), shield, 103.0)
    assert hold.remaining(103.0) == HOLD_S
    assert hold.remaining(103.0 + HOLD_S) == 0.0


def test_one_that_comes_back_waits_twice_as_long_each_time() -> None:
    shield = answer("get_image", "guarded", "viewer")
    hold, now, waits = Hold(), 100.0, []
    for _ in range(7):
        hold = hold.extended(done_by("ffmpeg"), shield, now)
        waits.append(hold.remaining(now))
        now += hold.remaining(now) + 1.0
    assert waits == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert hold.extended(done_by("scrot"), shield, now).remaining(now) == HOLD_S
    later = now + FORGET_AFTER_S + LONGEST_HOLD_S
    assert hold.extended(done_by("ffmpeg"), shield, later).remaining(later) == HOLD_S


def test_a_program_that_connects_again_and_again_holds_no_longer_than_once() -> None:
    sign = answer("client_started", "sealed", "viewer")
    hold, now = Hold(), 0.0
    for _ in range(1000):
        now += 0.01
        hold = hold.extended(done_by("xclock", "client_started", "sealed"), sign, now)
    assert hold.remaining(now + SIGN_HOLD_S) == 0.0
    for _ in range(10):
        now += 2.0
        hold = hold.extended(done_by("xclock", "client_started", "sealed"), sign, now)
        assert hold.remaining(now) <= SIGN_HOLD_S + JUST


def test_a_reader_gets_nothing_off_by_connecting_in_between() -> None:
    read, sign = answer("get_image", "sealed", "viewer"), answer("client_started", "sealed", "viewer")
    hold = Hold().extended(done_by("x"), read, 0.0)
    hold = hold.extended(done_by("x", "client_started"), sign, 20.0)
    assert hold.extended(done_by("x"), read, 30.0).remaining(30.0) == 2 * read.hold_s


def test_what_asks_for_no_shield_leaves_the_hold_alone() -> None:
    hold = Hold(until=50.0)
    assert hold.extended(done_by("scrot"), answer("get_image", "marked", "viewer"), 100.0).until == 50.0


FLOOD = st.lists(
    st.builds(
        Happening,
        st.sampled_from([f"program {number}" for number in range(2 * REMEMBERED)]),
        st.sampled_from([*CLASSES, "something new"]),
        st.sampled_from(["marked", "guarded", "sealed"]),
        st.sampled_from(["viewer", "kiosk"]),
        st.one_of(st.just(0.0), st.floats(0, 0.05), st.floats(0, 200)),
    ),
    max_size=120,
)


@given(FLOOD)
def test_a_flood_is_bounded_in_time_and_in_memory(flood: list[Happening]) -> None:
    hold, now = Hold(), 0.0
    for kind_of in flood:
        now += kind_of.gap
        response = answer(kind_of.kind, kind_of.level, kind_of.role)
        before = hold
        hold = hold.extended(done_by(kind_of.name, kind_of.kind, kind_of.level), response, now)
        # Never earlier than before, never later than a minute from now.
        assert hold.until >= before.until
        assert hold.remaining(now) <= LONGEST_HOLD_S + JUST
        if response.shield:
            assert hold.remaining(now) >= response.hold_s - JUST
        assert len(hold.offences) <= REMEMBERED
    # Nothing more has to happen for the picture to return.
    assert hold.remaining(now + LONGEST_HOLD_S + JUST) == 0.0


@given(FLOOD, st.floats(0, 120))
def test_time_alone_brings_the_picture_nearer(flood: list[Happening], later: float) -> None:
    hold, now = Hold(), 0.0
    for one in flood:
        now += one.gap
        response = answer(one.kind, one.level, one.role)
        hold = hold.extended(done_by(one.name, one.kind, one.level), response, now)
    assert hold.remaining(now + later) <= hold.remaining(now)


@given(FLOOD)
def test_nobody_waits_longer_for_what_others_do(flood: list[Happening]) -> None:
    """A first read of a program that was never seen holds as long as ever, whatever flood is about."""
    hold, now = Hold(), 0.0
    for one in flood:
        now += one.gap
        response = answer(one.kind, one.level, one.role)
        hold = hold.extended(done_by(one.name, one.kind, one.level), response, now)
    quiet = now + LONGEST_HOLD_S
    shield = answer("get_image", "guarded", "viewer")
    assert abs(hold.extended(done_by("new"), shield, quiet).remaining(quiet) - HOLD_S) < JUST


@given(st.lists(st.one_of(st.just(0.0), st.floats(0, 10), st.floats(0, 2 * EXPULSION_WINDOW_S)), max_size=60))
def test_people_are_thrown_out_a_few_times_an_hour_at_most(gaps: list[float]) -> None:
    expulsions, now, done = Expulsions(), 0.0, []
    for gap in gaps:
        now += gap
        left = expulsions.spend(now)
        if left is not None:
            expulsions = left
            done.append(now)
        assert len([moment for moment in done if now - moment < EXPULSION_WINDOW_S]) <= EXPULSIONS
        assert len(expulsions.at) <= EXPULSIONS
    # An hour of peace gives all of them back.
    assert Expulsions((*expulsions.at,)).spend(now + EXPULSION_WINDOW_S + 1) is not None
