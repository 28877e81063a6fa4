"""The tones of every tile-sized block of an image, as a map from image to pattern straightens it."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import TILE, Tones
from local_server.marks.geometry import Region, apply, straightened
from local_server.marks.sizes import Sizes
from local_server.marks.spectrum import REACH

_NEIGHBOURHOOD: Final = 4
# A block with less than this part of the usual energy lies mostly beyond the image, or where nothing is seen.
_EMPTY: Final = 0.05
_WIDEST: Final = 24 * TILE


@dataclass(frozen=True, eq=False)
class Tiles:
    """Blocks of the pattern, mostly from an image's whole area."""

    tones: NDArray[np.complex64]
    """Blocks × ky (from -REACH) × kx."""
    places: NDArray[np.float64]
    """The middles of the blocks in pattern pixels, blocks × 2."""
    matrix: NDArray[np.float64]
    """From image to pattern, as guessed."""

    def __len__(self) -> int:
        return len(self.places)

    def chosen(self, which: NDArray[np.bool_]) -> Self:
        """Return some of the blocks."""
        return replace(self, tones=self.tones[which], places=self.places[which])

    def near(self, place: NDArray[np.float64], reach: float) -> Self:
        """Return the blocks whose middles lie within reach of a place, across and down."""
        return self.chosen(np.abs(self.places - place).max(axis=1) <= reach)

    def moved(self, correction: NDArray[np.float64]) -> Self:
        """Return the blocks as a slightly corrected map would show them, whatever is smaller than a block."""
        places = apply(correction, self.places)
        shifts = places - self.places
        kx, ky = np.arange(REACH + 1), np.arange(-REACH, REACH + 1)
        across = np.exp(-2j * np.pi / TILE * shifts[:, :1] * kx).astype(np.complex64)
        down = np.exp(-2j * np.pi / TILE * shifts[:, 1:] * ky).astype(np.complex64)
        tones = self.tones * down[:, :, None]
        tones *= across[:, None, :]
        return type(self)(tones, places, correction @ self.matrix)

    def turned(self) -> Self:
        """Return the blocks for a pattern that is turned by 90 degrees: what was x is y, what was y is -x."""
        kx, ky = np.arange(REACH + 1), np.arange(-REACH, REACH + 1)
        # The tone (kx, ky) of the turned pattern is (ky, -kx) of this one, the conjugate of (-ky, kx).
        whole = np.concatenate((self.tones[:, ::-1, :0:-1].conj(), self.tones), axis=2)
        tones = whole[:, REACH - kx][:, :, ky + REACH].transpose(0, 2, 1)
        tones = tones * np.exp(2j * np.pi / TILE * kx).astype(np.complex64)
        places = np.stack((-self.places[:, 1], self.places[:, 0]), axis=1)
        return type(self)(tones, places, np.array([(0, -1, 0), (1, 0, 0), (0, 0, 1.0)]) @ self.matrix)

    def region(self, which: NDArray[np.bool_], width: int, height: int) -> Region:
        """Return the box of an image around some of the blocks."""
        half = TILE / 2
        corners = np.concatenate(
            [self.places[which] + np.array((x, y)) for x in (-half, half) for y in (-half, half)]
        )
        seen = apply(np.linalg.inv(self.matrix), corners)
        left, top = np.maximum(np.floor(seen.min(axis=0)), 0).astype(int)
        right, bottom = np.minimum(np.ceil(seen.max(axis=0)), (width, height)).astype(int)
        return Region(int(left), int(top), int(right), int(bottom))


def cut(
    sizes: Sizes, matrix: NDArray[np.float64], scale: float, middle: tuple[float, float] | None = None
) -> Tiles | None:
    """Cut an image into the blocks of a map, whose scale around the middle is known.

    A large image that was shown small is cut around the middle only. None where it is no map of an image.
    """
    levelled, shrunk = sizes.suited(scale)
    factor = scale / shrunk
    part, corner = _around_middle(levelled, shrunk, middle and (middle[0] / factor, middle[1] / factor))
    there = np.array([(factor, 0, factor * corner[0]), (0, factor, factor * corner[1]), (0, 0, 1)])
    seen = straightened(part, matrix @ there, TILE)
    if seen is None:
        return None
    image, corner = seen
    rows, columns = (-(-side // TILE) for side in image.shape)
    padded = np.zeros((rows * TILE, columns * TILE), np.float32)
    padded[: image.shape[0], : image.shape[1]] = image
    measured = _tones(padded.reshape(rows, TILE, columns, TILE))
    row, column = np.mgrid[:rows, :columns]
    places = np.stack((column.ravel(), row.ravel()), axis=1) * TILE + np.array(corner) + TILE / 2
    energy = np.abs(measured[:, :, 1:]).sum(axis=(1, 2))
    filled = energy > _EMPTY * np.median(energy[energy > 0]) if energy.any() else energy > 0
    return Tiles(measured[filled], places[filled], matrix) if filled.any() else None


def _around_middle(
    levelled: NDArray[np.float32], scale: float, middle: tuple[float, float] | None
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Return the part of an image that is worth resampling, and its corner."""
    height, width = levelled.shape
    side = round(_WIDEST * scale)
    across, down = middle or (width / 2, height / 2)
    left = min(max(round(across - side / 2), 0), max(width - side, 0))
    top = min(max(round(down - side / 2), 0), max(height - side, 0))
    return levelled[top : top + side, left : left + side], (left, top)


def _tones(blocks: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Return blocks × ky × kx of rows × TILE × columns × TILE."""
    rows, _, columns, _ = blocks.shape
    turns = np.exp(-2j * np.pi / TILE * np.outer(np.arange(TILE), np.arange(REACH + 1))).astype(np.complex64)
    across = blocks.reshape(-1, TILE) @ np.concatenate((turns.real, turns.imag), axis=1)
    half = (across[:, : REACH + 1] + 1j * across[:, REACH + 1 :]).reshape(rows, TILE, columns * (REACH + 1))
    full = np.concatenate((turns[:, :0:-1].conj(), turns), axis=1)
    whole = np.matmul(full.T, half).reshape(rows, 2 * REACH + 1, columns, REACH + 1)
    return np.ascontiguousarray(whole.transpose(0, 2, 1, 3)).reshape(-1, 2 * REACH + 1, REACH + 1)


def surrounding_power(power: NDArray[np.float64], data: Tones) -> NDArray[np.float64]:
    """Return for every tone the mean power of the data tones around it.

    That is the noise and, where it is strong, the mark: it is even over the data tones, so all of them lose
    alike. All layers have the same data tones.
    """
    counted = np.zeros(power.shape)
    counted[data.ky + REACH, data.kx] = 1
    return _around(counted * power) / np.maximum(_around(counted), 1) + 1e-12


def _around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums over squares of 2 _NEIGHBOURHOOD + 1."""
    side = 2 * _NEIGHBOURHOOD + 1
    sums = np.pad(values, (_NEIGHBOURHOOD + 1, _NEIGHBOURHOOD)).cumsum(axis=0).cumsum(axis=1)
    return np.asarray(sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side])
