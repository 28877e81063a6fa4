"""A mark is read from what becomes of a picture, and from nothing else."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import embed
from local_server.marks.geometry import Geometry
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from local_server.marks.read import LARGEST_SCALE, SMALLEST_SCALE, Reading, read
from tests.support.leaks import cropped, jpeg, painted_over, scaled, screenshot

Pixels = NDArray[np.uint8]
Photographs = dict[str, Pixels]

LEAKS: dict[str, Callable[[Pixels], Pixels]] = {
    "untouched": lambda pixels: pixels,
    "JPEG 90": lambda pixels: jpeg(pixels, 90),
    "JPEG 75": lambda pixels: jpeg(pixels, 75),
    "JPEG 50": lambda pixels: jpeg(pixels, 50),
    "JPEG 30": lambda pixels: jpeg(pixels, 30),
    "half of it": lambda pixels: cropped(pixels, 0.5),
    "a quarter of it": lambda pixels: cropped(pixels, 0.25, (0.9, 0.1)),
    "a quarter of it, JPEG 50": lambda pixels: jpeg(cropped(pixels, 0.25), 50),
    "half the size": lambda pixels: scaled(pixels, 0.5),
    "three quarters of the size": lambda pixels: scaled(pixels, 0.75),
    "one and a half times the size, JPEG 75": lambda pixels: jpeg(scaled(pixels, 1.5), 75),
    "twice the size": lambda pixels: scaled(pixels, 2),
    "more contrast": lambda pixels: np.clip((pixels - 128.0) * 1.2 + 128, 0, 255).astype(np.uint8),
    "darker": lambda pixels: (pixels * 0.8).astype(np.uint8),
    "without colour": lambda pixels: pixels.mean(axis=2, keepdims=True).repeat(3, axis=2).astype(np.uint8),
}


def found(readings: list[Reading]) -> set[tuple[MarkId, Layer]]:
    """Return what was read, without how."""
    return {(reading.mark, reading.layer) for reading in readings}


@pytest.fixture(scope="module")
def marked(photographs: Photographs, codec: Codec) -> Photographs:
    """Return the photographs, each with a mark of its own."""
    return {
        name: embed(pixels, codec.tile(Layer.PIXELS, MarkId(number).payload))
        for number, (name, pixels) in enumerate(photographs.items(), start=1001)
    }


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leaked_copy_names_its_mark(leak: str, marked: Photographs, codec: Codec) -> None:
    for number, pixels in enumerate(marked.values(), start=1001):
        (reading,) = read(LEAKS[leak](pixels), codec)
        assert found([reading]) == {(MarkId(number), Layer.PIXELS)}
        assert reading.agreement > 8


def test_a_copy_of_any_known_size_names_its_mark(marked: Photographs, codec: Codec) -> None:
    for number, pixels in enumerate(marked.values(), start=1001):
        for scale in (0.4, 0.63, 1.6):
            (reading,) = read(scaled(pixels, scale), codec, [scale])
            assert reading.mark == MarkId(number)
            assert reading.scale == pytest.approx(scale, rel=2e-3)


def test_a_screenshot_shows_both_marks(marked: Photographs, codec: Codec, mark: MarkId) -> None:
    overlay = overlay_png(codec.tile(Layer.OVERLAY, mark.payload))
    for number, (name, pixels) in enumerate(marked.items(), start=1001):
        shot = jpeg(screenshot(pixels, 0.63, overlay), 75)
        both = {(MarkId(number), Layer.PIXELS), (mark, Layer.OVERLAY)}
        if name == "Woodland stream":  # too busy for so weak an overlay
            assert (MarkId(number), Layer.PIXELS) in found(read(shot, codec, [0.63]))
            continue
        assert found(read(shot, codec, [0.63])) == both
        # Nobody has to know the zoom: the overlay is always at the scale of the screen.
        assert found(read(shot, codec)) == {(mark, Layer.OVERLAY)}
        assert found(read(screenshot(pixels, 1.0, overlay), codec)) == both


def test_the_overlay_alone_is_read_from_flat_colour(codec: Codec, mark: MarkId) -> None:
    for level in (0, 90, 255):
        plain = np.full((400, 600, 3), level, np.uint8)
        shown = painted_over(plain, overlay_png(codec.tile(Layer.OVERLAY, mark.payload)))
        assert found(read(shown, codec)) == {(mark, Layer.OVERLAY)}


@settings(max_examples=20)
@given(
    value=st.integers(0, 2**50 - 1),
    at=st.tuples(st.integers(0, 300), st.integers(0, 300)),
    size=st.tuples(st.integers(320, 500), st.integers(320, 500)),
)
def test_any_mark_is_read_from_any_part(
    codec: Codec, photographs: Photographs, value: int, at: tuple[int, int], size: tuple[int, int]
) -> None:
    pixels = photographs["Kinkaku-ji"]
    top, left = min(at[0], pixels.shape[0] - size[0]), min(at[1], pixels.shape[1] - size[1])
    part = embed(pixels, codec.tile(Layer.PIXELS, MarkId(value).payload))[top:, left:][: size[0], : size[1]]
    assert found(read(part, codec)) == {(MarkId(value), Layer.PIXELS)}


@pytest.mark.parametrize(
    "name", ["Two friends", "Crocus", "Halifax sunset", "Railway in the fog", "Woodland stream", "Kinkaku-ji"]
)
def test_unmarked_pictures_read_as_nothing(name: str, photographs: Photographs, codec: Codec) -> None:
    """Two thousand crops in all."""
    generator = np.random.default_rng(4)
    pixels = photographs[name]
    for _ in range(334):
        height, width = generator.integers(64, 200, 2)
        top = generator.integers(0, pixels.shape[0] - height + 1)
        left = generator.integers(0, pixels.shape[1] - width + 1)
        assert read(pixels[top : top + height, left : left + width], codec) == []


def test_another_key_reads_nothing(marked: Photographs) -> None:
    other = Codec(b"another key, of thirty-two bytes")
    for pixels in marked.values():
        assert read(pixels, other) == []


def test_a_damaged_mark_is_nobody(marked: Photographs, codec: Codec) -> None:
    generator = np.random.default_rng(5)
    for number, pixels in enumerate(marked.values(), start=1001):
        own = {(MarkId(number), Layer.PIXELS)}
        for sigma in (20, 60, 120):
            noisy = np.clip(pixels + generator.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)
            assert found(read(noisy, codec)) <= own
        for side in (40, 60, 90, 130):
            assert found(read(pixels[:side, :side], codec)) <= own
        assert read(pixels[:40, :40], codec) == []


def test_two_marks_laid_over_each_other_name_nobody_else(
    photographs: Photographs, codec: Codec, tile: NDArray[np.float32], mark: MarkId
) -> None:
    for pixels in photographs.values():
        twice = embed(embed(pixels, tile), codec.tile(Layer.PIXELS, MarkId(5).payload))
        assert found(read(twice, codec)) <= {(mark, Layer.PIXELS), (MarkId(5), Layer.PIXELS)}


def test_reserved_bits_are_no_mark(photographs: Photographs, codec: Codec) -> None:
    pixels = photographs["Crocus"]
    assert read(embed(pixels, codec.tile(Layer.PIXELS, MarkId(5).payload | 1)), codec) == []


@pytest.mark.parametrize("size", [(1, 1), (31, 900), (32, 32), (33, 47)])
def test_a_scrap_reads_as_nothing(size: tuple[int, int], codec: Codec) -> None:
    assert read(np.random.default_rng(6).integers(0, 256, (*size, 3), dtype=np.uint8), codec) == []


@pytest.mark.parametrize("level", [0, 127, 255])
def test_flat_colour_reads_as_nothing(level: int, codec: Codec) -> None:
    assert read(np.full((300, 300, 3), level, np.uint8), codec) == []


@pytest.mark.parametrize("scale", [SMALLEST_SCALE / 2, LARGEST_SCALE * 2, float("nan")])
def test_a_scale_out_of_reach_is_refused(scale: float, codec: Codec) -> None:
    with pytest.raises(ValueError, match="scale"):
        read(np.zeros((64, 64, 3), np.uint8), codec, [scale])


def test_a_registered_image_is_read_however_it_lies(marked: Photographs, codec: Codec) -> None:
    for number, pixels in enumerate(marked.values(), start=1001):
        height, width = pixels.shape[:2]
        turned = np.asarray(Image.fromarray(pixels).transpose(Image.Transpose.ROTATE_90))
        back = Geometry(((0, -1, width), (1, 0, 0), (0, 0, 1)))
        assert read(turned, codec) == []
        (reading,) = read(turned, codec, registered=back)
        assert found([reading]) == {(MarkId(number), Layer.PIXELS)}
        assert reading.geometry.rotation == pytest.approx(-90, abs=0.1)
        assert not reading.geometry.mirrored
        assert reading.scale == pytest.approx(1, rel=2e-3)
        assert reading.region == (0, 0, height, width)


def test_the_geometry_leads_from_the_image_to_the_pattern(marked: Photographs, codec: Codec) -> None:
    pixels = marked["Kinkaku-ji"]
    for scale in (0.5, 1.0, 1.5, 2.0):
        part = scaled(pixels, scale)[70:, 30:]
        (reading,) = read(part, codec)
        # The part's corner is this place of the pattern, which repeats every 128 pixels.
        place = reading.geometry.matrix @ (0, 0, 1)
        beside = (place[:2] - (30 / scale, 70 / scale) + 64) % 128 - 64
        assert np.abs(beside).max() < 0.5
