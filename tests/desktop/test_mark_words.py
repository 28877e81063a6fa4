"""What is really painted: words that stand out from any ground, and no quarter of a picture without them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from desktop.canvas.canvas import Canvas
from desktop.canvas.mark_overlay import STEP, STEP_SECONDS, MarkOverlay
from desktop.look.appearance import Appearance
from tests.support.rooms import MOMENT, Rooms, image_pixels, pixels, rooms, tile_png
from tests.support.shelf import Shelf, make_picture

MARK = "7KQ4-M2XD-9F"
Luma = NDArray[np.float64]


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    with rooms(look, Shelf([make_picture(0)])) as built:
        built.mark()
        yield built


def painted(overlay: MarkOverlay, size: tuple[int, int], ratio: float, ground: QColor) -> Luma:
    """Paint the mark over one colour, and return what it changed."""
    image = QImage(round(size[0] * ratio), round(size[1] * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(ground)
    painter = QPainter(image)
    overlay.paint(painter, QRectF(0, 0, *size))
    painter.end()
    return np.asarray(image_pixels(image).mean(axis=2), np.float64) - ground.value()


def written(overlay: MarkOverlay, size: tuple[int, int], ratio: float) -> Luma:
    """Return the mark id alone as it is written over an area of this size."""
    font = overlay._pattern(*size).style.font
    drawn, _ = overlay._drawn(font, overlay._made_stamps(font)[2], ratio)
    ground = QImage(drawn.size(), QImage.Format.Format_RGB32)
    ground.fill(QColor(128, 128, 128))
    painter = QPainter(ground)
    painter.drawImage(0, 0, drawn)
    painter.end()
    return np.asarray(image_pixels(ground).mean(axis=2), np.float64) - 128


def found(change: Luma, template: Luma) -> list[tuple[int, int]]:
    """Return the upper left corners of all places that look like the template."""
    size = change.shape[0] + template.shape[0], change.shape[1] + template.shape[1]
    # Its own pixels alone: others of the box may belong to the line above.
    ink = np.asarray(np.abs(template) > 4, np.float64)
    flat = (template - (template * ink).sum() / ink.sum()) * ink

    def along(one: Luma, other: Luma) -> Luma:
        spectrum = np.fft.rfft2(one, size) * np.conj(np.fft.rfft2(other, size))
        return np.asarray(np.fft.irfft2(spectrum, size))[: change.shape[0], : change.shape[1]]

    energy = along(change**2, ink) - along(change, ink) ** 2 / ink.sum()
    likeness = along(change, flat) / np.sqrt(np.maximum(energy, 1e-9) * (flat**2).sum())
    rows, columns = np.nonzero(likeness > 0.9)
    height, width = change.shape[0] - template.shape[0], change.shape[1] - template.shape[1]
    return [
        (int(top), int(left))
        for top, left in zip(rows, columns, strict=True)
        if top <= height and left <= width
    ]


def quarters(size: tuple[int, int]) -> Iterator[tuple[float, float, float, float]]:
    """Yield crops of a quarter of the area, of many shapes, all over: left, top, width, height."""
    for shape in (1 / 4, 0.35, 1 / 2, 0.7, 1.0):
        width, height = size[0] * shape, size[1] / (4 * shape)
        for across in np.linspace(0, size[0] - width, 9):
            for down in np.linspace(0, size[1] - height, 9):
                yield float(across), float(down), width, height


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((1100, 700), 1.0), ((1100, 700), 1.5), ((640, 860), 1.25), ((460, 320), 2.0), ((1900, 1000), 1.0)],
)
def test_every_quarter_shows_a_whole_id(around: Rooms, size: tuple[int, int], ratio: float) -> None:
    template = written(around.overlay, size, ratio)
    change = painted(around.overlay, size, ratio, QColor(128, 128, 128))
    places = found(change, template)
    high, wide = template.shape
    for left, top, width, height in quarters((change.shape[1], change.shape[0])):
        assert any(
            left <= x and top <= y and x + wide <= left + width and y + high <= top + height
            for y, x in places
        ), f"no whole id in {width:.0f} x {height:.0f} at {left:.0f}, {top:.0f}"


@pytest.mark.parametrize(("window", "zoom"), [((800, 600), None), ((800, 600), 0.9), ((1280, 720), 3.0)])
def test_so_does_the_canvas_at_any_zoom(
    qtbot: QtBot, around: Rooms, window: tuple[int, int], zoom: float | None
) -> None:
    canvas = Canvas(around.look, around.pictures, around.thumbnails, around.overlay)
    qtbot.addWidget(canvas)
    canvas.resize(*window)
    canvas.show()
    around.shelf.colour = (120, 120, 120)
    canvas.show_picture(around.shelf.pictures[0])
    assert canvas.view is not None
    if zoom is not None:
        canvas.set_view(canvas.view.at_zoom(zoom))
    qtbot.waitUntil(lambda: around.pictures.waiting == 0 and near_grey(pixels(canvas)))
    shown = QRectF(*canvas.view.box).intersected(QRectF(canvas.rect())).toAlignedRect()
    template = written(around.overlay, (shown.width(), shown.height()), 1.0)
    luma = np.asarray(pixels(canvas).mean(axis=2), np.float64)
    change = luma[shown.top() : shown.bottom() + 1, shown.left() : shown.right() + 1] - 120
    places, (high, wide) = found(change, template), template.shape
    for left, top, width, height in quarters((change.shape[1], change.shape[0])):
        assert any(
            left <= x and top <= y and x + wide <= left + width and y + high <= top + height
            for y, x in places
        )
    canvas.show_picture(None)


def near_grey(shown: NDArray[np.uint8]) -> bool:
    """Say whether the picture has been painted."""
    return abs(float(np.median(shown)) - 120) < 12


@pytest.mark.parametrize("grey", [0, 40, 128, 215, 255])
def test_words_stand_out_from_any_ground(around: Rooms, grey: int) -> None:
    """Letters, or the rim around them, differ from the ground by 18 levels of 255, from each other by 35."""
    size = (1100, 700)
    change = painted(around.overlay, size, 1.0, QColor(grey, grey, grey))
    template = written(around.overlay, size, 1.0)
    top, left = found(painted(around.overlay, size, 1.0, QColor(128, 128, 128)), template)[0]
    stamp = change[top : top + template.shape[0], left : left + template.shape[1]]
    letters, rim = stamp[template > 20].mean(), stamp[template < -15].mean()
    assert max(abs(letters), abs(rim)) > 18
    assert letters - rim > 35


def test_the_words_move_slowly_whatever_motion_is_wanted(look: Appearance, qtbot: QtBot) -> None:
    now = MOMENT
    overlay = MarkOverlay(look.fonts, lambda: now)
    overlay.begin("client-12", MARK, tile_png())
    ground = QColor(128, 128, 128)
    first = painted(overlay, (700, 500), 1.0, ground)

    def later(seconds: int) -> datetime:
        return MOMENT + timedelta(seconds=seconds)

    now = later(STEP_SECONDS - 1)
    overlay.advance()
    assert (painted(overlay, (700, 500), 1.0, ground) == first).all()
    now = later(2 * STEP_SECONDS)
    overlay.advance()
    moved = painted(overlay, (700, 500), 1.0, ground)
    # The invisible tile stays where it is; the words are 2 steps further right, 1 further down.
    words, shifted = first[:-STEP, : -2 * STEP] > 20, moved[STEP:, 2 * STEP :] > 20
    assert (words == shifted).mean() > 0.99
    assert words.sum() > 500
    overlay.end()
