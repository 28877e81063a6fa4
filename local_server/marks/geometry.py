"""How a mark's pattern lies in an image: a map from image to pattern, and what resampling makes of it."""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_MOST_RESAMPLED: Final = 24_000_000
"""Pixels that are worth resampling to; a map that asks for more is no map of a picture."""


class Region(NamedTuple):
    """A box of an image, in its pixels; right and bottom lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Geometry:
    """A projective map from image to pattern; both count from the outer corner of their first pixel.

    `rows` is the 3 × 3 matrix. The pattern repeats after TILE pixels, so its translation is known up to that.
    The figures below hold at `centre`, a place in the image.
    """

    rows: tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
    centre: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, matrix: NDArray[np.float64], centre: tuple[float, float] = (0.0, 0.0)) -> Self:
        """Return the geometry of a 3 × 3 matrix."""
        one, two, three = ((float(row[0]), float(row[1]), float(row[2])) for row in matrix / matrix[2, 2])
        return cls((one, two, three), centre)

    @classmethod
    def scaled(
        cls,
        x: float,
        y: float,
        offset: tuple[float, float] = (0.0, 0.0),
        centre: tuple[float, float] = (0.0, 0.0),
    ) -> Self:
        """Return the map of an upright pattern, x by y image pixels a pattern pixel, moved by an offset."""
        return cls(((1 / x, 0.0, offset[0]), (0.0, 1 / y, offset[1]), (0.0, 0.0, 1.0)), centre)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The map as an array."""
        return np.array(self.rows)

    @property
    def jacobian(self) -> NDArray[np.float64]:
        """Pattern pixels per image pixel around the centre, 2 × 2."""
        return jacobian(self.matrix, self.centre)

    @property
    def scale(self) -> float:
        """Image pixels per pattern pixel."""
        return float(abs(np.linalg.det(self.jacobian)) ** -0.5)

    @property
    def rotation(self) -> float:
        """By how many degrees the pattern was turned clockwise, after mirroring, -180 to 180."""
        (a, b), (c, d) = np.linalg.inv(self.jacobian)
        sign = -1 if self.mirrored else 1
        return float(np.degrees(np.arctan2(sign * c - b, sign * a + d)))

    @property
    def mirrored(self) -> bool:
        """Whether left and right were exchanged."""
        return bool(np.linalg.det(self.jacobian) < 0)


def jacobian(matrix: NDArray[np.float64], at: tuple[float, float]) -> NDArray[np.float64]:
    """Return the derivative of a projective map at a place."""
    x, y, w = matrix @ (*at, 1.0)
    return np.asarray((matrix[:2, :2] - np.outer((x / w, y / w), matrix[2, :2])) / w)


def apply(matrix: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Map N × 2 points."""
    mapped = np.c_[points, np.ones(len(points))] @ matrix.T
    return np.asarray(mapped[:, :2] / mapped[:, 2:], np.float64)


def corners(width: float, height: float) -> NDArray[np.float64]:
    """Return the corners of a box that begins at the origin."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def straightened(
    image: NDArray[np.float32], matrix: NDArray[np.float64], multiple: int = 1
) -> tuple[NDArray[np.float32], tuple[int, int]] | None:
    """Return an image as the pattern sees it, and which place of the pattern its corner is.

    That place is a multiple of `multiple`. Beyond the image there are zeros. None where the map turns
    the image inside out or blows it up.
    """
    height, width = image.shape
    box = corners(width, height)
    if (np.c_[box, np.ones(4)] @ matrix[2] <= 0).any():
        return None
    mapped = apply(matrix, box)
    low = np.floor(mapped.min(axis=0) / multiple).astype(int) * multiple
    size = np.ceil(mapped.max(axis=0)).astype(int) - low
    if not 0 < size[0] * size[1] <= _MOST_RESAMPLED:
        return None
    corner = (int(low[0]), int(low[1]))
    if np.array_equal(matrix[:, :2], np.eye(3)[:, :2]) and not (matrix[:2, 2] % 1).any():
        before = matrix[:2, 2].astype(int) - low
        return np.pad(image, [(before[1], 0), (before[0], 0)]), corner
    inverse = np.linalg.inv(matrix) @ np.array([(1, 0, low[0]), (0, 1, low[1]), (0, 0, 1.0)])
    inverse /= inverse[2, 2]
    affine = not inverse[2, :2].any()
    resampled = Image.fromarray(image).transform(
        (int(size[0]), int(size[1])),
        Image.Transform.AFFINE if affine else Image.Transform.PERSPECTIVE,
        tuple(inverse.ravel()[: 6 if affine else 8]),
        Image.Resampling.BICUBIC,
    )
    return np.asarray(resampled, np.float32), corner
