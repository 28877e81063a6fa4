"""What is painted over pictures is read back from the screen by the server's reader, at every pixel ratio."""

import io
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.gallery.grid import Grid
from desktop.gallery.library_model import LibraryModel
from desktop.look.appearance import Appearance
from desktop.viewer.filmstrip import Filmstrip
from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from local_server.marks.read import read
from tests.bench.photographs import Photographs
from tests.support.rooms import Rooms, image_pixels, rooms

CODEC = Codec(bytes(range(32)))
MARK = MarkId(4_217)


@pytest.fixture
def around(look: Appearance) -> Iterator[Rooms]:
    """Build what shows pictures: photographs without any mark, and the session's own tile."""
    with rooms(look, Photographs(24)) as built:
        built.overlay.begin("client-12", MARK.text, overlay_png(CODEC.tile(Layer.OVERLAY, MARK.payload)))
        yield built


def screenshot(widget: QWidget, ratio: float) -> NDArray[np.uint8]:
    """Paint a widget as a screen of this pixel ratio shows it, saved as JPEG 75."""
    image = QImage(round(widget.width() * ratio), round(widget.height() * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    widget.render(image)
    packed = io.BytesIO()
    Image.fromarray(image_pixels(image)).save(packed, "JPEG", quality=75)
    return np.asarray(Image.open(packed).convert("RGB"))


def marks(pixels: NDArray[np.uint8]) -> set[MarkId]:
    return {reading.mark for reading in read(pixels, CODEC) if reading.layer is Layer.OVERLAY}


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_a_grid_of_thumbnails(qtbot: QtBot, around: Rooms, ratio: float) -> None:
    """All of them together, scrolled to wherever it is: the tile runs through from one to the next."""
    model = LibraryModel(around.shelf, around.background)
    grid = Grid(around.look, model, around.thumbnails, around.overlay)
    qtbot.addWidget(grid)
    grid.resize(900, 700)
    grid.show()
    model.reload()
    qtbot.waitUntil(lambda: model.state.value == "ready" and around.thumbnails.waiting == 0, timeout=30_000)
    grid.verticalScrollBar().setValue(137)
    qtbot.waitUntil(lambda: around.thumbnails.waiting == 0, timeout=30_000)
    shown = screenshot(grid.viewport(), ratio)
    assert marks(shown) == {MARK}
    height, width = shown.shape[:2]
    assert marks(shown[height // 2 :, : width // 2]) == {MARK}


def test_a_picture_under_its_words(around: Rooms) -> None:
    image = QImage(1100, 700, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    ground = Photographs(1)._photograph(0).convert("RGBA").resize((1100, 700))
    painter.drawImage(0, 0, QImage(ground.tobytes(), 1100, 700, QImage.Format.Format_RGBA8888))
    around.overlay.paint(painter, QRectF(0, 0, 1100, 700))
    painter.end()
    assert marks(image_pixels(image)[200:550, 300:850]) == {MARK}


def test_a_filmstrip_of_a_fine_screen(qtbot: QtBot, around: Rooms) -> None:
    strip = Filmstrip(around.look, around.thumbnails, around.overlay)
    qtbot.addWidget(strip)
    strip.resize(1400, 84)
    strip.show()
    strip.show_pictures(around.shelf.pictures, 5)
    qtbot.waitUntil(lambda: around.thumbnails.waiting == 0, timeout=30_000)
    assert marks(screenshot(strip, 2.0)) == {MARK}
