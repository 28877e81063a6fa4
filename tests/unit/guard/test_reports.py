"""Reports: the first read at once, the rest gathered, each with the right name."""

from __future__ import annotations

import json

from desktop.guard.events import Culprit, Rect, capture_from_json, capture_to_json
from desktop.guard.sentinel.reports import BURST_GAP_S, GATHER_S, MAP_PATIENCE_S, NAME_PATIENCE_S, Reports
from desktop.guard.sentinel.sightings import Sighting

SPY = 0x800000
SCROT, MAIM = Culprit(7, "scrot", "/usr/bin/scrot"), Culprit(8, "maim", "/usr/bin/maim")
READ = Sighting("get_image", SPY, "guarded", Rect(1, 2, 3, 4), 1.0)


def test_a_report_waits_for_the_shield_and_the_name() -> None:
    reports = Reports()
    reports.add(READ, 10.0, wants_shield=True, shielded=False)
    assert reports.take(lambda _: None, 10.001) == []
    reports.shield_mapped(10.002)
    assert reports.take(lambda _: None, 10.003) == []
    (event,) = reports.take(lambda _: SCROT, 10.004)
    assert event.culprit == SCROT
    assert event.shield_ms == 2.0
    assert not reports.waiting()
    assert capture_from_json(json.loads(json.dumps(capture_to_json(event)))) == event


def test_it_waits_for_neither_for_ever() -> None:
    reports = Reports()
    reports.add(READ, 10.0, wants_shield=True, shielded=False)
    assert reports.take(lambda _: None, 10.0 + NAME_PATIENCE_S + 0.01) == []
    (event,) = reports.take(lambda _: None, 10.0 + MAP_PATIENCE_S + 0.01)
    assert event.culprit == Culprit()
    assert event.shield_ms is None


def test_further_reads_are_gathered_under_one_id() -> None:
    reports, events = Reports(), []
    for step in range(100):
        now = 10.0 + step / 50
        reports.add(READ, now, wants_shield=True, shielded=True)
        events += reports.take(lambda _: SCROT, now)
    assert len(events) <= 2 / GATHER_S + 1
    assert len({event.id for event in events}) == 1
    assert [event.reads for event in events] == sorted({event.reads for event in events})
    events += reports.take(lambda _: SCROT, 12.0 + GATHER_S)
    reports.add(READ, 12.0 + BURST_GAP_S + 1, wants_shield=True, shielded=True)
    (later,) = reports.take(lambda _: SCROT, 12.0 + BURST_GAP_S + 1)
    assert later.id != events[0].id
    assert later.reads == 1


def test_the_next_client_with_the_number_is_another_program() -> None:
    reports = Reports()
    reports.add(READ, 10.0, wants_shield=False, shielded=False)
    reports.settle(SPY, SCROT)
    reports.add(READ, 10.01, wants_shield=False, shielded=False)
    events = reports.take(lambda _: MAIM, 10.02)
    assert [event.culprit for event in events] == [SCROT, MAIM]
    assert events[0].id != events[1].id


def test_a_connection_does_not_hide_the_read_after_it() -> None:
    reports = Reports()
    reports.add(READ._replace(kind="client_started"), 10.0, wants_shield=False, shielded=False)
    reports.add(READ, 10.001, wants_shield=False, shielded=False)
    assert {event.kind for event in reports.take(lambda _: SCROT, 10.002)} == {"client_started", "get_image"}
