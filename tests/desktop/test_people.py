"""The people page in the real window, fed by the real server: listed, added, changed, and let see albums."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLabel
from pytestqt.qtbot import QtBot

from desktop.admin.grant_dialog import GrantAlbum
from desktop.admin.people import PeoplePage
from desktop.admin.people_dialogs import Confirm, EditPerson, ShowCode
from desktop.admin.people_words import state_words, until_words
from desktop.background import Background, LiveEvents
from desktop.client.api import Gallery
from desktop.client.people import Person
from desktop.client.session import Session
from desktop.client.transport import Transport
from desktop.gallery.nav_row import NavRow
from desktop.look.appearance import Appearance
from local_server.accounts.models import Role
from tests.desktop.conftest import MACHINE, NewPerson, never, no_key_store
from tests.support.people import add_people
from tests.support.server import Server
from tests.support.used import Start, Used

T = TypeVar("T")
D = TypeVar("D", bound=QDialog)


def done(used: Used, work: Coroutine[Any, Any, T]) -> T:
    answers: list[T] = []
    used.rooms.background.run(work, answers.append, never, used.program.window)
    used.until(lambda: bool(answers))
    return answers[0]


def dialog(used: Used, kind: type[D]) -> D:
    page = used.rooms.people
    used.until(lambda: any(one.isVisible() for one in page.findChildren(kind)))
    return next(one for one in page.findChildren(kind) if one.isVisible())


def closed(used: Used) -> bool:
    return not any(one.isVisible() for one in used.rooms.people.findChildren(QDialog))


def names(page: PeoplePage) -> list[str]:
    return [person.name for person in page.table.people.shown]


def state(page: PeoplePage, name: str) -> str:
    row = names(page).index(name)
    return str(page.table.people.index(row, 5).data())


def words_of(widget: Any) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if not one.isHidden())


def select(used: Used, name: str) -> Person:
    page = used.rooms.people
    person = next(one for one in page.table.people.people if one.name == name)
    page.table.select(person.id)
    used.until(lambda: "Loading" not in words_of(page.side))
    return person


@pytest.fixture
def used(start: Start, data_dir: Path) -> Used:
    add_people(data_dir)
    made = start()
    made.signed_in("admin")
    rows = made.rooms.library.sidebar.findChildren(NavRow)
    made.click(next(row for row in rows if row.text() == "People"))
    made.until(lambda: len(names(made.rooms.people)) == len(Role))
    return made


def test_everybody_is_listed_and_found(used: Used) -> None:
    page = used.rooms.people
    assert names(page) == ["admin", "auditor", "kiosk", "manager", "viewer"]
    table = page.table.people
    row = [table.index(names(page).index("auditor"), column).data() for column in range(6)]
    assert row == ["auditor", "Auditor", "No pictures", "Never", "–", "Open"]
    assert str(table.index(0, 3).data()).startswith("Today, ")
    used.type(page.search, "kio")
    assert names(page) == ["kiosk"]
    used.type(page.search, "nobody of this name")
    assert page.notice.isVisible()
    page.search.clear()
    used.until(page.table.isVisible)
    assert len(names(page)) == len(Role)


def test_a_person_is_added_with_a_code_that_is_shown_once(used: Used) -> None:
    page = used.rooms.people
    used.click(page.add_button)
    asked = dialog(used, EditPerson)
    assert not asked.do.isEnabled()
    used.type(asked.name, "viewer")
    used.click(asked.do)
    used.until(asked.do.isEnabled)
    assert "name" in words_of(asked), "a name that is taken is refused, and what was typed stays"
    used.type(asked.name, "Client 12")
    used.click(asked.do)
    shown = dialog(used, ShowCode)
    code = shown.code.text()
    assert "shown only now" in words_of(shown)
    used.click(shown.copy)
    assert QGuiApplication.clipboard().text() == code
    shown.accept()
    used.until(lambda: "Client 12" in names(page))
    assert state(page, "Client 12") == "Must set a password"
    assert page.table.selected is not None
    assert (page.table.selected.name, page.table.selected.sees) == ("Client 12", "albums")
    session = done(used, used.rooms.session.redeem("Client 12", code))
    assert session.must_change_password


def test_a_person_is_changed_closed_and_opened_but_the_last_admin_is_kept(used: Used) -> None:
    page = used.rooms.people
    select(used, "viewer")
    used.click(page.side.person.change)
    asked = dialog(used, EditPerson)
    asked.sees.setCurrentIndex(asked.sees.findData("albums"))
    used.type(asked.email, "not an address")
    used.click(asked.do)
    used.until(asked.do.isEnabled)
    used.type(asked.email, "viewer@example.org")
    used.click(asked.do)
    used.until(lambda: page.table.selected is not None and page.table.selected.sees == "albums")
    assert page.table.selected is not None
    assert page.table.selected.email == "viewer@example.org"
    used.click(page.side.person.state)
    used.click(dialog(used, Confirm).do)
    used.until(lambda: state(page, "viewer") == "Closed")
    assert page.side.person.state.text() == "Open account…"
    used.click(page.side.person.state)
    used.click(dialog(used, Confirm).do)
    used.until(lambda: state(page, "viewer") == "Open")
    select(used, "admin")
    used.click(page.side.person.state)
    sure = dialog(used, Confirm)
    used.click(sure.do)
    used.until(sure.do.isEnabled)
    assert "last" in words_of(sure)
    sure.reject()
    used.until(lambda: closed(used))
    assert state(page, "admin") == "Open"


def test_what_a_person_sees_is_listed_granted_and_ended(used: Used) -> None:
    page, gallery = used.rooms.people, used.rooms.gallery
    person = select(used, "viewer")
    assert page.side.access.grant.isHidden(), "who sees the library needs no grant"
    assert "Every picture" in words_of(page.side.access)
    done(used, gallery.people.change(person.id, sees="albums"))
    page.refresh()
    used.until(lambda: "no album has been granted" in words_of(page.side.access))
    autumn = done(used, gallery.albums.create("Autumn", None, "guarded", True))
    done(used, gallery.albums.create("Drafts", autumn.id, None, True))
    used.click(page.side.access.grant)
    asked = dialog(used, GrantAlbum)
    asked.album.setCurrentIndex(asked.album.findData(autumn.id))
    used.click(asked.limited)
    used.type(asked.views, "0")
    used.click(asked.do)
    assert "no number of views" in words_of(asked)
    used.type(asked.views, "7")
    asked.until.setChecked(True)
    used.click(asked.do)
    used.until(lambda: "Drafts" in words_of(page.side.access))
    shown = words_of(page.side.access)
    assert "7 views left" in shown
    assert "through Autumn" in shown
    assert "until the end of" in shown
    ways = done(used, gallery.people.access(person.id)).items
    page.side.access.revoke_wanted.emit(ways[0])
    used.click(dialog(used, Confirm).do)
    used.until(lambda: "no album has been granted" in words_of(page.side.access))


def test_the_log_tells_of_codes_sessions_are_ended_and_a_lock_forgets_it_all(used: Used) -> None:
    page = used.rooms.people
    select(used, "viewer")
    used.click(page.side.person.code)
    used.click(dialog(used, Confirm).do)
    dialog(used, ShowCode).reject()
    used.until(lambda: "One-time code made, by admin" in words_of(page.side.log))
    used.click(page.side.person.sessions)
    used.click(dialog(used, Confirm).do)
    used.until(lambda: "signed out everywhere" in words_of(page.toast))
    assert page.side.person.factor.isHidden(), "there is no second factor to remove"
    page.desk.add()
    dialog(used, EditPerson)
    used.program.lock()
    used.until(lambda: closed(used))
    assert page.table.people.people == ()
    assert page.table.selected is None


def test_only_admins_come_here(start: Start, data_dir: Path) -> None:
    add_people(data_dir)
    used = start()
    used.signed_in("auditor")
    rows = {row.text(): row for row in used.rooms.library.sidebar.findChildren(NavRow)}
    assert not rows["People"].isVisible()
    used.program.pages.choose("people")
    assert used.rooms.frame.page is not used.rooms.people


@pytest.fixture
def own(own_server: Server, new_person: NewPerson) -> Callable[[str], Any]:
    """Return what signs somebody in at a server of this test."""

    def enter(name: str) -> Any:
        person = new_person(own_server)
        person.ask(person.gallery.sign_in(name, "seven wet geese in a row"))
        return person

    return enter


def test_the_client_lists_more_people_than_a_page_holds(own: Callable[[str], Any]) -> None:
    admin = own("admin")
    for number in range(6):
        admin.ask(admin.gallery.people.add(f"client {number}", "viewer", None, None))
    admin.gallery.people.page = 4
    listed = admin.ask(admin.gallery.people.all())
    assert [person.name for person in listed][:3] == ["admin", "auditor", "client 0"]
    assert len(listed) == 11


def test_a_grant_ends_when_it_was_said_to(own: Callable[[str], Any]) -> None:
    admin = own("admin")
    viewer = next(one for one in admin.ask(admin.gallery.people.all()) if one.name == "viewer")
    admin.ask(admin.gallery.people.change(viewer.id, sees="albums"))
    album = admin.ask(admin.gallery.albums.create("Autumn", None, None, True))
    end = datetime.now(UTC) + timedelta(days=3)
    admin.ask(admin.gallery.people.grant(album.id, viewer.id, end, None))
    (way,) = admin.ask(admin.gallery.people.access(viewer.id)).items
    assert way.expires_at is not None
    assert abs((way.expires_at - end).total_seconds()) < 1


def test_a_server_that_is_away_is_said_and_asked_again(
    look: Appearance, background: Background, qtbot: QtBot
) -> None:
    transport = Transport(None, patience=0.05)
    session = Session(transport, no_key_store(), MACHINE, clock=lambda: 0.0)
    page = PeoplePage(look, Gallery(transport, session), background, LiveEvents())
    qtbot.addWidget(page)
    page.show()
    assert "Loading" in page.notice.accessibleName()
    qtbot.waitUntil(lambda: "Loading" not in page.notice.accessibleName(), timeout=15_000)
    assert page.notice.isVisible()
    with qtbot.waitSignal(page.failed, timeout=15_000):
        page.notice.acted.emit()
        assert "Loading" in page.notice.accessibleName()


MIDDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
PERSON = Person(
    id="v",
    name="Client 12",
    role="viewer",
    sees="albums",
    email=None,
    created_at=MIDDAY,
    disabled_at=None,
    last_seen_at=None,
    second_factor=False,
    password_expires_at=None,
    must_change_password=False,
    locked_until=None,
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Open"),
        ({"must_change_password": True}, "Must set a password"),
        ({"password_expires_at": MIDDAY}, "Password is due"),
        ({"locked_until": MIDDAY - timedelta(seconds=1)}, "Open"),
        ({"locked_until": MIDDAY + timedelta(minutes=9), "must_change_password": True}, "Locked until "),
        ({"disabled_at": MIDDAY, "locked_until": MIDDAY + timedelta(minutes=9)}, "Closed"),
    ],
)
def test_what_keeps_somebody_out_is_said_first(changes: dict[str, Any], words: str) -> None:
    assert state_words(replace(PERSON, **changes), MIDDAY)[0].startswith(words)


def test_an_end_at_midnight_is_the_end_of_the_day_before() -> None:
    midnight = datetime(2026, 12, 26).astimezone()
    assert until_words(midnight) == "until the end of 25 Dec 2026"
    assert until_words(midnight + timedelta(hours=9)) == "until 26 Dec 2026, 09:00"
