"""A part of a picture that is too small to recognise is found where its mark says it must lie."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import embed
from local_server.marks.geometry import Geometry, apply
from local_server.marks.identity import MarkId
from local_server.marks.locate import Patch
from local_server.marks.read import Reading, read
from local_server.marks.spectrum import luma

SAMPLES: Final = sorted((Path(__file__).parents[3] / "resources" / "samples").glob("*.jpg"))[:2]
MARK: Final = MarkId(123456789012345)
ZOOM: Final = 2.74
BOX: Final = (740, 500, 1240, 830)

Grey = NDArray[np.float32]
Box = NDArray[np.float64]


def opened(path: Path, width: int) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB").resize((width, round(width * image.height / image.width)))


@pytest.fixture(scope="module")
def leak() -> tuple[Grey, Reading, Box]:
    """Return a part of a marked picture as a screen shows it enlarged, the mark in it, and where."""
    codec = Codec(b"l" * 32)
    marked = embed(np.asarray(opened(SAMPLES[0], 2304)), codec.tile(Layer.PIXELS, MARK.payload))
    part = Image.fromarray(marked).crop(BOX)
    size = (round(part.width * ZOOM), round(part.height * ZOOM))
    saved = io.BytesIO()
    part.resize(size, Image.Resampling.BICUBIC).save(saved, "JPEG", quality=75)
    pixels = np.asarray(Image.open(saved).convert("RGB"))
    (reading,) = read(pixels, codec, search=True)
    assert reading.mark == MARK
    height, width = pixels.shape[:2]
    return luma(pixels), reading, np.array([(0.0, 0.0), (width, height)])


def test_the_picture_lies_where_the_mark_says(leak: tuple[Grey, Reading, Box]) -> None:
    grey, reading, box = leak
    screen = luma(np.asarray(opened(SAMPLES[0], 1920)))
    located = Patch(grey, reading, box).on(screen, {1920, 2304})
    assert located is not None
    assert located.alike > 0.9
    corners = np.array([(0.0, 0.0), (grey.shape[1], grey.shape[0])])
    expected = np.array(BOX, np.float64).reshape(2, 2) * 1920 / 2304
    assert np.abs(apply(located.matrix, corners) - expected).max() < 3


def test_no_other_picture_lies_there(leak: tuple[Grey, Reading, Box]) -> None:
    other = luma(np.asarray(opened(SAMPLES[1], 1920)))
    assert Patch(*leak).on(other, {1920, 2304}) is None


def test_its_own_picture_explains_a_piece_of_a_screenshot(leak: tuple[Grey, Reading, Box]) -> None:
    """What lies beside the picture on the screen is explained by nothing."""
    grey, reading, box = leak
    around = 200
    screenshot = np.full((grey.shape[0] + 2 * around, grey.shape[1] + 2 * around), 250, np.float32)
    screenshot[around:-around, around:-around] = grey
    moved = reading.geometry.matrix @ np.array([(1, 0, -around), (0, 1, -around), (0, 0, 1.0)])
    there = replace(reading, geometry=Geometry.of(moved))
    own, other = (luma(np.asarray(opened(path, 1920))) for path in SAMPLES)
    piece = Patch(screenshot, there, box + around)
    assert piece.explained(own, {1920, 2304}) > 2 * max(0.3, piece.explained(other, {1920, 2304}))
    whole = Patch(screenshot, there, np.array([(0.0, 0.0), screenshot.shape[::-1]]))
    assert whole.explained(own, {1920, 2304}) < 0.6


def test_the_same_picture_elsewhere_is_not_taken_for_it(leak: tuple[Grey, Reading, Box]) -> None:
    grey, reading, box = leak
    shifted = luma(np.asarray(opened(SAMPLES[0], 2304)))[41:, 67:]
    assert Patch(grey, reading, box).on(shifted, {shifted.shape[1]}) is None
