"""Between guard and window: what is protected, when it is hidden, and what is reported of it."""

import asyncio
import base64
import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.background import Background
from desktop.canvas.shield_page import ShieldReason, sentence
from desktop.client.api import Gallery
from desktop.client.errors import ServerOutage, ServerRejection
from desktop.guard.events import CaptureEvent, Culprit, GuardState, Rect, Region, TripwireState
from desktop.guard.findings import Notice
from desktop.guard.policy import HOLD_S, answer
from desktop.shell.attempts import OVER_AFTER, Attempts
from desktop.shell.regions import ProtectedRegions
from desktop.shell.reports import ViolationReports, deliver_last, evidence_of
from desktop.shell.shield import Shield
from tests.support.people import add_people
from tests.support.used import Start

LIVE = GuardState(live=True, reason="")
BLIND = GuardState(live=False, reason="The capture guard ended with status 1.")


def capture(
    kind: str = "get_image", level: str = "guarded", name: str = "xwd", *, attempt: str = "", reads: int = 1
) -> CaptureEvent:
    return CaptureEvent(
        id=attempt or uuid.uuid4().hex,
        reads=reads,
        kind=kind,
        time="2026-11-23T09:14:07.000Z",
        monotonic=0.0,
        culprit=Culprit(4127, name, f"/usr/bin/{name}"),
        region=Rect(0, 0, 1920, 1080),
        confidence=1.0,
        level=level,
        shield_ms=3.0,
    )


class Watched:
    """A shield and everything that it told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.shield = Shield(lambda: self.now)
        self.reasons: list[ShieldReason] = []
        self.lowered = 0
        self.shield.raised.connect(self.reasons.append)
        self.shield.lowered.connect(self._count)
        self.shield.set_viewer("viewer")

    def _count(self) -> None:
        self.lowered += 1

    def look(self) -> None:
        self.shield._look()

    def up(self) -> bool:
        return self.shield.up


@pytest.fixture
def watched(qapp: QApplication) -> Iterator[Watched]:
    made = Watched()
    yield made
    made.shield.deleteLater()


def test_guarded_pictures_are_hidden_while_nobody_watches(watched: Watched) -> None:
    watched.shield.take_state(BLIND)
    assert watched.reasons == []
    watched.shield.set_level("guarded")
    assert watched.up()
    assert watched.reasons[-1].explanation == BLIND.reason
    watched.shield.take_state(LIVE)
    assert not watched.up()
    assert watched.lowered == 1
    watched.shield.take_state(BLIND)
    watched.shield.set_level("marked")
    assert (len(watched.reasons), watched.lowered) == (2, 2)


@pytest.mark.parametrize("level", ["", "open", "marked"])
def test_what_is_not_guarded_is_shown_without_a_guard(level: str, watched: Watched) -> None:
    watched.shield.set_level(level)
    watched.shield.take_state(BLIND)
    assert not watched.up()


def test_a_capture_hides_for_the_hold_and_names_the_program(watched: Watched, qtbot: QtBot) -> None:
    watched.shield.take_state(LIVE)
    watched.shield.set_level("guarded")
    watched.shield.take_capture(capture())
    reason = watched.reasons[-1]
    assert (reason.program, reason.pid, reason.seconds) == ("xwd", 4127, round(HOLD_S))
    watched.now += HOLD_S - 0.1
    watched.look()
    assert watched.up()
    watched.shield.take_capture(capture())
    watched.now += HOLD_S - 0.1
    watched.look()
    assert watched.up(), "the hold counts from the last read"
    watched.now += 0.2
    watched.look()
    assert not watched.up()


def test_the_picture_returns_by_itself(watched: Watched, qtbot: QtBot) -> None:
    watched.shield.take_state(LIVE)
    watched.shield.set_level("guarded")
    watched.shield.take_capture(capture())
    watched.now += HOLD_S - 0.05
    watched.look()
    watched.now += 1
    qtbot.waitUntil(lambda: not watched.up())


def test_a_guard_that_dies_during_the_hold_keeps_the_picture_hidden(watched: Watched) -> None:
    watched.shield.take_state(LIVE)
    watched.shield.set_level("guarded")
    watched.shield.take_capture(capture())
    watched.shield.take_state(BLIND)
    watched.now += HOLD_S + 1
    watched.look()
    assert watched.up()
    assert watched.reasons[-1].explanation
    watched.shield.take_state(LIVE)
    assert not watched.up()


def test_a_capture_of_marked_pictures_is_noticed_and_hides_nothing(watched: Watched) -> None:
    noticed: list[object] = []
    watched.shield.noticed.connect(lambda event, response: noticed.append(event))
    watched.shield.take_state(LIVE)
    watched.shield.take_capture(capture(level="marked"))
    assert not watched.up()
    assert len(noticed) == 1


GDB = Notice("tracer_attached", "2026-11-23T09:14:07.000+00:00", Culprit(812, "gdb", "/usr/bin/gdb"))
OVERLAY = Notice("preloaded_library", GDB.time, Culprit(None, "overlay.so", "/opt/game/overlay.so"))


def told(watched: Watched) -> list[tuple[str, str, bool]]:
    """Collect what is told from now on: kind, level, and whether it hides."""
    events: list[tuple[str, str, bool]] = []
    watched.shield.noticed.connect(
        lambda event, response: events.append((event.kind, event.level, response.shield))
    )
    return events


def test_a_tracer_hides_as_long_as_it_is_there_and_a_little_longer(watched: Watched) -> None:
    events = told(watched)
    watched.shield.take_state(LIVE)
    watched.shield.set_level("guarded")
    watched.shield.take_standing([GDB])
    reason = watched.reasons[-1]
    assert (reason.program, reason.pid, reason.seconds) == ("gdb", 812, None)
    assert "gdb</b> (process 812) attached to this program at" in sentence(reason, None)[0]
    watched.now += 3600
    watched.look()
    assert watched.up()
    watched.shield.take_standing([])
    watched.now += HOLD_S - 0.1
    watched.look()
    assert watched.up()
    watched.now += 0.2
    watched.look()
    assert not watched.up()
    watched.shield.take_standing([GDB])
    assert events == [("tracer_attached", "guarded", True)] * 2, "who comes back is told again"


def test_a_tracer_that_came_and_went_while_we_were_held_still_is_told(watched: Watched) -> None:
    events = told(watched)
    watched.shield.take_state(LIVE)
    watched.shield.set_level("guarded")
    watched.shield.take_standing([GDB])
    watched.shield.take_standing([])
    assert events == [("tracer_attached", "guarded", True)]
    assert watched.up()


def test_what_stands_is_told_once_a_session_and_level(watched: Watched) -> None:
    events = told(watched)
    watched.shield.take_state(LIVE)
    watched.shield.take_standing([OVERLAY])
    assert events == [], "nothing is shown, so there is nothing to tell"
    for level in ("open", "guarded", "guarded", "sealed", "guarded"):
        watched.shield.set_level(level)
    assert events == [("preloaded_library", "guarded", False), ("preloaded_library", "sealed", True)]
    watched.shield.set_viewer("viewer")
    watched.shield.set_level("guarded")
    assert len(events) == 3


def test_sealed_pictures_do_not_open_beside_foreign_code(watched: Watched) -> None:
    watched.shield.take_state(LIVE)
    watched.shield.take_standing([OVERLAY])
    watched.shield.set_level("guarded")
    assert not watched.up()
    watched.shield.set_level("sealed")
    assert watched.up()
    first, second = sentence(watched.reasons[-1], None)
    assert first.startswith("<b>overlay.so</b> was loaded into this program before its own parts at")
    assert second.endswith("Start the program again without it to see the picture.")
    watched.shield.set_level("guarded")
    assert not watched.up()


def test_the_machines_own_preload_is_told_and_hides_nothing(watched: Watched) -> None:
    events = told(watched)
    watched.shield.take_state(LIVE)
    watched.shield.set_level("sealed")
    watched.shield.take_standing([OVERLAY._replace(confidence=0.3)])
    assert events == [("preloaded_library", "sealed", False)]
    assert not watched.up()


@pytest.mark.parametrize(("level", "wanted"), [("guarded", ["lock"]), ("sealed", ["end"]), ("marked", [])])
def test_a_kiosk_that_is_debugged_is_locked_or_ended(level: str, wanted: list[str], watched: Watched) -> None:
    asked: list[str] = []
    watched.shield.lock_wanted.connect(lambda: asked.append("lock"))
    watched.shield.end_wanted.connect(lambda: asked.append("end"))
    watched.shield.set_viewer("kiosk")
    watched.shield.take_state(LIVE)
    watched.shield.set_level(level)
    watched.shield.take_standing([GDB])
    assert asked == wanted


@pytest.mark.parametrize(("level", "locked"), [("guarded", True), ("sealed", False)])
def test_the_program_of_a_kiosk_that_is_debugged_closes(
    level: str, locked: bool, start: Start, data_dir: Path
) -> None:
    add_people(data_dir)
    used = start()
    used.signed_in("kiosk")
    guarding = used.rooms.guarding
    guarding.set_level(level)
    guarding._take_found("test", (GDB,))
    used.until(lambda: used.program.window.page is used.rooms.entry)
    assert used.rooms.entry.sign_in.name.line.isReadOnly() == locked, "who was locked out is asked for again"


def test_without_a_sentinel_its_own_tripwires_count_alone() -> None:
    wires = (TripwireState("reads", live=True), TripwireState("tracers", live=True, apart=True))
    assert LIVE._replace(tripwires=wires).live_tripwires == 2
    assert BLIND._replace(tripwires=wires).live_tripwires == 1


@pytest.fixture
def window(qapp: QApplication) -> Iterator[QWidget]:
    made = QWidget()
    made.resize(400, 300)
    row = QHBoxLayout(made)
    row.setContentsMargins(30, 20, 10, 0)
    for _ in range(2):
        row.addWidget(QLabel("picture"))
    yield made
    made.close()
    made.deleteLater()


def test_regions_follow_their_widgets(window: QWidget, qtbot: QtBot) -> None:
    told: list[list[Region]] = []
    regions = ProtectedRegions(lambda now: told.append(list(now)))
    first, second = window.findChildren(QLabel)
    for widget in (first, second):
        regions.add(widget)
    regions.set_level("guarded")
    window.show()
    qtbot.waitUntil(lambda: len(told[-1]) == 2)
    region = told[-1][0]
    assert region.window == int(window.winId())
    assert region.level == "guarded"
    assert (region.rect.x, region.rect.y) == (30, 20)
    assert (region.rect.width, region.rect.height) == (first.width(), first.height())
    window.resize(700, 500)
    qtbot.waitUntil(lambda: bool(told[-1]) and told[-1][0].rect.width > region.rect.width)
    second.hide()
    qtbot.waitUntil(lambda: len(told[-1]) == 1)
    regions.set_level("sealed")
    assert told[-1][0].level == "sealed"
    number = len(told)
    regions.update()
    assert len(told) == number, "the same is not told twice"
    regions.set_level("open")
    assert told[-1] == []
    regions.deleteLater()


def test_evidence_is_small_and_shows_what_was_shown(window: QWidget) -> None:
    window.setStyleSheet("background: #a03020")
    assert evidence_of(window) is None, "what is not shown is no evidence"
    window.resize(1600, 1000)
    window.show()
    evidence = evidence_of(window)
    assert evidence is not None
    assert len(evidence) <= 64 * 1024
    with Image.open(io.BytesIO(evidence)) as picture:
        assert picture.size == (320, 200)
        red, green, blue = picture.convert("RGB").getpixel((5, 5))  # type: ignore[misc]  # three channels
        assert abs(red - 0xA0) + abs(green - 0x30) + abs(blue - 0x20) < 24


class Records(Gallery):
    """The server's side of reports: what it says is what a test wants it to say."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.taken: list[dict[str, object]] = []

    async def report_violation(self, report: dict[str, object]) -> None:
        self.asked.append(str(report["id"]))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(report)


def away() -> ServerOutage:
    return ServerOutage("storage_away", "The storage is away.", "Wait.", status=503)


def test_reports_arrive_in_order_and_once_though_the_server_is_away(
    background: Background, qtbot: QtBot
) -> None:
    records = Records(None, away())
    reports = ViolationReports(records, background)
    response = answer("get_image", "guarded", "viewer")
    for name in ("one", "two", "three"):
        reports.add(capture(name=name), response, "picture", lambda: b"jpeg")
    qtbot.waitUntil(lambda: len(records.taken) == 3, timeout=20_000)
    assert [report["culprit"]["name"] for report in records.taken] == ["one", "two", "three"]  # type: ignore[index]  # a dictionary
    assert records.asked[1] == records.asked[2], "a repeated report keeps its id"
    assert reports.waiting == 0
    first = records.taken[0]
    assert first["hidden"] is True
    assert first["region"] == [0, 0, 1920, 1080]
    assert base64.b64decode(str(first["evidence"])) == b"jpeg"
    reports.deleteLater()


def test_a_report_that_is_refused_does_not_hold_up_the_others(background: Background, qtbot: QtBot) -> None:
    refusal = ServerRejection("evidence_not_accepted", "It is no JPEG.", "Send a JPEG.", status=422)
    records = Records(refusal)
    reports = ViolationReports(records, background)
    response = answer("get_image", "marked", "viewer")
    for name in ("one", "two"):
        reports.add(capture(level="marked", name=name), response, None, lambda: None)
    qtbot.waitUntil(lambda: len(records.taken) == 1)
    assert records.taken[0]["evidence"] is None
    assert records.taken[0]["hidden"] is False
    reports.deleteLater()


def test_a_recorder_is_reported_at_once_and_then_summed_up(background: Background, qtbot: QtBot) -> None:
    records = Records()
    now = [100.0]
    reports = ViolationReports(records, background, lambda: now[0])
    response = answer("get_image", "guarded", "viewer")
    attempt = uuid.uuid4().hex
    taken: list[str] = []

    def evidence() -> bytes:
        taken.append("taken")
        return b"jpeg"

    for reads in (1, 40, 80):
        reports.add(capture(attempt=attempt, reads=reads), response, "picture", evidence)
        now[0] += 0.5
    qtbot.waitUntil(lambda: len(records.taken) == 1)
    assert records.taken[0]["id"] == str(uuid.UUID(attempt))
    assert taken == ["taken"]
    now[0] += OVER_AFTER
    qtbot.waitUntil(lambda: len(records.taken) == 2)
    further = records.taken[1]
    assert further["count"] == 79
    assert further["evidence"] is None
    assert further["id"] != records.taken[0]["id"]
    reports.deleteLater()


def test_what_is_left_goes_with_the_session_it_belongs_to(background: Background, qtbot: QtBot) -> None:
    records = Records(away())
    reports = ViolationReports(records, background)
    response = answer("get_image", "guarded", "viewer")
    attempt = uuid.uuid4().hex
    for reads in (1, 9):
        reports.add(capture(attempt=attempt, reads=reads), response, None, lambda: None)
    qtbot.waitUntil(lambda: len(records.asked) == 1)
    left = reports.withdraw()
    assert [report["count"] for report in left] == [1, 8]
    assert reports.waiting == 0
    assert asyncio.run(deliver_last(records, left)) == 0
    assert records.taken == left
    assert asyncio.run(deliver_last(Records(away()), left)) == 2
    reports.deleteLater()


def test_a_recorder_that_never_stops_is_reported_every_minute() -> None:
    attempts = Attempts()
    response = answer("get_image", "guarded", "viewer")
    attempt = uuid.uuid4().hex
    assert attempts.begins(capture(attempt=attempt), response, None, 0.0)
    sums = []
    for second in range(1, 200):
        assert not attempts.begins(capture(attempt=attempt, reads=1 + second), response, None, float(second))
        sums += [entry.reads for entry in attempts.due(float(second))]
    assert len(sums) == 3
    assert sum(sums) + 1 == 181
    assert [entry.reads for entry in attempts.due(200.0 + OVER_AFTER)] == [19]
    assert len(attempts) == 0
