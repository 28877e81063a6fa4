"""The grid fetches only what is in view, stays put while pictures come and go, and obeys the keyboard."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QSlider
from pytestqt.qtbot import QtBot

from desktop.client.errors import unreachable
from desktop.gallery.page import LibraryPage
from desktop.gallery.sidebar import OtherPage
from desktop.look.appearance import Appearance
from tests.support.rooms import Rooms, near, pixels, rooms
from tests.support.shelf import NEWEST, Shelf, make_picture

MAGENTA = (255, 0, 255)
MANY = 10_000


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    """Build what the library page needs, with forty pictures."""
    with rooms(look, Shelf([make_picture(number) for number in range(40)])) as built:
        built.mark()
        yield built


@pytest.fixture
def page(around: Rooms, qtbot: QtBot) -> Iterator[LibraryPage]:
    """Show the library page, nothing fetched yet."""
    pages = [OtherPage("settings", "settings", "Settings")]
    made = LibraryPage(around.look, around.shelf, around.background, around.thumbnails, around.overlay, pages)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.end()


def loaded(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    page.begin()
    qtbot.waitUntil(
        lambda: page.model.state.value == "ready" and around.thumbnails.waiting == 0, timeout=15_000
    )


def test_of_ten_thousand_pictures_only_those_in_view_are_fetched(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    around.shelf.pictures = [make_picture(number) for number in range(MANY)]
    loaded(qtbot, around, page)
    assert len(page.model.pictures) == MANY
    fetched = {picture_id for picture_id, *_ in around.shelf.asked}
    assert 8 <= len(fetched) <= 60


def test_thumbnails_scrolled_away_are_given_up(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    around.shelf.pictures = [make_picture(number) for number in range(1000)]
    around.shelf.open.clear()
    page.begin()
    qtbot.waitUntil(lambda: page.model.state.value == "ready" and len(around.shelf.asked) >= 6)
    under_way = {picture_id for picture_id, *_ in around.shelf.asked} - set(around.shelf.given_up)
    page.grid.verticalScrollBar().setValue(page.grid.verticalScrollBar().maximum())
    qtbot.waitUntil(lambda: under_way <= set(around.shelf.given_up))
    around.background.call_soon(around.shelf.open.set)
    qtbot.waitUntil(lambda: around.thumbnails.waiting == 0)
    assert around.shelf.pictures[-1].id in {picture_id for picture_id, *_ in around.shelf.asked}


def test_a_new_picture_appears_in_its_place_and_nothing_jumps(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    loaded(qtbot, around, page)
    bar = page.grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    seen = page.grid._visible()[0]
    picture = page.model.pictures[seen]
    before = page.grid._layout.cell(seen).moved(0, -bar.value())
    fresh = replace(
        make_picture(900), sort_at=NEWEST + timedelta(hours=1), added_at=NEWEST + timedelta(days=1)
    )
    around.shelf.pictures.append(fresh)
    page.on_event("picture_ready", {"id": fresh.id})
    qtbot.waitUntil(lambda: page.model.index_of(fresh.id) == 0)
    index = page.model.index_of(picture.id)
    assert index == seen + 1
    after = page.grid._layout.cell(index).moved(0, -bar.value())
    assert after.y == before.y


def test_a_removed_picture_goes_and_a_changed_one_follows(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    loaded(qtbot, around, page)
    gone, changed = page.model.pictures[3], page.model.pictures[5]
    page.on_event("picture_removed", {"id": gone.id})
    assert page.model.index_of(gone.id) is None
    around.shelf.pictures = [replace(p, rating=4) if p.id == changed.id else p for p in around.shelf.pictures]
    page.on_event("picture_changed", {"id": changed.id})
    qtbot.waitUntil(lambda: page.model.pictures[page.model.index_of(changed.id) or 0].rating == 4)


def test_the_keyboard_moves_the_selection_and_opens_it(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    loaded(qtbot, around, page)
    grid = page.grid
    QTest.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current == page.model.pictures[0]
    QTest.keyClick(grid, Qt.Key.Key_Right)
    assert grid.current == page.model.pictures[1]
    QTest.keyClick(grid, Qt.Key.Key_Down)
    below = page.model.pictures.index(grid.current)
    assert below > 1
    QTest.keyClick(grid, Qt.Key.Key_End)
    assert grid.current == page.model.pictures[-1]
    assert len(page.model.pictures) - 1 in grid._visible()
    QTest.keyClick(grid, Qt.Key.Key_PageUp)
    assert page.model.pictures.index(grid.current) < len(page.model.pictures) - 1
    QTest.keyClick(grid, Qt.Key.Key_Home)
    with qtbot.waitSignal(page.open_requested) as opened:
        QTest.keyClick(grid, Qt.Key.Key_Return)
    assert opened.args == [page.model.pictures[0].id]


def test_a_month_is_one_click_away(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    around.shelf.pictures = [make_picture(number) for number in range(400)]
    loaded(qtbot, around, page)
    oldest = page.model.groups()[-1].key
    page.rail.month_chosen.emit(oldest)
    section = page.grid._layout.sections[-1]
    bar = page.grid.verticalScrollBar()
    assert bar.value() == min(section.top, bar.maximum())


def test_under_the_shield_no_thumbnail_is_painted(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    loaded(qtbot, around, page)
    assert near(pixels(page), MAGENTA) > 100_000
    page.grid.set_shielded(True)
    assert near(pixels(page), MAGENTA) == 0
    page.grid.set_shielded(False)
    assert near(pixels(page), MAGENTA) > 100_000


def test_without_a_mark_no_protected_thumbnail_is_painted(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    around.overlay.end()
    loaded(qtbot, around, page)
    assert near(pixels(page), MAGENTA) == 0


def test_searching_asks_the_server_and_an_empty_answer_is_explained(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    loaded(qtbot, around, page)
    QTest.keyClicks(page.tools.field, "picture 7")
    qtbot.waitUntil(lambda: [p.name for p in page.model.pictures] == ["Picture 7.jpg"])
    QTest.keyClicks(page.tools.field, "zzz")
    qtbot.waitUntil(page._notice.isVisible)
    qtbot.waitUntil(lambda: "Nothing found" in page._notice.accessibleName())
    QTest.keyClick(page.tools.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(page.model.pictures) == 40)


def test_stars_filter_what_is_there(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    around.shelf.pictures[2] = replace(around.shelf.pictures[2], rating=3)
    loaded(qtbot, around, page)
    page.tools._choose(3)
    assert [picture.rating for picture in page.model.pictures] == [3]
    page.tools._choose(0)
    assert len(page.model.pictures) == 40


def test_an_empty_library_says_where_to_put_pictures(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    around.shelf.pictures = []
    page.begin()
    qtbot.waitUntil(lambda: "/pictures" in page._notice.accessibleName())


def test_an_absent_server_is_said_and_its_return_fills_the_grid(
    qtbot: QtBot, around: Rooms, page: LibraryPage
) -> None:
    around.shelf.failure = unreachable("connection refused")
    page.begin()
    qtbot.waitUntil(lambda: "restarted by itself" in page._notice.accessibleName())
    around.shelf.failure = None
    page.server_came_back()
    qtbot.waitUntil(lambda: len(page.model.pictures) == 40)
    assert not page._notice.isVisible()


def test_thumbnails_follow_the_slider_in_size(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    loaded(qtbot, around, page)
    few = len(page.grid._visible())
    page.tools.thumbnail_size.setValue(page.tools.thumbnail_size.minimum())
    assert len(page.grid._visible()) > few


def test_every_control_has_a_name(qtbot: QtBot, around: Rooms, page: LibraryPage) -> None:
    for kind in (QAbstractButton, QLineEdit, QSlider):
        for control in page.findChildren(kind):
            assert control.accessibleName(), control
