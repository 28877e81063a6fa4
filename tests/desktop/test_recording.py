"""What somebody does with pictures reaches the server, once each, and is shown to them."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.admin.own_records import OwnRecordsDialog
from desktop.client.models import Account
from desktop.look.appearance import Appearance
from desktop.server_process import Phase
from desktop.shell.interactions import Interactions
from desktop.viewer.page import ViewerPage
from local_server.accounts.models import Role
from tests.support.people import add_people
from tests.support.rooms import Rooms, rooms
from tests.support.shelf import Shelf, make_picture
from tests.support.used import Start, Used


def stored(data_dir: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as raw:
        return raw.execute(
            "SELECT sequence, kind FROM interactions ORDER BY recording_id, sequence"
        ).fetchall()


def did(used: Used, *kinds: str) -> None:
    for kind in kinds:
        item = {"time": datetime.now(UTC).isoformat(), "kind": kind, "visible": True}
        used.rooms.background.call_soon(used.rooms.recorder.add, item)


def test_what_was_done_is_stored_once_though_the_server_is_killed(start: Start, data_dir: Path) -> None:
    add_people(data_dir, ("viewer", Role.VIEWER))
    used = start()
    used.signed_in("viewer")
    did(used, "one", "two")
    used.until(lambda: stored(data_dir) == [(1, "one"), (2, "two")])
    used.until(lambda: used.rooms.recorder.waiting == 0)
    os.kill(used.pid(), signal.SIGKILL)
    did(used, "three", "four")
    used.until(lambda: [state.phase for state in used.states].count(Phase.READY) == 2)
    did(used, "five")
    used.until(lambda: len(stored(data_dir)) == 5)
    assert stored(data_dir) == [(1, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "five")]
    did(used, "six")
    used.program.sign_out()
    used.until(lambda: ended(data_dir) == [("ended", 6)])


def ended(data_dir: Path) -> list[Any]:
    with closing(sqlite3.connect(data_dir / "catalogue.db")) as raw:
        return raw.execute("SELECT end_reason, interactions FROM recordings").fetchall()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_everybody_can_look_at_what_is_recorded(start: Start, data_dir: Path, role: Role) -> None:
    add_people(data_dir, (role.value, role))
    used = start()
    used.signed_in(role.value)
    if role is Role.VIEWER:
        did(used, "opened")
        used.until(lambda: len(stored(data_dir)) == 1)
    used.program.pages.choose("settings")
    used.click(used.rooms.settings.own_records_button)
    dialog = used.program.window.findChild(OwnRecordsDialog)
    assert dialog is not None
    used.until(lambda: dialog.lines.rowCount() == (2 if role is Role.VIEWER else 1))
    lines = [str(dialog.lines.index(row, 0).data()) for row in range(dialog.lines.rowCount())]
    assert "Signed in on " in lines[-1]
    assert lines[-1].endswith("kept as long as the gallery")
    if role is Role.VIEWER:
        assert "Recorded what was done: 1 action" in lines[0]
        assert lines[0].endswith("deleted after it has ended")
    assert dialog.state.text() == f"{len(lines)} record{'s' if len(lines) > 1 else ''}."
    dialog.accept()


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    with rooms(look, Shelf([make_picture(number) for number in range(20)])) as built:
        built.mark()
        yield built


class Watched:
    """A viewer page, and what was told of it."""

    def __init__(self, around: Rooms, qtbot: QtBot) -> None:
        self.now = 100.0
        self.told: list[dict[str, Any]] = []
        self.page = ViewerPage(
            around.look, around.shelf, around.background, around.pictures, around.thumbnails, around.overlay
        )
        qtbot.addWidget(self.page)
        self.page.resize(1300, 850)
        self.page.begin(Account("a1", "anna", "admin"), "7KQ4-M2XD-9F")
        self.page.show()
        qtbot.waitExposed(self.page)
        self.interactions = Interactions(self.page, self.told.append, lambda: self.now)
        self.page.show_list(around.shelf.pictures)

    def kinds(self) -> list[str]:
        return [item["kind"] for item in self.told]


def test_looking_is_told_and_passing_over_is_not(around: Rooms, qtbot: QtBot) -> None:
    watched = Watched(around, qtbot)
    page = watched.page
    page.open("p000003")
    for _ in range(4):
        page.step(1)
        QApplication.processEvents()
    qtbot.waitUntil(lambda: bool(watched.told), timeout=10_000)
    assert [(item["kind"], item["picture_id"]) for item in watched.told] == [("opened", "p000007")]
    view = page.canvas.view
    assert view is not None
    page.canvas.set_view(view.zoomed(1.1))
    page.canvas.set_view(view.zoomed(3.0))
    qtbot.waitUntil(lambda: watched.kinds() == ["opened", "zoomed"], timeout=10_000)
    zoomed = watched.told[1]
    assert len(zoomed["region"]) == 4
    assert zoomed["context"]["percent"] == round(view.zoomed(3.0).zoom * 100)
    assert zoomed["visible"] is True
    watched.now += 12.5
    page.slideshow.play()
    page.close_picture()
    assert watched.kinds()[2:] == ["slideshow_started", "slideshow_stopped", "closed"]
    assert watched.told[-1]["context"] == {"seconds": 12.5}
    qtbot.waitUntil(lambda: around.pictures.waiting == 0 and around.thumbnails.waiting == 0)
