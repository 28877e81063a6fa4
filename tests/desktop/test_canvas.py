"""The canvas paints protected pictures with their mark or not at all, and hides them on demand."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import Canvas
from desktop.canvas.loading import Ahead, exact_key
from desktop.canvas.shield_page import ShieldReason
from desktop.canvas.tiles import tiles_in_view
from desktop.canvas.viewport import opened
from desktop.client.errors import unreachable
from desktop.look.appearance import Appearance
from tests.support.rooms import TILE, Rooms, image_pixels, near, pixels, rooms, tile_png
from tests.support.shelf import Shelf, make_picture

MAGENTA = (255, 0, 255)
NONE = Qt.KeyboardModifier.NoModifier
REASON = ShieldReason("scrot", 4127, datetime(2026, 11, 22, 9, 14, 7), 4)  # noqa: DTZ001  # it is local wall-clock time


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    """Build what a canvas needs; the first picture is guarded, the second open, the third large."""
    pictures = [make_picture(0), make_picture(1, level="open"), make_picture(2, size=(12000, 9000))]
    with rooms(look, Shelf(pictures)) as built:
        yield built


@pytest.fixture
def canvas(around: Rooms, qtbot: QtBot) -> Iterator[Canvas]:
    """Show an empty canvas."""
    made = Canvas(around.look, around.pictures, around.thumbnails, around.overlay)
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.show_picture(None)


def open_picture(qtbot: QtBot, around: Rooms, canvas: Canvas, number: int) -> None:
    canvas.show_picture(around.shelf.pictures[number])
    qtbot.waitUntil(lambda: around.pictures.waiting == 0 and settled(around, canvas))


def settled(around: Rooms, canvas: Canvas) -> bool:
    view, picture = canvas.view, canvas.picture
    assert view is not None
    assert picture is not None
    return around.pictures.cache.get(exact_key(picture.id, view)) is not None


def test_nothing_protected_is_painted_before_the_mark_is_known(
    qtbot: QtBot, around: Rooms, canvas: Canvas
) -> None:
    open_picture(qtbot, around, canvas, 0)
    assert near(pixels(canvas), MAGENTA) == 0
    around.mark()
    assert near(pixels(canvas), MAGENTA) > 300_000


def test_an_open_picture_is_painted_as_it_is(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 1)
    assert near(pixels(canvas), MAGENTA, distance=6) == 800 * 500


def test_the_invisible_tile_lies_on_device_pixels_at_scale_one(
    qtbot: QtBot, around: Rooms, canvas: Canvas
) -> None:
    """A screenshot of a flat picture repeats with the tile's period wherever no words are."""
    around.mark()
    for zoom in (None, 1.0, 3.7):
        open_picture(qtbot, around, canvas, 0)
        if zoom is not None and canvas.view is not None:
            canvas.set_view(canvas.view.at_zoom(zoom))
        flat = pixels(canvas)[60:540, 10:790].astype(int)
        shifted = flat[TILE:, TILE:]
        alike = (flat[:-TILE, :-TILE] == shifted).all(axis=2)
        assert alike.mean() > 0.6  # the words are elsewhere in the next period; between them all is equal
        assert 0.5 < flat[..., 1].std() < 30  # and it is no flat colour


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0, 3.0])
def test_the_tile_is_painted_unscaled_at_every_pixel_ratio(around: Rooms, ratio: float) -> None:
    """Where no words are, painting over mid grey gives exactly what blending the tile itself gives."""
    around.mark()
    image = QImage(900, 700, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(128, 128, 128))
    painter = QPainter(image)
    painter.translate(7.3, 5.9)  # a widget's corner that falls between device pixels
    around.overlay.paint(painter, QRectF(0, 0, 880 / ratio, 680 / ratio))
    painter.end()
    painted = image_pixels(image)[..., 0].astype(int)
    tile = QImage.fromData(tile_png()).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    flat = QImage(TILE, TILE, QImage.Format.Format_RGB32)
    flat.fill(QColor(128, 128, 128))
    painter = QPainter(flat)
    painter.drawImage(0, 0, tile)
    painter.end()
    wanted = image_pixels(flat)[..., 0].astype(int)
    left, top = round(7.3 * ratio), round(5.9 * ratio)
    area = painted[top : top + 640, left : left + 768]
    alike = area == np.tile(wanted, (5, 6))
    assert alike.mean() > 0.6


def test_the_words_of_the_mark_are_over_the_picture_at_every_zoom(
    qtbot: QtBot, around: Rooms, canvas: Canvas
) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 0)
    for zoom in (0.5, 1.0, 4.0, 16.0):
        assert canvas.view is not None
        canvas.set_view(canvas.view.at_zoom(zoom))
        shown = pixels(canvas)[60:540]
        words = shown[..., 1] > 30  # the picture has no green: what is green is the light of the words
        for top in (0, 240):
            for left in (0, 400):
                assert words[top : top + 240, left : left + 400].sum() > 200


def test_the_mark_is_readable_on_white_and_on_black(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    for colour in ((255, 255, 255), (0, 0, 0)):
        around.shelf.colour = colour
        around.shelf._made.clear()
        around.pictures.forget()
        open_picture(qtbot, around, canvas, 0)
        luma = pixels(canvas)[60:540].mean(axis=2)
        assert np.abs(luma - colour[0]).max() > 25


def test_the_shield_leaves_no_pixel_of_the_picture(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 0)
    assert near(pixels(canvas), MAGENTA) > 0
    canvas.set_shielded(REASON)
    assert near(pixels(canvas), MAGENTA) == 0
    canvas.show_picture(around.shelf.pictures[1])  # going on under the shield shows nothing either
    assert near(pixels(canvas), MAGENTA) == 0
    canvas.set_shielded(None)
    qtbot.waitUntil(lambda: near(pixels(canvas), MAGENTA) > 0)


def test_the_wheel_zooms_at_the_cursor(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 0)
    before = canvas.view
    assert before is not None
    at = QPointF(200, 300)  # at half height no gap has to be closed while the picture outgrows the view
    for _ in range(12):
        turn(canvas, at, 120)
    after = canvas.view
    assert after is not None
    assert after.zoom > before.zoom * 5
    assert after.to_picture(200, 300) == pytest.approx(before.to_picture(200, 300), abs=1.0)


def test_a_double_click_goes_to_full_size_and_back(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 2)
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, NONE, QPoint(300, 300))
    assert canvas.view is not None
    assert canvas.view.zoom == 1.0
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, NONE, QPoint(10, 10))
    assert canvas.view.fitting


def test_dragging_pans(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 2)
    canvas.full_size()
    before = canvas.view
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, NONE, QPoint(400, 300))
    QTest.mouseMove(canvas, QPoint(340, 330))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, NONE, QPoint(340, 330))
    assert before is not None
    assert canvas.view is not None
    assert (canvas.view.x - before.x, canvas.view.y - before.y) == (60, -30)


def test_only_tiles_in_view_are_asked_for_and_those_left_behind_are_given_up(
    qtbot: QtBot, around: Rooms, canvas: Canvas
) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 2)
    around.shelf.open.clear()
    canvas.full_size()
    assert canvas.view is not None
    needed = tiles_in_view(canvas.view)
    qtbot.waitUntil(lambda: len(tiles_asked(around)) == min(6, len(needed)))
    assert set(tiles_asked(around)) <= set(needed)
    canvas.fit()
    qtbot.waitUntil(lambda: len(around.shelf.given_up) == min(6, len(needed)))
    assert around.pictures.waiting == 0
    around.background.call_soon(around.shelf.open.set)


def test_a_failure_says_what_to_do_and_trying_again_works(
    qtbot: QtBot, around: Rooms, canvas: Canvas
) -> None:
    around.mark()
    around.shelf.view_failure = unreachable("connection refused")
    canvas.show_picture(around.shelf.pictures[0])
    qtbot.waitUntil(canvas._notice.isVisible)
    assert "restarted by itself" in canvas._notice.accessibleName()
    around.shelf.view_failure = None
    canvas._notice.acted.emit()
    qtbot.waitUntil(lambda: near(pixels(canvas), MAGENTA) > 0)
    assert not canvas._notice.isVisible()


def test_a_prepared_neighbour_is_painted_in_its_first_frame(
    qtbot: QtBot, around: Rooms, canvas: Canvas
) -> None:
    around.mark()
    ahead = Ahead(around.pictures, canvas)
    nearby = around.shelf.pictures[0]
    ahead.prepare([nearby], canvas.width(), canvas.height(), canvas.devicePixelRatioF())
    view = opened(canvas.width(), canvas.height(), canvas.devicePixelRatioF(), nearby.width, nearby.height)
    qtbot.waitUntil(lambda: around.pictures.cache.get(exact_key(nearby.id, view)) is not None)
    asked = len(around.shelf.asked)
    canvas.show_picture(nearby)
    assert near(pixels(canvas), MAGENTA) > 0  # no event loop has run in between
    assert len(around.shelf.asked) == asked


def test_forgetting_empties_memory_and_drops_requests(qtbot: QtBot, around: Rooms, canvas: Canvas) -> None:
    around.mark()
    open_picture(qtbot, around, canvas, 0)
    around.pictures.forget()
    assert around.pictures.cache.used == 0
    assert near(pixels(canvas), MAGENTA) == 0


def turn(canvas: Canvas, at: QPointF, angle: int) -> None:
    event = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def tiles_asked(around: Rooms) -> list[tuple[int | None, int | None]]:
    return [(column, row) for _, rendition, column, row in around.shelf.asked if rendition == "tile"]
