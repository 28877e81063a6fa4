"""The overlay is a small image that changes what lies under it by the mark and nothing else."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.carrier import TILE, Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId
from local_server.marks.overlay import overlay_png
from tests.support.leaks import painted_over


@pytest.fixture
def png(codec: Codec, mark: MarkId) -> bytes:
    """Return the overlay of a mark."""
    return overlay_png(codec.tile(Layer.OVERLAY, mark.payload))


def test_it_is_translucent_black_and_white(png: bytes) -> None:
    with Image.open(io.BytesIO(png)) as opened:
        assert (opened.format, opened.mode, opened.size) == ("PNG", "RGBA", (TILE, TILE))
        pixels = np.asarray(opened)
    assert set(np.unique(pixels[..., :3])) == {0, 255}
    assert 0 < pixels[..., 3].max() <= 5


def test_over_grey_it_is_the_tile(png: bytes, codec: Codec, mark: MarkId) -> None:
    grey = np.full((256, 256, 3), 128, np.uint8)
    change = painted_over(grey, png)[..., 0].astype(np.float32) - 128
    expected = np.roll(np.tile(codec.tile(Layer.OVERLAY, mark.payload), (2, 2)), (-87, -41), (0, 1))
    assert np.corrcoef(change.ravel(), expected.ravel())[0, 1] > 0.9
    assert 0.6 < np.sqrt(np.mean(change**2)) < 1.0


@pytest.mark.parametrize("level", [0, 255])
def test_it_shows_on_black_and_on_white(level: int, png: bytes) -> None:
    plain = np.full((256, 256, 3), level, np.uint8)
    painted: NDArray[np.uint8] = painted_over(plain, png)
    assert 0 < np.abs(painted.astype(np.int16) - level).max() <= 5
