"""A copy is laid over its picture and no other, and read against it; evidence shows where a mark is."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from local_server.marks import evidence
from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import embed
from local_server.marks.geometry import apply
from local_server.marks.identity import MarkId
from local_server.marks.original import read_against
from local_server.marks.read import read
from local_server.marks.register import CONVINCING, Corners, Registration, register
from local_server.marks.spectrum import luma

SAMPLES = sorted((Path(__file__).parents[3] / "resources" / "samples").glob("*.jpg"))
MARK = MarkId(987654321012345)


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec(b"r" * 32)


@pytest.fixture(scope="module")
def ridge() -> Image.Image:
    with Image.open(SAMPLES[0]) as image:
        return image.convert("RGB").resize((1280, 800))


def _registered(copy: Image.Image, picture: Image.Image) -> Registration | None:
    return register(Corners.of(copy), Corners.of(picture))


@settings(max_examples=12, deadline=None)
@given(
    degrees=st.floats(-180, 180),
    size=st.floats(0.45, 1.6),
    left=st.floats(0.0, 0.4),
    top=st.floats(0.0, 0.4),
)
def test_a_copy_that_was_turned_scaled_and_cropped_is_laid_where_it_was(
    ridge: Image.Image, degrees: float, size: float, left: float, top: float
) -> None:
    x, y = round(left * ridge.width), round(top * ridge.height)
    part = ridge.crop((x, y, x + round(ridge.width * 0.6), y + round(ridge.height * 0.6)))
    part = part.resize((round(part.width * size), round(part.height * size)), Image.Resampling.BICUBIC)
    found = _registered(part.rotate(degrees, Image.Resampling.BICUBIC), ridge)
    assert found is not None
    assert found.agreeing >= CONVINCING
    # The middle of the copy stays where it is when it is turned.
    middle = apply(found.matrix, np.array([(part.width / 2, part.height / 2)]))[0]
    expected = (x + ridge.width * 0.3, y + ridge.height * 0.3)
    assert np.hypot(*(middle - expected)) < 3


def test_no_picture_is_taken_for_another(ridge: Image.Image) -> None:
    corners = Corners.of(ridge)
    for path in SAMPLES[1:13]:
        with Image.open(path) as other:
            assert register(Corners.of(other.convert("RGB")), corners) is None, path.name


@pytest.mark.parametrize(
    "image", [Image.new("RGB", (300, 200)), Image.new("RGB", (20, 10)), Image.new("L", (1, 1))]
)
def test_what_has_no_corners_is_laid_nowhere(ridge: Image.Image, image: Image.Image) -> None:
    assert _registered(image, ridge) is None


def test_a_mark_that_cannot_be_read_blindly_is_read_against_the_original(
    ridge: Image.Image, codec: Codec
) -> None:
    marked = Image.fromarray(embed(np.asarray(ridge), codec.tile(Layer.PIXELS, MARK.payload)))
    worn = marked.resize((793, 496), Image.Resampling.BICUBIC).rotate(4.4, Image.Resampling.BICUBIC)
    packed = io.BytesIO()
    worn.filter(ImageFilter.GaussianBlur(0.9)).save(packed, "JPEG", quality=70)
    copy = Image.open(packed).convert("RGB")
    found = _registered(copy, ridge)
    assert found is not None
    readings = read_against(np.asarray(copy), luma(np.asarray(ridge)), found.matrix, codec, [])
    assert {reading.mark for reading in readings} == {MARK}
    assert readings[0].scale == pytest.approx(793 / 1280, rel=0.01)
    assert abs(readings[0].geometry.rotation) == pytest.approx(4.4, abs=0.3)


def test_an_unmarked_copy_says_nothing_against_the_original(ridge: Image.Image, codec: Codec) -> None:
    copy = ridge.resize((900, 562)).filter(ImageFilter.GaussianBlur(1))
    found = _registered(copy, ridge)
    assert found is not None
    assert read_against(np.asarray(copy), luma(np.asarray(ridge)), found.matrix, codec, []) == []


def test_the_evidence_shows_where_the_mark_is(ridge: Image.Image, codec: Codec) -> None:
    tile = codec.tile(Layer.PIXELS, MARK.payload)
    marked = np.asarray(ridge).copy()
    # The left half alone.
    marked[:, :640] = embed(np.asarray(ridge), tile)[:, :640]
    (reading,) = [one for one in read(marked, codec) if one.layer is Layer.PIXELS]
    map_, box = evidence.draw(marked, reading, tile)
    drawn = np.asarray(Image.open(io.BytesIO(map_)), np.float64)
    assert drawn.shape == (150, 240)
    assert drawn[:, :110].mean() > 4 * drawn[:, 130:].mean()
    assert box[:, 0].max() == pytest.approx(640, abs=130)
    assert box[:, 0].min() < 60
