"""The whole from its parts: what makes it unhealthy, and that a change is told once."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select, text

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.database.tables import events
from local_server.health.checks import (
    DatabaseCheck,
    DirectoryCheck,
    NotConfigured,
    QueueCheck,
    QueueCounts,
    StorageCheck,
    WatcherCheck,
    WatcherFacts,
    WorkerCheck,
    WorkerFacts,
)
from local_server.health.models import PartState, Status
from local_server.health.service import STARTING_SECONDS, Health
from tests.support.waiting import until

NOW = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
GIB = 1 << 30


class Switch:
    """A part that is as it is told to be."""

    def __init__(self, name: str, *, vital: bool) -> None:
        self.name = name
        self.vital = vital
        self.state = PartState(Status.HEALTHY)

    def check(self) -> PartState:
        return self.state


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    data = DataDirectory(tmp_path / "data")
    data.prepare()
    opened = open_catalogue(data)
    yield opened
    opened.close()


class Ticks:
    """A clock of which every look is two seconds later."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 2.0
        return self.now


@pytest.mark.parametrize(
    ("vital", "other", "whole"),
    [
        (Status.HEALTHY, Status.HEALTHY, Status.HEALTHY),
        (Status.HEALTHY, Status.NOT_CONFIGURED, Status.HEALTHY),
        (Status.HEALTHY, Status.DEGRADED, Status.DEGRADED),
        (Status.HEALTHY, Status.UNHEALTHY, Status.DEGRADED),
        (Status.DEGRADED, Status.HEALTHY, Status.DEGRADED),
        (Status.UNHEALTHY, Status.HEALTHY, Status.UNHEALTHY),
        (Status.UNHEALTHY, Status.UNHEALTHY, Status.UNHEALTHY),
    ],
)
def test_only_a_vital_part_makes_the_whole_unhealthy(
    database: Database, vital: Status, other: Status, whole: Status
) -> None:
    first, second = Switch("database", vital=True), Switch("worker", vital=False)
    first.state, second.state = PartState(vital, reason="it is so"), PartState(other, reason="it is so too")
    report = Health([first, second], database, lambda: NOW, Ticks()).report()
    assert report.status is whole
    assert report.reasons == (("database: it is so",) if vital is Status.UNHEALTHY else ())


def announced(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        rows = connection.execute(select(events.c.data).where(events.c.kind == "service_state"))
        return list(rows.scalars())


def test_a_change_is_logged_and_announced_once(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    part = Switch("worker", vital=False)
    health = Health([part], database, lambda: NOW, Ticks())
    caplog.set_level(logging.INFO)
    states = [
        PartState(Status.HEALTHY),
        PartState(Status.DEGRADED, reason="it crashed"),
        PartState(Status.DEGRADED, reason="it crashed"),
        PartState(Status.HEALTHY),
        PartState(Status.HEALTHY),
    ]
    for part.state in states:
        health.tell_changes(health.report())
    assert announced(database) == [
        {"service": "worker", "status": "degraded", "reason": "it crashed"},
        {"service": "worker", "status": "healthy", "reason": None},
    ]


@pytest.mark.parametrize("vital", [True, False])
def test_a_part_that_is_ill_from_the_start_is_told_of(database: Database, vital: bool) -> None:
    part, clock = Switch("watcher", vital=vital), Ticks()
    part.state = PartState(Status.DEGRADED, reason="the folder is gone")
    health = Health([part], database, lambda: NOW, clock)
    health.tell_changes(health.report())
    assert len(announced(database)) == (1 if vital else 0)
    clock.now += STARTING_SECONDS
    health.tell_changes(health.report())
    assert [event["status"] for event in announced(database)] == ["degraded"]


def test_a_part_that_only_takes_its_time_to_start_is_no_news(database: Database) -> None:
    part, clock = Switch("worker", vital=False), Ticks()
    health = Health([part], database, lambda: NOW, clock)
    for status in (Status.DEGRADED, Status.DEGRADED, Status.HEALTHY):
        part.state = PartState(status, reason="it is starting")
        health.tell_changes(health.report())
        clock.now -= 5.0
    assert announced(database) == []


def test_a_report_is_looked_up_again_where_nobody_watches(database: Database) -> None:
    part, moments = Switch("worker", vital=False), iter([0.0, 0.0, 0.5, 6.0, 6.0])
    health = Health([part], database, lambda: NOW, lambda: next(moments))
    assert health.report().status is Status.HEALTHY
    part.state = PartState(Status.DEGRADED)
    assert health.report().status is Status.HEALTHY
    assert health.report().status is Status.DEGRADED


class Hanging:
    """A part that does not answer until it is let go, and counts who asks."""

    name = "minio"
    vital = False

    def __init__(self) -> None:
        self.asked = 0
        self.go = Event()

    def check(self) -> PartState:
        self.asked += 1
        self.go.wait(60)
        return PartState(Status.HEALTHY)


def test_a_part_that_hangs_holds_nobody_up_and_is_asked_once(database: Database) -> None:
    hanging, well = Hanging(), Switch("worker", vital=False)
    health = Health([hanging, well], database, lambda: NOW, lambda: 0.0, deadline=0.05)
    for _ in range(3):
        parts = health.look().parts
        assert parts["minio"] == PartState(Status.UNHEALTHY, reason="does not answer")
        assert parts["worker"].status is Status.HEALTHY
    assert hanging.asked == 1
    hanging.go.set()
    until(lambda: health.look().parts["minio"].status is Status.HEALTHY, "the part to be well again")


def test_a_vital_part_that_hangs_is_a_reason(database: Database) -> None:
    hanging = Hanging()
    hanging.vital = True
    report = Health([hanging], database, lambda: NOW, lambda: 0.0, deadline=0.05).report()
    assert (report.status, report.reasons) == (Status.UNHEALTHY, ("minio: does not answer",))
    hanging.go.set()


def test_while_parts_are_watched_nobody_waits_for_them(database: Database) -> None:
    hanging = Hanging()
    health = Health([hanging], database, lambda: NOW, lambda: 0.0, deadline=0.05)
    first = health.report()
    assert all(health.report() is first for _ in range(3))
    hanging.go.set()


def test_a_check_with_a_bug_costs_its_part_alone(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Hanging):
        def check(self) -> PartState:
            raise ZeroDivisionError

    report = Health([Broken(), Switch("worker", vital=False)], database, lambda: NOW, Ticks()).report()
    assert report.parts["minio"].reason == "its check failed: ZeroDivisionError"
    assert report.parts["worker"].status is Status.HEALTHY


@pytest.mark.parametrize(
    ("free", "status"),
    [(40 * GIB, Status.HEALTHY), (GIB - 1, Status.DEGRADED), (1 << 20, Status.UNHEALTHY)],
)
def test_storage_tells_of_the_space_that_is_left(tmp_path: Path, free: int, status: Status) -> None:
    state = StorageCheck(tmp_path, lambda folder: free).check()
    assert state.status is status
    assert state.facts["free_bytes"] == free
    assert list(tmp_path.iterdir()) == []


def test_storage_that_is_no_folder_any_more_is_unhealthy(tmp_path: Path) -> None:
    place = tmp_path / "blobs"
    place.write_bytes(b"")
    state = StorageCheck(place).check()
    assert state.status is Status.UNHEALTHY
    assert state.reason is not None


def test_a_catalogue_that_was_overwritten_is_unhealthy(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    path.write_bytes(b"this is not a database, but long enough to be taken for one. " * 20)
    database = Database(path)
    state = DatabaseCheck(database, Ticks()).check()
    database.close()
    assert state.status is Status.UNHEALTHY


def test_a_catalogue_that_was_removed_is_unhealthy(database: Database) -> None:
    check = DatabaseCheck(database, Ticks())
    assert check.check().status is Status.HEALTHY
    assert database.path is not None
    database.path.unlink()
    assert check.check().reason == "catalogue.db has been removed"


def test_a_catalogue_of_another_revision_is_unhealthy(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    state = DatabaseCheck(database, Ticks()).check()
    assert state.status is Status.UNHEALTHY
    assert state.reason is not None
    assert "revision 0001" in state.reason


@pytest.mark.parametrize(("free", "status"), [(40 * GIB, Status.HEALTHY), (1 << 20, Status.UNHEALTHY)])
def test_the_data_directory_tells_of_the_space_for_it(tmp_path: Path, free: int, status: Status) -> None:
    state = DirectoryCheck(DataDirectory(tmp_path), lambda folder: free).check()
    assert (state.status, state.facts) == (status, {"free_bytes": free})
    assert list(tmp_path.iterdir()) == []


def test_a_data_directory_that_is_gone_is_unhealthy(tmp_path: Path) -> None:
    state = DirectoryCheck(DataDirectory(tmp_path / "gone")).check()
    assert state.status is Status.UNHEALTHY


def test_the_other_parts_tell_what_they_are_told() -> None:
    queue = QueueCheck(lambda: QueueCounts(3, 1, 40, 2)).check()
    assert queue.facts == {"waiting": 3, "active": 1, "completed": 40, "failed": 2, "total": 46}
    worker = WorkerCheck(lambda: WorkerFacts(running=False, pid=None, restarts=2)).check()
    assert (worker.status, worker.facts) == (Status.DEGRADED, {"pid": None, "restarts": 2})
    watching = WatcherFacts("/pictures", watching=True, kind="inotify", seconds_behind=0.04)
    assert WatcherCheck(lambda: watching).check().facts == {"kind": "inotify", "seconds_behind": 0.0}
    nothing = WatcherFacts(None, watching=False, kind=None, seconds_behind=0.0)
    assert WatcherCheck(lambda: nothing).check().status is Status.NOT_CONFIGURED
    assert NotConfigured("redis").check().status is Status.NOT_CONFIGURED


def test_what_lies_before_a_bucket_is_called_so(tmp_path: Path) -> None:
    assert "bucket" in StorageCheck(tmp_path, bucket=True).check().facts["kind"]
