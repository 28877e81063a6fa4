"""The mark in pixels is weak, colourless, seamless and deterministic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from local_server.marks.carrier import Layer, Strength
from local_server.marks.codec import Codec
from local_server.marks.embed import ACTIVITY_GRID, MARGIN, Margin, embed, lay, measure
from tests.support.likeness import psnr, ssim

SIDE = 512
TILE_OF_TEST = Codec(bytes(range(32))).tile(Layer.PIXELS, 77 << 14)


def difference(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return what was added."""
    return after.astype(np.int16) - before


def speckled(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return patches of every strength of texture."""
    generator = np.random.default_rng(seed)
    rough = generator.normal(0, 1, (height, width, 1)) * np.linspace(0, 40, width)[:, None]
    return np.clip(128 + rough + generator.normal(0, 3, 3), 0, 255).astype(np.uint8)


def test_photographs_stay_what_they_are(
    photographs: dict[str, NDArray[np.uint8]], tile: NDArray[np.float32]
) -> None:
    marked = {name: embed(pixels, tile) for name, pixels in photographs.items()}
    noise_ratios = [psnr(photographs[name], marked[name]) for name in photographs]
    similarities = [ssim(photographs[name], marked[name]) for name in photographs]
    assert np.mean(noise_ratios) >= 43
    assert min(noise_ratios) >= 40
    assert np.mean(similarities) >= 0.989


@pytest.mark.parametrize("level", [4, 60, 128, 200, 251])
def test_a_flat_area_changes_by_one_grey_level_rms(level: int, tile: NDArray[np.float32]) -> None:
    flat = np.full((256, 384, 3), level, np.uint8)
    change = difference(flat, embed(flat, tile))
    assert 0.8 < np.sqrt(np.mean(np.square(change, dtype=np.float64))) < 1.05
    assert np.abs(change).max() <= 4


def test_a_ramp_changes_as_little_as_a_flat_area(tile: NDArray[np.float32]) -> None:
    levels = np.linspace(8, 247, 1024).round().astype(np.uint8)
    ramp = np.broadcast_to(levels[:, None], (256, 1024, 3))
    change = difference(ramp, embed(ramp, tile))
    assert np.sqrt(np.mean(np.square(change, dtype=np.float64))) < 1.05


def test_a_flat_area_beside_an_edge_stays_weak(tile: NDArray[np.float32]) -> None:
    halves = np.full((256, 256, 3), 40, np.uint8)
    halves[:, 128:] = 215
    change = difference(halves, embed(halves, tile))
    assert np.abs(change[:, : 128 - 8]).max() <= 4
    assert np.abs(change[:, 128 + 8 :]).max() <= 4


def test_a_texture_takes_more(tile: NDArray[np.float32]) -> None:
    rough = np.random.default_rng(1).integers(60, 196, (256, 256, 1), dtype=np.uint8).repeat(3, axis=2)
    change = difference(rough, embed(rough, tile))
    assert np.sqrt(np.mean(np.square(change, dtype=np.float64))) > 2.5


def test_all_colours_change_alike(tile: NDArray[np.float32]) -> None:
    colourful = np.random.default_rng(2).integers(30, 225, (200, 300, 3), dtype=np.uint8)
    change = difference(colourful, embed(colourful, tile))
    assert (change[..., 0] == change[..., 1]).all()
    assert (change[..., 0] == change[..., 2]).all()


def test_luma_by_itself_changes_as_colours_do(tile: NDArray[np.float32]) -> None:
    grey = speckled(200, 300)[..., :1].repeat(3, axis=2)
    assert (lay(measure(grey[..., 0]), tile, (4, 8)) == embed(grey, tile, (4, 8))[..., 0]).all()


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_do_not_wrap_round(level: int, tile: NDArray[np.float32]) -> None:
    extreme = np.full((128, 128, 3), level, np.uint8)
    assert np.abs(difference(extreme, embed(extreme, tile))).max() <= 4


def test_tiles_of_a_picture_join_without_a_seam(
    photographs: dict[str, NDArray[np.uint8]], tile: NDArray[np.float32]
) -> None:
    for pixels in photographs.values():
        height, width = pixels.shape[:2]
        joined = np.empty_like(pixels)
        for top in range(0, height, SIDE):
            for left in range(0, width, SIDE):
                bottom, right = min(top + SIDE, height), min(left + SIDE, width)
                margin = Margin(
                    min(MARGIN, left),
                    min(MARGIN, top),
                    min(MARGIN, width - right),
                    min(MARGIN, height - bottom),
                )
                block = pixels[
                    top - margin.top : bottom + margin.bottom, left - margin.left : right + margin.right
                ]
                joined[top:bottom, left:right] = embed(block, tile, (left, top), margin)
        assert (joined == embed(pixels, tile)).all()


@given(
    size=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    split=st.tuples(st.integers(0, 74), st.integers(0, 74)),
    seed=st.integers(0, 99),
)
def test_any_block_is_what_it_is_in_the_whole(
    size: tuple[int, int], split: tuple[int, int], seed: int
) -> None:
    (height, width), (row, column) = size, split
    top, left = min(row * ACTIVITY_GRID, height - 1), min(column * ACTIVITY_GRID, width - 1)
    top, left = top - top % ACTIVITY_GRID, left - left % ACTIVITY_GRID
    picture = speckled(height, width, seed)
    margin = Margin(min(MARGIN, left), min(MARGIN, top), 0, 0)
    block = picture[top - margin.top :, left - margin.left :]
    whole = embed(picture, TILE_OF_TEST)
    assert (embed(block, TILE_OF_TEST, (left, top), margin) == whole[top:, left:]).all()


def test_a_higher_level_is_marked_more_strongly(
    photographs: dict[str, NDArray[np.uint8]], tile: NDArray[np.float32]
) -> None:
    pixels = photographs["Kinkaku-ji"]
    ratios = [psnr(pixels, embed(pixels, tile, strength=strength)) for strength in Strength]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[2] > 36
    flat = np.full((256, 384, 3), 128, np.uint8)
    change = difference(flat, embed(flat, tile, strength=Strength.STRENGTHENED))
    assert np.sqrt(np.mean(np.square(change, dtype=np.float64))) < 1.2


def test_the_argument_is_left_alone(tile: NDArray[np.float32]) -> None:
    pixels = speckled(100, 130)
    kept = pixels.copy()
    pixels.flags.writeable = False
    assert (embed(pixels, tile) != pixels).any()
    assert (pixels == kept).all()


@pytest.mark.parametrize(
    ("pixels", "origin", "margin"),
    [
        (np.zeros((8, 8), np.uint8), (0, 0), Margin()),
        (np.zeros((8, 8, 4), np.uint8), (0, 0), Margin()),
        (np.zeros((8, 8, 3), np.uint8), (2, 0), Margin()),
        (np.zeros((8, 8, 3), np.uint8), (0, 0), Margin(left=3)),
        (np.zeros((8, 8, 3), np.uint8), (0, 0), Margin(top=4, bottom=4)),
    ],
)
def test_what_is_no_block_is_refused(
    pixels: NDArray[np.uint8], origin: tuple[int, int], margin: Margin, tile: NDArray[np.float32]
) -> None:
    with pytest.raises(ValueError, match=r"block|pixels"):
        embed(pixels, tile, origin, margin)
