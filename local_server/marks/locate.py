"""Finds which picture a mark was laid into: the picture must lie where its pattern says."""

from itertools import product
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.carrier import TILE
from local_server.marks.geometry import straightened
from local_server.marks.read import Reading
from local_server.marks.register import Matrix

Grey = NDArray[np.float32]

# Both are compared with about so many pixels on the picture's longer side.
_COMPARED: Final = 960
_SMALLEST_SIDE: Final = 20
_WINDOW_SIDE: Final = 40
_LIVELIEST: Final = 9
# Grey levels; what is flatter is like any other flat place.
_LEAST_SPREAD: Final = 2.0
# Correlation of a window with what it lies on. The words lie over it, and controls at its edges.
_ALIKE: Final = 0.6
# Compared pixels beside the place that the pattern says: by chance a place is so near once in some sixty.
_BESIDE: Final = 1.6
# So many windows must say the same. They overlap, and four agreed once on a picture that it was not.
AGREEING: Final = 5


class Located(NamedTuple):
    """Where a picture lies under a mark: the map from image to picture, and how alike they are, 1 at best."""

    matrix: Matrix
    alike: float


class Patch:
    """An image as the pattern of one of its marks sees it; `reading` is of the layer in the pixels."""

    def __init__(self, grey: Grey, reading: Reading, box: NDArray[np.float64]) -> None:
        """Take what lies in the box (corners, N × 2 pixels) that the mark was found in."""
        self._matrix = reading.geometry.matrix
        (left, top), (right, bottom) = box.min(axis=0).astype(int), box.max(axis=0).astype(int)
        onto = np.array([(1, 0, left), (0, 1, top), (0, 0, 1.0)])
        inside = grey[top:bottom, left:right]
        self._laid = straightened(inside, self._matrix @ onto) if inside.size else None

    def on(self, picture: Grey, widths: set[int], agreeing: int = AGREEING) -> Located | None:
        """Return where the patch lies on a picture that was sent in these widths.

        None where fewer windows than `agreeing` are alike and lie where the pattern says.
        """
        if self._laid is None:
            return None
        places = (self._at(*self._laid, picture, width, agreeing) for width in sorted(widths))
        found = [located for located in places if located is not None]
        return max(found, key=lambda located: located.alike, default=None)

    def explained(self, picture: Grey, widths: set[int]) -> float:
        """Return what share of the patch a picture explains where the pattern lets it lie: 1 at best.

        As it is, levels and all: a screenshot keeps them. So even a piece of sky speaks for its own picture.
        """
        if self._laid is None:
            return 0.0
        return max((self._share(*self._laid, picture, width) for width in widths), default=0.0)

    def _share(self, patch: Grey, corner: tuple[int, int], picture: Grey, width: int) -> float:
        ground, small, shrink = _compared(patch, picture, width)
        return ground.explained(small, corner, shrink)

    def _at(
        self, patch: Grey, corner: tuple[int, int], picture: Grey, width: int, least: int
    ) -> Located | None:
        ground, small, shrink = _compared(patch, picture, width)
        votes: dict[tuple[int, int], list[tuple[float, NDArray[np.float64]]]] = {}
        for x, y, window in _windows(small):
            place = ground.place(window)
            if place is None or place[1] < _ALIKE:
                continue
            # How far the patch's corner was moved, in pixels of the picture as it was sent.
            moved = (np.array(place[0]) - (x, y)) / shrink - corner
            beside = (moved + TILE / 2) % TILE - TILE / 2
            if (np.abs(beside) <= _BESIDE / shrink).all():
                whole = np.rint((moved - beside) / TILE).astype(int)
                votes.setdefault((int(whole[0]), int(whole[1])), []).append((place[1], moved - beside))
        agreeing = max(votes.values(), key=len, default=[])
        if len(agreeing) < least:
            return None
        alike, move = max(agreeing, key=lambda vote: vote[0])
        onto = np.array([(1, 0, move[0]), (0, 1, move[1]), (0, 0, 1.0)])
        scaled = np.diag((picture.shape[1] / width, picture.shape[1] / width, 1.0))
        return Located(scaled @ onto @ self._matrix, alike)


class _Ground:
    """A picture that windows are laid on."""

    def __init__(self, picture: Grey) -> None:
        self._rows, self._columns = picture.shape
        self._shape = (_quick(self._rows), _quick(self._columns))
        self._mean = picture.mean()
        level = picture - self._mean
        self._level, self._square = (np.fft.rfft2(one, self._shape) for one in (level, level**2))

    def place(self, window: Grey) -> tuple[tuple[int, int], float] | None:
        """Return where a window lies best (x, y), and its correlation there; None where it says nothing."""
        rows, columns = window.shape
        if min(rows, columns) < _SMALLEST_SIDE or rows > self._rows or columns > self._columns:
            return None
        # Zeros are beyond the image.
        cover = (window != 0).astype(np.float32)
        count = float(cover.sum())
        if count < rows * columns / 4:
            return None
        centred = (window - window.sum() / count) * cover
        energy = float((centred**2).sum())
        if energy < count * _LEAST_SPREAD**2:
            return None
        of_cover = np.fft.rfft2(cover, self._shape).conj()
        sums, squares = self._under(self._level, of_cover), self._under(self._square, of_cover)
        energies = np.maximum(squares - sums**2 / count, count * _LEAST_SPREAD**2)
        of_window = np.fft.rfft2(centred, self._shape).conj()
        alike = self._under(self._level, of_window) / np.sqrt(energies * energy)
        usable = alike[: self._rows - rows + 1, : self._columns - columns + 1]
        y, x = np.unravel_index(int(np.argmax(usable)), usable.shape)
        return (int(x), int(y)), float(usable[y, x])

    def explained(self, patch: Grey, corner: tuple[int, int], shrink: float) -> float:
        """Return the share of a patch that is explained at the best of the places that its pattern allows."""
        rows, columns = patch.shape
        if rows > self._rows or columns > self._columns:
            return 0.0
        cover = (patch != 0).astype(np.float32)
        count = float(cover.sum())
        if not count:
            return 0.0
        level = (patch - self._mean) * cover
        energy = float((level**2).sum())
        spread = energy - float(level.sum()) ** 2 / count
        of_cover, of_level = (np.fft.rfft2(one, self._shape).conj() for one in (cover, level))
        left = self._under(self._square, of_cover) - 2 * self._under(self._level, of_level) + energy
        allowed = left[: self._rows - rows + 1, : self._columns - columns + 1][
            np.ix_(
                _on_pattern(self._rows - rows + 1, corner[1], shrink),
                _on_pattern(self._columns - columns + 1, corner[0], shrink),
            )
        ]
        return 1 - float(allowed.min()) / max(spread, 1.0) if allowed.size else 0.0

    def _under(
        self, values: NDArray[np.complexfloating], weights: NDArray[np.complexfloating]
    ) -> NDArray[np.floating]:
        return np.fft.irfft2(values * weights, self._shape)


def _compared(patch: Grey, picture: Grey, width: int) -> tuple[_Ground, Grey, float]:
    """Return a picture that was sent in a width and a patch of it, both shrunk, and by what factor."""
    height = width * picture.shape[0] / picture.shape[1]
    shrink = min(1.0, _COMPARED / max(width, height))
    ground = _Ground(_resized(picture, round(width * shrink), round(height * shrink)))
    return ground, _resized(patch, round(patch.shape[1] * shrink), round(patch.shape[0] * shrink)), shrink


def _windows(patch: Grey) -> list[tuple[int, int, Grey]]:
    """Return overlapping windows of half the patch's sides and the liveliest of a third, with corners (x, y).

    A half may hold too much that is no picture, a third too little of it.
    """
    thirds = sorted(_cut(patch, 3, 5), key=lambda window: -float(window[2].std()))
    return [*_cut(patch, 2, 3), *thirds[:_LIVELIEST]]


def _cut(patch: Grey, share: int, across: int) -> list[tuple[int, int, Grey]]:
    rows, columns = (min(side, max(_WINDOW_SIDE, side // share)) for side in patch.shape)
    places = product(
        np.linspace(0, patch.shape[0] - rows, across).astype(int),
        np.linspace(0, patch.shape[1] - columns, across).astype(int),
    )
    return [(int(x), int(y), patch[y : y + rows, x : x + columns]) for y, x in dict.fromkeys(places)]


def _on_pattern(count: int, corner: int, shrink: float) -> NDArray[np.bool_]:
    """Say of the first places along a side whether a patch with this corner may begin there."""
    moved = np.arange(count) / shrink - corner
    return np.asarray(np.abs((moved + TILE / 2) % TILE - TILE / 2) <= _BESIDE / shrink)


def _quick(length: int) -> int:
    """Return the next length that the Fourier transform is quick at."""
    return -(-length // 64) * 64


def _resized(image: Grey, width: int, height: int) -> Grey:
    size = (max(1, width), max(1, height))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX), np.float32)
