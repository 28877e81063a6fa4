"""A geometry says in figures how a pattern lies, and straightening undoes it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from local_server.marks.geometry import Geometry, straightened


def placed(scale: float, degrees: float, *, mirrored: bool) -> np.ndarray:
    """Return the map from the pattern into an image, less its translation."""
    turn = np.radians(degrees)
    rotation = np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))])
    return scale * rotation @ np.diag((-1 if mirrored else 1, 1))


@given(st.floats(0.3, 3), st.floats(-179, 179), st.booleans(), st.floats(-0.0005, 0.0005))
def test_scale_rotation_and_mirroring_are_told_at_the_centre(
    scale: float, degrees: float, mirrored: bool, slant: float
) -> None:
    centre = (300.0, 200.0)
    around = np.eye(3)
    around[:2, :2] = np.linalg.inv(placed(scale, degrees, mirrored=mirrored))
    move = np.array([(1, 0, -centre[0]), (0, 1, -centre[1]), (0, 0, 1.0)])
    perspective = np.eye(3)
    perspective[2, :2] = slant
    geometry = Geometry.of(around @ perspective @ move, centre)
    assert geometry.scale == pytest.approx(scale)
    assert geometry.rotation == pytest.approx(degrees, abs=1e-6)
    assert geometry.mirrored == mirrored


def test_straightening_undoes_what_happened_to_an_image() -> None:
    rough = np.random.default_rng(3).normal(0, 9, (40, 60)).astype(np.float32)
    image = np.asarray(Image.fromarray(rough).resize((480, 320), Image.Resampling.BICUBIC))
    turned = np.asarray(Image.fromarray(image).transpose(Image.Transpose.ROTATE_90))
    # An image turned to the left: its x is the picture's y, counted downwards.
    back = np.array([(0, -1, 480), (1, 0, 0), (0, 0, 1.0)])
    seen = straightened(turned, back, 128)
    assert seen is not None
    upright, corner = seen
    assert corner == (0, 0)
    assert upright.shape == image.shape
    assert np.abs(upright - image).max() < 1e-3


@pytest.mark.parametrize("row", [(-0.01, 0, 1.0), (0, -0.01, 1.0)])
def test_a_map_that_turns_an_image_inside_out_is_none(row: tuple[float, float, float]) -> None:
    matrix = np.eye(3)
    matrix[2] = row
    assert straightened(np.zeros((300, 300), np.float32), matrix) is None


def test_a_map_that_blows_an_image_up_is_none() -> None:
    assert straightened(np.zeros((300, 300), np.float32), np.diag((1000.0, 1000.0, 1.0))) is None
