"""All the marks of an image are found: side by side, or laid over each other."""

import numpy as np
import pytest
from numpy.typing import NDArray

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import embed
from local_server.marks.identity import MarkId
from local_server.marks.read import Reading, read
from tests.support.leaks import jpeg, scaled

Pixels = NDArray[np.uint8]

FIRST, SECOND = MarkId.from_text("7KQ4-M2XD-9F"), MarkId.from_text("B3ZN-8WTE-51")


@pytest.fixture
def bearing(codec: Codec, photographs: dict[str, Pixels]) -> dict[tuple[str, MarkId], Pixels]:
    """Return two photographs, each as two people got it."""
    return {
        (name, mark): embed(photographs[name], codec.tile(Layer.PIXELS, mark.payload))
        for name in ("Kinkaku-ji", "Crocus")
        for mark in (FIRST, SECOND)
    }


def by_mark(readings: list[Reading]) -> dict[MarkId, Reading]:
    """Return the readings by what they say."""
    return {reading.mark: reading for reading in readings}


@pytest.mark.parametrize("name", ["Kinkaku-ji", "Crocus"])
def test_two_who_average_their_copies_are_both_named(
    name: str, codec: Codec, bearing: dict[tuple[str, MarkId], Pixels]
) -> None:
    mean = (bearing[name, FIRST].astype(np.int16) + bearing[name, SECOND]) // 2
    for pixels in (mean.astype(np.uint8), jpeg(mean.astype(np.uint8), 75)):
        assert set(by_mark(read(pixels, codec))) == {FIRST, SECOND}


def test_a_collage_names_both_and_says_where(codec: Codec, bearing: dict[tuple[str, MarkId], Pixels]) -> None:
    left, right = bearing["Kinkaku-ji", FIRST][:500, :500], bearing["Crocus", SECOND][:500, 100:700]
    found = by_mark(read(jpeg(np.concatenate((left, right), axis=1), 75), codec))
    assert set(found) == {FIRST, SECOND}
    assert found[FIRST].region.centre[0] < 500 < found[SECOND].region.centre[0]


def test_a_collage_of_different_sizes_names_both(
    codec: Codec, bearing: dict[tuple[str, MarkId], Pixels]
) -> None:
    left, right = bearing["Kinkaku-ji", FIRST], scaled(bearing["Crocus", SECOND], 0.83)
    height = min(len(left), len(right))
    both = jpeg(np.concatenate((left[:height], right[:height]), axis=1), 75)
    found = by_mark(read(both, codec, search=True))
    assert set(found) == {FIRST, SECOND}
    assert found[FIRST].scale == pytest.approx(1, rel=0.01)
    assert found[SECOND].scale == pytest.approx(0.83, rel=0.01)
