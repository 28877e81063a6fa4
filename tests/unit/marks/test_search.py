"""A mark is found of which nothing is known: neither scale nor turn, stretch, mirroring or slant."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import embed
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from local_server.marks.read import read
from tests.support.leaks import jpeg, mirrored, scaled, screenshot, slanted, stretched, turned

Pixels = NDArray[np.uint8]

# What happens, and the scale and the turn that are then read.
LEAKS: dict[str, tuple[Callable[[Pixels], Pixels], float, float, bool]] = {
    "three tenths of the size": (lambda p: scaled(p, 0.3), 0.3, 0, False),
    "an odd size, JPEG 75": (lambda p: jpeg(scaled(p, 1.13), 75), 1.13, 0, False),
    "turned and shrunk, JPEG 75": (lambda p: jpeg(turned(scaled(p, 0.8), 33), 75), 0.8, -33, False),
    "a quarter turn": (lambda p: np.ascontiguousarray(np.rot90(p)), 1, -90, False),
    "upside down": (lambda p: np.ascontiguousarray(p[::-1, ::-1]), 1, 180, False),
    "mirrored, JPEG 75": (lambda p: jpeg(mirrored(scaled(p, 0.77)), 75), 0.77, 0, True),
    "4:3 shown as 16:9": (lambda p: stretched(p, 4 / 3, 1), (4 / 3) ** 0.5, 0, False),
}


@pytest.fixture(scope="module")
def marked(photographs: dict[str, Pixels], codec: Codec) -> dict[str, Pixels]:
    """Return two photographs, each with a mark of its own."""
    chosen = ("Two friends", "Kinkaku-ji")
    return {
        name: embed(photographs[name], codec.tile(Layer.PIXELS, MarkId(number).payload))
        for number, name in enumerate(chosen, start=1001)
    }


@pytest.mark.parametrize("leak", LEAKS)
def test_a_copy_is_read_however_it_lies(leak: str, marked: dict[str, Pixels], codec: Codec) -> None:
    change, scale, rotation, is_mirrored = LEAKS[leak]
    for number, pixels in enumerate(marked.values(), start=1001):
        (reading,) = read(change(pixels), codec, search=True)
        assert (reading.mark, reading.layer) == (MarkId(number), Layer.PIXELS)
        assert reading.scale == pytest.approx(scale, rel=0.01)
        assert (reading.geometry.rotation - rotation + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
        assert reading.geometry.mirrored == is_mirrored


def test_a_slanted_view_is_read(marked: dict[str, Pixels], codec: Codec) -> None:
    for number, pixels in enumerate(marked.values(), start=1001):
        (reading,) = read(jpeg(slanted(pixels, 0.12, seed=number), 75), codec, search=True)
        assert (reading.mark, reading.layer) == (MarkId(number), Layer.PIXELS)


def test_a_screenshot_shows_both_marks_at_any_zoom(
    marked: dict[str, Pixels], codec: Codec, mark: MarkId
) -> None:
    overlay = overlay_png(codec.tile(Layer.OVERLAY, mark.payload))
    for number, pixels in enumerate(marked.values(), start=1001):
        shot = jpeg(screenshot(pixels, 0.63, overlay), 75)
        both = {(MarkId(number), Layer.PIXELS), (mark, Layer.OVERLAY)}
        assert {(reading.mark, reading.layer) for reading in read(shot, codec, search=True)} == both


def test_unmarked_pictures_read_as_nothing(photographs: dict[str, Pixels], codec: Codec) -> None:
    for name in ("Halifax sunset", "Woodland stream"):
        part = photographs[name][200:500, 200:500]
        assert read(turned(part, 8), codec, search=True) == []
