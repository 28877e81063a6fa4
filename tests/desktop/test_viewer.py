"""The viewer goes through its list, has neighbours ready, edits for curators, and hides everything."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.actions import ACTIONS
from desktop.canvas import viewport
from desktop.canvas.loading import exact_key
from desktop.canvas.shield_page import ShieldReason
from desktop.client.models import Account
from desktop.look.appearance import Appearance
from desktop.viewer.page import ViewerPage
from desktop.viewer.side_panel import SidePanel
from tests.support.rooms import Rooms, near, pixels, rooms
from tests.support.shelf import Shelf, make_picture

MAGENTA = (255, 0, 255)
REASON = ShieldReason("scrot", 4127, datetime(2026, 11, 22, 9, 14, 7), 4)  # noqa: DTZ001  # it is local wall-clock time


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    """Build what the viewer needs, with twenty pictures."""
    with rooms(look, Shelf([make_picture(number) for number in range(20)])) as built:
        built.mark()
        yield built


@pytest.fixture
def page(around: Rooms, qtbot: QtBot) -> Iterator[ViewerPage]:
    """Show the viewer with the fourth picture open, for an admin."""
    made = ViewerPage(
        around.look, around.shelf, around.background, around.pictures, around.thumbnails, around.overlay
    )
    qtbot.addWidget(made)
    made.resize(1300, 850)
    made.begin(Account("a1", "anna", "admin"), "7KQ4-M2XD-9F")
    made.show()
    qtbot.waitExposed(made)
    made.show_list(around.shelf.pictures)
    made.open("p000003")
    at_rest(qtbot, around)
    yield made
    made.close_picture()


def at_rest(qtbot: QtBot, around: Rooms) -> None:
    qtbot.waitUntil(lambda: around.pictures.waiting == 0 and around.thumbnails.waiting == 0)


def opened(page: ViewerPage) -> str:
    assert page.picture is not None
    return page.picture.id


def words(page: ViewerPage) -> set[str]:
    return {label.text() for label in page.findChildren(QLabel) if label.isVisible()}


def test_the_place_in_the_list_and_the_level_are_shown(page: ViewerPage) -> None:
    assert {"Picture 3.jpg", "4 of 20"} <= words(page)
    assert page.top._pill.accessibleName() == "Guarded"


def test_next_and_previous_stop_at_the_ends(page: ViewerPage) -> None:
    handlers = page.handlers()
    handlers["picture.first"]()
    handlers["picture.previous"]()
    assert opened(page) == "p000000"
    handlers["picture.next"]()
    assert opened(page) == "p000001"
    handlers["picture.last"]()
    handlers["picture.next"]()
    assert opened(page) == "p000019"


def test_the_neighbours_are_fetched_before_they_are_wanted(
    qtbot: QtBot, around: Rooms, page: ViewerPage
) -> None:
    fetched = {picture_id for picture_id, rendition, *_ in around.shelf.asked if rendition == "screen"}
    assert fetched == {"p000003", "p000004", "p000005", "p000002"}
    qtbot.waitUntil(lambda: ready(around, page, 4))
    page.step(1)
    assert near(pixels(page.canvas), MAGENTA) > 0


def ready(around: Rooms, page: ViewerPage, number: int) -> bool:
    picture, canvas = around.shelf.pictures[number], page.canvas
    view = viewport.opened(
        canvas.width(), canvas.height(), canvas.devicePixelRatioF(), picture.width, picture.height
    )
    return around.pictures.cache.get(exact_key(picture.id, view)) is not None


def test_every_handler_is_an_action_of_the_table(page: ViewerPage) -> None:
    assert page.handlers().keys() <= {action.id for action in ACTIONS}


def test_the_information_comes_from_the_server(qtbot: QtBot, page: ViewerPage) -> None:
    qtbot.waitUntil(lambda: "1600 × 1000 · 1.6 MP" in words(page))
    assert any("7KQ4-M2XD-9F" in text for text in words(page))
    assert page.information.histogram.isVisible()


def test_stars_reach_the_server_and_come_back(qtbot: QtBot, around: Rooms, page: ViewerPage) -> None:
    with qtbot.waitSignal(page.picture_updated):
        page.handlers()["rate.4"]()
    assert around.shelf.changes == [("p000003", {"rating": 4})]
    assert page.picture is not None
    assert page.picture.rating == 4
    assert page.information._stars.accessibleName() == "4 of 5 stars"


def test_a_tag_is_added_by_typing_it(qtbot: QtBot, around: Rooms, page: ViewerPage) -> None:
    qtbot.waitUntil(page.information.tags.isVisible)
    page.handlers()["tag.edit"]()
    field = page.information.tags.findChild(QLineEdit)
    assert field is not None
    QTest.keyClicks(field, "  winter   light ")
    with qtbot.waitSignal(page.picture_updated):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert around.shelf.changes == [("p000003", {"tags": ["ridge", "winter light"]})]


def test_a_title_is_changed_by_typing_it(qtbot: QtBot, around: Rooms, page: ViewerPage) -> None:
    page.handlers()["title.edit"]()
    field = page.top.findChild(QLineEdit)
    assert field is not None
    field.clear()
    QTest.keyClicks(field, "The ridge")
    with qtbot.waitSignal(page.picture_updated):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert around.shelf.changes == [("p000003", {"title": "The ridge"})]
    assert "The ridge" in words(page)


@pytest.mark.parametrize("action", ["rate.5", "flag.pick", "favourite.toggle", "tag.edit", "title.edit"])
def test_a_viewer_is_told_who_may_change_pictures(
    qtbot: QtBot, around: Rooms, page: ViewerPage, action: str
) -> None:
    page.begin(Account("v1", "client-12", "viewer"), "7KQ4-M2XD-9F")
    page.handlers()[action]()
    assert around.shelf.changes == []
    assert "An admin or a manager" in page._toast.accessibleName()
    assert page._toast.isVisible()


def test_under_the_shield_nothing_of_any_picture_is_left(
    qtbot: QtBot, around: Rooms, page: ViewerPage
) -> None:
    page.compare()
    at_rest(qtbot, around)
    assert near(pixels(page), MAGENTA) > 0
    page.set_shielded(REASON)
    assert near(pixels(page), MAGENTA) == 0
    assert page.top._pill.accessibleName() == "Capture attempt"
    assert any("scrot" in text and "4127" in text for text in words(page))
    assert page.shown_level() == ""
    page.set_shielded(replace(REASON, brief=True))
    assert page.top._pill.accessibleName() == "Hidden", "a precaution accuses nobody"
    page.set_shielded(None)
    qtbot.waitUntil(lambda: near(pixels(page), MAGENTA) > 0)
    assert page.shown_level() == "guarded"


def test_compared_pictures_move_together(qtbot: QtBot, around: Rooms, page: ViewerPage) -> None:
    page.compare()
    at_rest(qtbot, around)
    page.canvas.full_size()
    mine, other = page.canvas.view, page.stage.other.view
    assert mine is not None
    assert other is not None
    assert other.zoom == pytest.approx(mine.zoom)
    assert page.stage.canvas.pan(1, 0)
    assert page.canvas.view is not None
    assert page.stage.other.view is not None
    assert page.stage.other.view.x == pytest.approx(page.canvas.view.x)
    page.handlers()["go.back"]()
    assert not page.stage.comparing


def test_back_leaves_slideshow_then_page(qtbot: QtBot, page: ViewerPage) -> None:
    page.slideshow.play()
    page.handlers()["go.back"]()
    assert not page.slideshow.playing
    with qtbot.waitSignal(page.back_requested):
        page.handlers()["go.back"]()


def test_a_picture_that_leaves_the_list_makes_way_for_its_neighbour(
    qtbot: QtBot, around: Rooms, page: ViewerPage
) -> None:
    page.show_list([picture for picture in around.shelf.pictures if picture.id != "p000003"])
    assert opened(page) == "p000004"
    assert "no longer in this list" in page._toast.accessibleName()


def test_an_emptied_list_leads_back(qtbot: QtBot, page: ViewerPage) -> None:
    with qtbot.waitSignal(page.back_requested):
        page.show_list([])
    assert page.picture is None


def test_the_panel_beside_the_grid_asks_only_while_it_is_seen(qtbot: QtBot, around: Rooms) -> None:
    panel = SidePanel(around.look, around.shelf, around.background)
    qtbot.addWidget(panel)
    panel.begin(Account("a1", "anna", "admin"), "7KQ4-M2XD-9F")
    panel.show_picture(around.shelf.pictures[2])
    assert panel._load._task is None
    panel.show()
    qtbot.waitUntil(panel.tags.isVisible)
    with qtbot.waitSignal(panel.picture_updated):
        panel.rated.emit(5)
    assert around.shelf.changes == [("p000002", {"rating": 5})]
    panel.begin(Account("v1", "client-12", "viewer"), "7KQ4-M2XD-9F")
    panel.rated.emit(1)
    assert len(around.shelf.changes) == 1
    assert panel._toast.isVisible()
    assert panel._toast.width() <= panel.width()
    panel.end()


def test_every_control_has_a_name(page: ViewerPage) -> None:
    for kind in (QAbstractButton, QLineEdit):
        for control in page.findChildren(kind):
            assert control.accessibleName(), control
