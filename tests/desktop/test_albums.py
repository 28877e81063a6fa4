"""The albums of the sidebar: shown and chosen by everybody, made, filled and deleted by who curates."""

from collections.abc import Iterator
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel
from pytestqt.qtbot import QtBot

from desktop.client.albums import Album
from desktop.client.errors import ServerRejection
from desktop.client.models import Account
from desktop.gallery.album_dialogs import ChooseAlbum, DeleteAlbum, EditAlbum
from desktop.gallery.album_list import albums_shown
from desktop.gallery.nav_row import NavRow
from desktop.gallery.page import LibraryPage
from desktop.look.appearance import Appearance
from tests.support.rooms import Rooms, rooms
from tests.support.shelf import Shelf, make_picture

MANAGER, VIEWER = Account("m", "anna", "manager"), Account("v", "client-12", "viewer")
D = TypeVar("D", bound=QDialog)


def album(name: str, level: str, *, parent: str | None = None, depth: int = 0) -> Album:
    return Album(name, parent, depth, name, level, level, True, 0)


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    shelf = Shelf([make_picture(number) for number in range(12)])
    shelf.albums.tree = [
        album("Client proofs", "sealed"),
        album("Drafts", "guarded", parent="Client proofs", depth=1),
        album("Family", "open"),
    ]
    shelf.albums.inside = {"Client proofs": {"p000001", "p000002"}, "Drafts": set(), "Family": {"p000003"}}
    with rooms(look, shelf) as built:
        built.mark()
        yield built


@pytest.fixture
def page(around: Rooms, qtbot: QtBot) -> Iterator[LibraryPage]:
    made = LibraryPage(around.look, around.shelf, around.background, around.thumbnails, around.overlay, [])
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.end()


def begun(qtbot: QtBot, page: LibraryPage, account: Account) -> None:
    page.albums.begin(account)
    page.begin()
    qtbot.waitUntil(lambda: page.model.state.value == "ready" and bool(rows(page)), timeout=15_000)


def rows(page: LibraryPage) -> list[NavRow]:
    return [row for row in page.sidebar.albums.findChildren(NavRow) if row.property("album")]


def row(page: LibraryPage, name: str) -> NavRow:
    return next(one for one in rows(page) if one.text() == name)


def dialog(qtbot: QtBot, page: LibraryPage, kind: type[D]) -> D:
    qtbot.waitUntil(lambda: bool(page.findChildren(kind)))
    return page.findChildren(kind)[-1]


def shown(page: LibraryPage) -> list[str]:
    return [picture.id for picture in page.model.pictures]


def test_albums_are_listed_and_one_that_is_chosen_is_shown(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    begun(qtbot, page, VIEWER)
    assert [(one.text(), one._icon) for one in rows(page)] == [
        ("Client proofs", "lock"),
        ("Family", "book-marked"),
    ]
    assert row(page, "Client proofs").accessibleName() == "Client proofs, 2"
    QTest.mouseClick(row(page, "Client proofs"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown(page) == ["p000001", "p000002"])
    assert row(page, "Client proofs").isChecked()
    assert "Drafts" in [one.text() for one in rows(page)], "the tree opens along the chosen album"
    page.sidebar.choose("all")
    qtbot.waitUntil(lambda: len(shown(page)) == 12)
    assert not row(page, "Client proofs").isChecked()


def test_an_album_that_is_gone_is_left(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    begun(qtbot, page, VIEWER)
    QTest.mouseClick(row(page, "Family"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown(page) == ["p000003"])
    around.shelf.albums.tree = around.shelf.albums.tree[:2]
    page.on_event("grants_changed", {"account_id": "v"})
    qtbot.waitUntil(lambda: len(shown(page)) == 12, timeout=15_000)
    assert [one.text() for one in rows(page)] == ["Client proofs"]


def test_who_only_looks_is_told_so(qtbot: QtBot, page: LibraryPage) -> None:
    begun(qtbot, page, VIEWER)
    assert page.sidebar.albums._new.isHidden()
    for action in ("album.new", "album.add", "album.remove", "album.delete"):
        with qtbot.waitSignal(page.albums.said) as said:
            page.handlers()[action]()
        assert "look at albums" in said.args[0]
    assert not page.findChildren(QDialog)


def test_an_album_is_made_and_a_refusal_keeps_what_was_typed(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    begun(qtbot, page, MANAGER)
    QTest.mouseClick(page.sidebar.albums._new, Qt.MouseButton.LeftButton)
    asked = dialog(qtbot, page, EditAlbum)
    assert not asked.do.isEnabled()
    asked.name.setText("Museum loans")
    asked.level.setCurrentIndex(asked.level.findData("guarded"))
    around.shelf.albums.failure = ServerRejection(
        "album_name_taken", "There is an album of that name here", "Choose another name.", status=409
    )
    asked.do.click()
    qtbot.waitUntil(asked.do.isEnabled)
    assert any("of that name" in one.text() for one in asked.findChildren(QLabel))
    assert asked.name.text() == "Museum loans"
    around.shelf.albums.failure = None
    asked.do.click()
    qtbot.waitUntil(lambda: "Museum loans" in [one.text() for one in rows(page)])
    assert row(page, "Museum loans")._icon == "lock"


def test_an_album_is_renamed_and_deleted(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    begun(qtbot, page, MANAGER)
    QTest.mouseClick(row(page, "Family"), Qt.MouseButton.LeftButton)
    page.handlers()["album.edit"]()
    asked = dialog(qtbot, page, EditAlbum)
    assert (asked.name.text(), asked.level.currentData()) == ("Family", "open")
    assert [asked.place.itemData(n) for n in range(asked.place.count())] == [None, "Client proofs", "Drafts"]
    asked.name.setText("The family")
    asked.do.click()
    qtbot.waitUntil(lambda: "The family" in [one.text() for one in rows(page)])
    page.handlers()["album.delete"]()
    dialog(qtbot, page, DeleteAlbum).do.click()
    qtbot.waitUntil(lambda: [one.text() for one in rows(page)] == ["Client proofs"])
    qtbot.waitUntil(lambda: len(shown(page)) == 12)


def test_the_selected_picture_goes_into_an_album_and_out_of_it(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    begun(qtbot, page, MANAGER)
    page.grid.select("p000005")
    page.handlers()["album.add"]()
    asked = dialog(qtbot, page, ChooseAlbum)
    asked.album.setCurrentIndex(asked.album.findData("Family"))
    with qtbot.waitSignal(page.albums.said) as said:
        asked.do.click()
    assert said.args[0] == "Added to Family."
    assert around.shelf.albums.inside["Family"] == {"p000003", "p000005"}
    QTest.mouseClick(row(page, "Family"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown(page) == ["p000003", "p000005"])
    page.grid.select("p000003")
    with qtbot.waitSignal(page.albums.said):
        page.handlers()["album.remove"]()
    assert around.shelf.albums.inside["Family"] == {"p000005"}


def test_the_tree_is_open_along_the_chosen_album() -> None:
    tree = [
        album("a", "open"),
        album("aa", "open", parent="a", depth=1),
        album("aaa", "open", parent="aa", depth=2),
        album("ab", "open", parent="a", depth=1),
        album("b", "open"),
        album("ba", "open", parent="b", depth=1),
    ]
    assert [one.name for one in albums_shown(tree, None)] == ["a", "b"]
    assert [one.name for one in albums_shown(tree, "a")] == ["a", "aa", "ab", "b"]
    assert [one.name for one in albums_shown(tree, "aaa")] == ["a", "aa", "aaa", "ab", "b"]
    assert [one.name for one in albums_shown(tree, "gone")] == ["a", "b"]
