"""Errors of the desktop on their way to the server: bounded, scrubbed, once at most."""

import asyncio
import json
import logging
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.background import Background
from desktop.client.api import Gallery
from desktop.client.errors import Failure, ServerOutage, ServerRejection
from desktop.shell.bug_reports import BugReports
from desktop.shell.error_reports import (
    BATCH,
    KEPT,
    MESSAGE,
    PAUSE_S,
    TOGETHER,
    TRACEBACK,
    ErrorReports,
    deliver_errors,
    error_lines,
)
from tests.desktop.conftest import NewPerson
from tests.support.people import add_people
from tests.support.used import PATIENCE_MS, Start


class Log(Gallery):
    """The server's side: what it says is what a test wants it to say."""

    def __init__(self, *answers: Failure | None) -> None:
        self.answers = list(answers)
        self.asked: list[list[dict[str, Any]]] = []

    async def report_errors(self, version: str, entries: Sequence[dict[str, Any]]) -> None:
        self.asked.append(list(entries))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    @property
    def messages(self) -> list[str]:
        return [entry["message"] for batch in self.asked for entry in batch]


class Told:
    """Reports, with a clock and a server that a test moves."""

    def __init__(self, log: Log, background: Background) -> None:
        self.now = 100.0
        self.there = True
        self.secrets: list[str] = []
        self.log = log
        self.reports = ErrorReports(
            log,
            background,
            server_there=lambda: self.there,
            secrets=lambda: self.secrets,
            clock=lambda: self.now,
        )
        self.reports._timer.setInterval(5)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def told(log: Log, background: Background) -> Iterator[Told]:
    made = Told(log, background)
    yield made
    made.reports.withdraw()
    made.reports.deleteLater()


def test_nothing_is_sent_before_somebody_has_signed_in(told: Told, qtbot: QtBot) -> None:
    told.reports.add("error", "asyncio", "one")
    qtbot.wait(50)
    assert told.log.asked == []
    told.reports.begin()
    qtbot.waitUntil(lambda: told.log.messages == ["one"], timeout=PATIENCE_MS)
    (entry,) = told.log.asked[0]
    assert (entry["level"], entry["logger"], entry["traceback"]) == ("error", "asyncio", None)
    assert entry["context"]["system"] == sys.platform
    assert told.reports.waiting == 0


def test_many_go_in_batches_and_the_oldest_make_room(told: Told, qtbot: QtBot) -> None:
    told.there = False
    told.reports.begin()
    for number in range(KEPT + 7):
        told.reports.add("error", "x", str(number))
    qtbot.wait(50)
    assert told.log.asked == []
    assert (told.reports.waiting, told.reports.dropped) == (KEPT, 7)
    told.there = True
    qtbot.waitUntil(lambda: len(told.log.messages) == KEPT, timeout=PATIENCE_MS)
    assert told.log.messages == [str(number) for number in range(7, KEPT + 7)]
    assert [len(batch) for batch in told.log.asked] == [BATCH] * (KEPT // BATCH)
    assert told.log.asked[0][0]["context"]["dropped_before"] == 7


@pytest.mark.parametrize(
    ("failure", "pause"),
    [
        (ServerOutage("client_log_unwritable", "The disk is full.", "Free some.", status=503), PAUSE_S),
        (ServerRejection("too_many", "Too many.", "Wait.", status=429, facts={"retry_after": 7}), 7.0),
    ],
)
def test_what_fails_is_not_sent_again_and_the_next_waits(
    failure: Failure, pause: float, told: Told, qtbot: QtBot
) -> None:
    told.log.answers = [failure]
    told.reports.begin()
    told.reports.add("error", "x", "lost")
    qtbot.waitUntil(lambda: told.log.messages == ["lost"], timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: told.reports._task is None, timeout=PATIENCE_MS)
    told.reports.add("error", "x", "next")
    told.now += pause - 0.1
    qtbot.wait(50)
    assert told.log.messages == ["lost"]
    told.now += 0.2
    qtbot.waitUntil(lambda: told.log.messages == ["lost", "next"], timeout=PATIENCE_MS)


def test_everything_is_bounded_and_scrubbed(told: Told) -> None:
    secret, other = secrets.token_urlsafe(32), "s" * 43
    told.secrets = [other]
    told.reports.begin()
    text = f"{secret} {other} /home/annabell \ud800 anna@example.org "
    told.reports.add("error", "x" * 1000, text * 1000, text * 4000)
    (entry,) = told.reports.withdraw()
    assert len(entry["logger"]) <= 128
    assert len(entry["message"]) <= MESSAGE
    assert len(entry["traceback"]) <= TRACEBACK
    sent = json.dumps(entry, ensure_ascii=False).encode().decode()
    for word in (secret, other, "annabell", "example.org"):
        assert word not in sent


def test_a_batch_is_bounded_as_a_whole(told: Told, qtbot: QtBot) -> None:
    told.reports.begin()
    for number in range(10):
        told.reports.add("error", "x", str(number), "word " * TRACEBACK)
    qtbot.waitUntil(lambda: len(told.log.messages) == 10, timeout=PATIENCE_MS)
    assert told.log.messages == [str(number) for number in range(10)]
    for batch in told.log.asked:
        assert sum(len(entry["traceback"]) for entry in batch) <= TOGETHER


def test_the_newest_go_with_the_session(told: Told) -> None:
    told.there = False
    told.reports.begin()
    for number in range(BATCH + 5):
        told.reports.add("error", "x", str(number))
    batch = told.reports.withdraw()
    assert [entry["message"] for entry in batch] == [str(number) for number in range(5, BATCH + 5)]
    assert told.reports.waiting == 0
    asyncio.run(deliver_errors(told.log, batch))
    assert told.log.asked == [batch]
    told.log.answers = [ServerOutage("away", "Away.", "Wait.", status=503)]
    asyncio.run(deliver_errors(told.log, batch))
    assert told.reports.withdraw() == [], "nobody is signed in"


def test_error_lines_and_bugs_of_any_thread_are_told(
    told: Told, qapp: QApplication, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    told.reports.begin()
    log = logging.getLogger("some.library")

    def work() -> None:
        try:
            raise KeyError("in a thread")
        except KeyError:
            log.exception("it failed with %s", "token=abc")
        log.warning("no error")

    with error_lines(told.reports):
        thread = threading.Thread(target=work, name="worker")
        thread.start()
        thread.join()
    log.error("nobody listens any more")
    bugs = BugReports(tmp_path / "logs" / "desktop.log", qapp)
    bugs.on_bug = told.reports.add_bug
    with bugs:
        try:
            raise ValueError("a bug")
        except ValueError as problem:
            sys.excepthook(ValueError, problem, problem.__traceback__)
    line, bug = told.reports.withdraw()
    assert (line["logger"], line["message"]) == ("some.library", "it failed with token=[redacted]")
    assert line["traceback"].endswith("KeyError: 'in a thread'\n")
    assert line["context"]["thread"] == "worker"
    assert (bug["level"], bug["logger"], bug["message"]) == ("critical", "bug", "ValueError: a bug")
    assert bugs.seen == 1
    assert "ValueError: a bug" in capfd.readouterr().err


def lines_of(data: Path) -> list[dict[str, Any]]:
    path = data / "logs" / "client.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_program_reports_to_its_server(start: Start, data_dir: Path, qtbot: QtBot) -> None:
    add_people(data_dir)
    used = start()
    used.signed_in("viewer")
    errors = used.rooms.errors
    errors._timer.setInterval(10)
    with error_lines(errors):
        logging.getLogger("asyncio").error("a callback failed")
    used.until(lambda: len(lines_of(data_dir)) == 1)
    (line,) = lines_of(data_dir)
    assert (line["event"], line["logger"], line["role"]) == ("a callback failed", "asyncio", "viewer")
    errors._timer.setInterval(60_000)
    errors.add("critical", "bug", "at the end")
    used.program.sign_out()
    used.until(lambda: len(lines_of(data_dir)) == 2)
    used.signed_in("manager")
    errors.add_bug(ValueError("it ends now"), "a traceback")
    used.program.stop()
    assert lines_of(data_dir)[-1]["event"] == "ValueError: it ends now"


def test_the_server_takes_what_the_desktop_sends(new_person: NewPerson, own_server: Any, told: Told) -> None:
    person = new_person(own_server)
    person.ask(person.gallery.sign_in("kiosk", "seven wet geese in a row"))
    told.reports.begin()
    for number in range(BATCH):
        told.reports.add("warning", "x" * 500, f"{number} \x1b \ud800" * 2000, "é\n" * 20_000)
        person.ask(deliver_errors(person.gallery, told.reports.withdraw()))
        told.reports.begin()
    assert len(lines_of(own_server.data)) == BATCH
