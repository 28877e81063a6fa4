"""The policy: what follows from an event, and how long the shield stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.guard.events import LEVELS, CaptureEvent, Culprit
from desktop.guard.policy import CLASSES, DEEDS, FORGET_AFTER_S, HOLD_S, LONGEST_HOLD_S, Hold, answer

ROLES = ("admin", "manager", "viewer", "kiosk", "auditor")


def read_by(name: str, kind: str = "get_image") -> CaptureEvent:
    """Return a read by a program."""
    return CaptureEvent("1", kind, "", 0.0, Culprit(1, name, f"/usr/bin/{name}"), None, 1.0, "guarded")


@pytest.mark.parametrize(
    ("kind", "level", "record", "shield", "strengthen"),
    [
        ("get_image", "open", False, False, False),
        ("get_image", "marked", True, False, False),
        ("get_image", "guarded", True, True, False),
        ("shm_get_image", "guarded", True, True, False),
        ("copy_area", "guarded", True, True, False),
        ("render_composite", "guarded", True, True, False),
        ("composite_name_pixmap", "guarded", True, True, False),
        ("composite_redirect", "guarded", False, False, False),
        ("client_started", "guarded", False, False, False),
        ("get_image", "sealed", True, True, True),
        ("composite_redirect", "sealed", True, True, True),
        ("client_started", "sealed", False, True, False),
        ("something new", "guarded", True, True, False),
        ("tracer_attached", "open", False, False, False),
        ("tracer_attached", "marked", True, False, False),
        ("tracer_attached", "guarded", True, True, False),
        ("tracer_attached", "sealed", True, True, True),
        ("preloaded_library", "marked", True, False, False),
        ("preloaded_library", "guarded", True, False, False),
        ("preloaded_library", "sealed", True, True, True),
        ("foreign_code", "guarded", True, False, False),
        ("foreign_code", "sealed", True, True, True),
        ("dumpable", "guarded", True, False, False),
        ("dumpable", "sealed", True, True, True),
    ],
)
def test_the_table(kind: str, level: str, record: bool, shield: bool, strengthen: bool) -> None:
    found = answer(kind, level, "viewer")
    assert (found.record, found.shield, found.strengthen_mark) == (record, shield, strengthen)
    assert bool(found.hold_s) == shield
    assert not found.lock
    assert not found.end_session
    assert found.reason


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", CLASSES)
def test_an_assistive_exemption_never_blanks_but_records(kind: str, level: str, role: str) -> None:
    plain = answer(kind, level, role)
    exempt = answer(kind, level, role, assistive=True)
    assert not exempt.shield
    if plain.shield:
        assert exempt.record
        assert exempt.strengthen_mark


def test_a_kiosk_holds_longer() -> None:
    assert answer("get_image", "guarded", "viewer").hold_s == HOLD_S
    assert answer("get_image", "guarded", "kiosk").hold_s == 2 * HOLD_S


@pytest.mark.parametrize(
    ("level", "role", "lock", "end"),
    [
        ("marked", "kiosk", False, False),
        ("guarded", "kiosk", True, False),
        ("sealed", "kiosk", False, True),
        ("sealed", "viewer", False, False),
        ("sealed", "admin", False, False),
    ],
)
def test_a_kiosk_that_is_debugged_is_closed(level: str, role: str, lock: bool, end: bool) -> None:
    found = answer("tracer_attached", level, role)
    assert (found.lock, found.end_session) == (lock, end)
    assert found.shield == (level != "marked")


def test_every_kind_has_words() -> None:
    assert CLASSES.keys() == DEEDS.keys()


def test_doubt_records_and_does_not_blank() -> None:
    found = answer("get_image", "guarded", "viewer", confidence=0.2)
    assert found.record
    assert not found.shield


def test_the_hold_ends_by_itself_after_the_last_read() -> None:
    shield = answer("get_image", "guarded", "viewer")
    hold = Hold().extended(read_by("scrot"), shield, 100.0)
    assert hold.remaining(100.0) == HOLD_S
    hold = hold.extended(read_by("scrot"), shield, 103.0)
    assert hold.remaining(103.0) == HOLD_S
    assert hold.remaining(103.0 + HOLD_S) == 0.0


def test_one_that_comes_back_waits_twice_as_long_each_time() -> None:
    shield = answer("get_image", "guarded", "viewer")
    hold, now, waits = Hold(), 100.0, []
    for _ in range(7):
        hold = hold.extended(read_by("ffmpeg"), shield, now)
        waits.append(hold.remaining(now))
        now += hold.remaining(now) + 1.0
    assert waits == [4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert hold.extended(read_by("scrot"), shield, now).remaining(now) == HOLD_S
    later = now + FORGET_AFTER_S + LONGEST_HOLD_S
    assert hold.extended(read_by("ffmpeg"), shield, later).remaining(later) == HOLD_S


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(0.001, 200)), max_size=30))
def test_a_hold_is_bounded_and_covers_the_last_read(reads: list[tuple[str, float]]) -> None:
    shield = answer("get_image", "guarded", "viewer")
    hold, now = Hold(), 0.0
    for name, gap in reads:
        now += gap
        hold = hold.extended(read_by(name), shield, now)
        assert HOLD_S - 1e-9 <= hold.remaining(now) <= LONGEST_HOLD_S + 1e-9
        assert len(hold.offences) <= 2


def test_what_asks_for_no_shield_leaves_the_hold_alone() -> None:
    hold = Hold(until=50.0)
    assert hold.extended(read_by("scrot"), answer("get_image", "marked", "viewer"), 100.0).until == 50.0
