"""What no flood of events can do, and what an exemption, a trial and a quiet list change."""

import uuid
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QWidget

from desktop.canvas.shield_page import ShieldReason
from desktop.guard.events import CaptureEvent, Culprit, GuardState, Region
from desktop.guard.findings import Notice
from desktop.guard.hold import EXPULSION_WINDOW_S, EXPULSIONS
from desktop.guard.policy import SIGN_HOLD_S, Answer, answer
from desktop.guard.rules import Rules
from desktop.shell.attempts import OF_ALL, OF_ONE_PROGRAM, OVER_AFTER, PROGRAMS_APART, Attempts
from desktop.shell.regions import ProtectedRegions
from desktop.shell.shield import REFUSED_S, Answered, Shield

LIVE = GuardState(live=True, reason="")
GDB = Notice("tracer_attached", "2026-11-23T09:14:07.000+00:00", Culprit(812, "gdb", "/usr/bin/gdb"))
FOCUS = Notice("client_started", GDB.time, Culprit(99, "terminal", "/usr/bin/terminal"))
NOTED = answer("get_image", "guarded", "viewer")


def capture(kind: str = "get_image", level: str = "guarded", name: str = "xwd") -> CaptureEvent:
    culprit = Culprit(4127, name, f"/usr/bin/{name}")
    return CaptureEvent(uuid.uuid4().hex, kind, GDB.time, 0.0, culprit, None, 1.0, level, 3.0)


class Seen:
    """A shield on a clock of its own, and all that it asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.shield = Shield(lambda: self.now)
        self.asked: list[str] = []
        self.told: list[Answer] = []
        for word in ("strengthen", "lock", "end"):
            getattr(self.shield, f"{word}_wanted").connect(lambda word=word: self.asked.append(word))
        self.shield.noticed.connect(lambda _, response: self.told.append(response))
        self.shield.set_viewer("viewer")
        self.shield.take_state(LIVE)

    def look(self) -> bool:
        self.shield._look()
        return self.shield.up


@pytest.fixture
def seen(qapp: QApplication) -> Iterator[Seen]:
    made = Seen()
    yield made
    made.shield.deleteLater()


def test_programs_that_connect_without_end_are_named_and_the_picture_returns(seen: Seen) -> None:
    seen.shield.set_level("sealed")
    for _ in range(500):
        seen.now += 0.01
        seen.shield.take_capture(capture("client_started", "sealed", "attacker"))
    assert seen.look()
    reason = seen.shield._reason
    assert reason is not None
    assert (reason.program, reason.brief) == ("attacker", True)
    seen.now += SIGN_HOLD_S
    assert not seen.look()
    assert seen.asked == [], "a sign accuses nobody"


def test_what_was_read_of_sealed_pictures_strengthens_the_mark(seen: Seen) -> None:
    seen.shield.set_level("sealed")
    seen.shield.take_capture(capture(level="guarded"))
    assert seen.asked == []
    seen.shield.take_capture(capture(level="sealed"))
    assert seen.asked == ["strengthen"]


def test_a_debugger_that_comes_and_goes_throws_nobody_out_for_ever(seen: Seen) -> None:
    seen.shield.set_viewer("kiosk")
    seen.shield.set_level("guarded")
    for _ in range(20):
        seen.now += 60
        seen.shield.take_standing([GDB])
        assert seen.look()
        seen.shield.take_standing([])
    assert seen.asked == ["lock"] * EXPULSIONS
    seen.now += EXPULSION_WINDOW_S
    seen.shield.take_standing([GDB])
    assert len(seen.asked) == EXPULSIONS + 1


def test_when_what_stood_there_has_gone_the_page_says_when_it_returns(seen: Seen) -> None:
    seconds: list[int | None] = []
    seen.shield.raised.connect(lambda reason: seconds.append(reason.seconds))
    seen.shield.set_level("sealed")
    seen.shield.take_standing([FOCUS])
    seen.shield.take_standing([])
    assert seen.look()
    assert seconds == [None, round(SIGN_HOLD_S)]
    seen.now += SIGN_HOLD_S
    assert not seen.look()


@pytest.mark.parametrize(
    ("rules", "level", "up"),
    [
        (Rules(assistive=True), "guarded", False),
        (Rules(assistive=True), "sealed", False),
        (Rules(dry=True), "guarded", False),
        (Rules(dry=True), "sealed", True),
        (Rules(quiet={"/usr/bin/xwd"}), "guarded", False),
        (Rules(quiet={"/usr/bin/xwd"}), "sealed", True),
        (Rules(quiet={"/usr/bin/scrot"}), "guarded", True),
    ],
)
def test_what_makes_it_milder_is_recorded_and_told(seen: Seen, rules: Rules, level: str, up: bool) -> None:
    seen.shield.set_rules(rules)
    seen.shield.set_level(level)
    seen.shield.take_capture(capture(level=level))
    assert seen.look() == up
    (told,) = seen.told
    assert told.record
    assert bool(told.withheld) != up
    assert ("strengthen" in seen.asked) == (rules.assistive or level == "sealed")


@pytest.mark.parametrize(("rules", "told"), [(Rules(), "guarded"), (Rules(dry=True), "marked")])
def test_the_sentinel_is_told_to_look_on(qapp: QApplication, rules: Rules, told: str) -> None:
    heard: list[Sequence[Region]] = []
    regions, window = ProtectedRegions(heard.append), QWidget()
    regions.add(window)
    window.show()
    regions.set_level("guarded")
    regions.soften(rules.watched)
    assert [region.level for region in heard[-1]] == [told]
    regions.set_level("sealed")
    assert [region.level for region in heard[-1]] == ["sealed"]
    window.close()
    window.deleteLater()
    regions.deleteLater()


def test_a_program_that_reads_in_a_loop_is_recorded_a_few_times_a_minute() -> None:
    attempts, at_once, sums = Attempts(), 0, 0
    for tick in range(60_000):
        now = tick / 100
        at_once += attempts.begins(capture(name="attacker"), NOTED, None, now)
        if tick % 100 == 0:
            sums += sum(one.reads for one in attempts.due(now))
            assert len(attempts) <= OF_ONE_PROGRAM + 1
    sums += sum(one.reads for one in attempts.due(now, last=True))
    assert at_once == OF_ONE_PROGRAM * 10
    assert at_once + sums == 60_000, "none is lost"
    assert len(attempts) == 0


NAMES = st.sampled_from([f"program {number}" for number in range(3 * OF_ALL)])


@given(st.lists(st.tuples(NAMES, st.floats(0, 3)), max_size=300))
def test_however_many_programs_there_are_the_reports_are_bounded_and_none_is_lost(
    events: list[tuple[str, float]],
) -> None:
    attempts, now, reported, told = Attempts(), 0.0, [], 0
    for name, gap in events:
        now += gap
        if attempts.begins(capture(name=name), NOTED, None, now):
            reported.append(now)
            told += 1
        sums = attempts.due(now)
        reported += [now] * len(sums)
        told += sum(one.reads for one in sums)
        assert len(attempts) <= OF_ALL + PROGRAMS_APART + 1
        # Each attempt may be told of once more when it is over.
        assert len([moment for moment in reported if now - moment < 60]) <= 2 * OF_ALL + PROGRAMS_APART + 1
    told += sum(one.reads for one in attempts.due(now, last=True))
    assert told == len(events)


def test_attempts_that_are_over_are_forgotten() -> None:
    attempts = Attempts()
    attempts.begins(capture(), NOTED, None, 0.0)
    assert attempts.due(OVER_AFTER) == []
    assert len(attempts) == 0


def test_short_shields_without_end_keep_no_read_from_being_reported() -> None:
    attempts, brief = Attempts(), answer("client_started", "sealed", "viewer")
    for turn in range(3 * OF_ALL):
        attempts.begins(capture("client_started", "sealed", f"program{turn}"), brief, None, 1.0)
    read = capture("get_image", "sealed", "program1")
    assert attempts.begins(read, answer("get_image", "sealed", "viewer"), None, 1.0)


def test_what_the_guard_refuses_stays_hidden_for_its_reason(qapp: QApplication) -> None:
    now = [0.0]
    asked: list[Answered] = []
    reasons: list[ShieldReason] = []
    lowered: list[float] = []
    shield = Shield(lambda: now[0], asked.append)
    shield.raised.connect(reasons.append)
    shield.lowered.connect(lambda: lowered.append(now[0]))
    shield.set_viewer("viewer")
    shield.take_state(LIVE)
    shield.set_level("sealed")
    while asked:
        asked.pop()(True)
    shield.take_capture(capture(level="sealed"))
    lowered.clear()
    now[0] += 60
    for _ in range(2):
        shield._look()
        shield._look()
        (answered,) = asked
        asked.clear()
        answered(False)
        assert shield.up
        assert lowered == []
        now[0] += REFUSED_S
    assert reasons[-1].seconds is not None
    shield._look()
    asked.pop()(True)
    assert not shield.up
    assert lowered == [now[0]]
