"""Finds how a copy lies over a picture at hand: by corners that look alike, whatever their size and turn.

Multi-scale oriented patches (Brown, Szeliski and Winder 2005); then the map that most of them agree on.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.geometry import apply

Grey = NDArray[np.float32]
Matrix = NDArray[np.float64]

SIDE: Final = 640
"""Both are compared at this length of their longer sides."""

_LEVELS: Final = 6
_LEVEL: Final = 2**-0.5
_SMALLEST: Final = 48
_PER_CELL: Final = 3
_CELL: Final = 40
# A patch is 8 × 8 places, this many pixels of its level apart.
_PLACES: Final = 8
_SPACING: Final = 4.0
_BORDER: Final = 12
_SMOOTH: Final = (0.06, 0.24, 0.4, 0.24, 0.06)
_WIDE: Final = (0.1, 0.12, 0.15, 0.26, 0.15, 0.12, 0.1)
# The best must be this much better than the second best, by squared distance.
_CLEARLY: Final = 0.8
_MOST_MATCHES: Final = 160
_AGREE_SCALE: Final = 0.5
_AGREE_TURN: Final = 0.5
_NEAR: Final = 6.0
_CLOSE: Final = 2.5
_FEWEST_FOR_PERSPECTIVE: Final = 24
# Measured on photographs of other things: by chance up to 5 agree; a copy has dozens.
CONVINCING: Final = 9


class Registration(NamedTuple):
    """A projective map from the copy to the picture, in pixels of both, and how many corners agree on it."""

    matrix: Matrix
    agreeing: int


@dataclass(frozen=True, eq=False)
class Corners:
    """Corners of an image: where (N × 2 pixels), image pixels per pixel of the patch, which way, patches."""

    places: NDArray[np.float64]
    sizes: NDArray[np.float64]
    turns: NDArray[np.float64]
    patches: NDArray[np.float32]

    @classmethod
    def of(cls, image: Image.Image) -> "Corners":
        """Find the corners of an image; look at it at SIDE at most."""
        shrink = max(1.0, max(image.size) / SIDE)
        size = (max(1, round(image.width / shrink)), max(1, round(image.height / shrink)))
        small = image.convert("L").resize(size, Image.Resampling.BOX)
        base = Image.fromarray(np.asarray(small, np.float32))
        found = [
            _corners(_scaled(base, _LEVEL**level), shrink / _LEVEL**level)
            for level in range(_LEVELS)
            if min(base.size) * _LEVEL**level >= _SMALLEST
        ]
        if not found:
            return cls(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros((0, _PLACES**2), np.float32))
        places, sizes, turns, patches = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return cls(places, sizes, turns, patches)


def register(copy: Corners, picture: Corners) -> Registration | None:
    """Return how a copy lies over a picture, or None where it is not of this picture for certain."""
    ours, theirs = _matches(copy.patches, picture.patches)
    if len(ours) < CONVINCING:
        return None
    here, there = copy.places[ours], picture.places[theirs]
    size = picture.sizes[theirs] / copy.sizes[ours]
    turn = picture.turns[theirs] - copy.turns[ours]
    agreeing = _largest_agreement(here, there, size, turn)
    matrix: Matrix | None = None
    span = float(np.ptp(there, axis=0).max())
    for within in (_NEAR, _CLOSE, _CLOSE):
        if agreeing.sum() < CONVINCING:
            return None
        perspective = within == _CLOSE and agreeing.sum() >= _FEWEST_FOR_PERSPECTIVE
        matrix = fitted(here[agreeing], there[agreeing], perspective=perspective)
        if matrix is None:
            return None
        agreeing = np.hypot(*(apply(matrix, here) - there).T) <= within * span / SIDE
    if matrix is None or agreeing.sum() < CONVINCING:
        return None
    return Registration(matrix, int(agreeing.sum()))


def _scaled(base: Image.Image, factor: float) -> Grey:
    size = (round(base.width * factor), round(base.height * factor))
    return np.asarray(base.resize(size, Image.Resampling.HAMMING), np.float32)


def _corners(
    grey: Grey, size: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
    smooth = _blurred(grey, _SMOOTH)
    down, across = _slopes(smooth)
    strength = _strength(across, down)
    rows, columns = _strongest(strength)
    wide = _blurred(_blurred(smooth, _WIDE), _WIDE)
    wide_down, wide_across = _slopes(wide)
    turns = np.arctan2(wide_down[rows, columns], wide_across[rows, columns]).astype(np.float64)
    patches = _patches(_blurred(smooth, _SMOOTH), rows, columns, turns)
    usable = patches.std(axis=1) > 1.0
    patches = patches[usable]
    patches -= patches.mean(axis=1, keepdims=True)
    patches /= np.linalg.norm(patches, axis=1, keepdims=True)
    places = (np.stack((columns, rows), axis=1)[usable] + 0.5) * size
    return places, np.full(len(places), size), turns[usable], patches


def _slopes(grey: Grey) -> tuple[Grey, Grey]:
    """Return how grey changes downwards and to the right."""
    down, across = np.gradient(grey)
    return np.asarray(down, np.float32), np.asarray(across, np.float32)


def _blurred(grey: Grey, weights: tuple[float, ...]) -> Grey:
    reach = len(weights) // 2
    height, width = grey.shape
    framed = np.pad(grey, reach, mode="edge")
    rows = np.zeros((height, framed.shape[1]), np.float32)
    for step, weight in enumerate(weights):
        rows += np.float32(weight) * framed[step : step + height]
    both = np.zeros((height, width), np.float32)
    for step, weight in enumerate(weights):
        both += np.float32(weight) * rows[:, step : step + width]
    return both


def _strength(across: Grey, down: Grey) -> Grey:
    """Return how much of a corner each pixel is: the harmonic mean of the two main curvatures."""
    xx, yy, xy = (_blurred(product, _WIDE) for product in (across * across, down * down, across * down))
    return np.asarray((xx * yy - xy * xy) / (xx + yy + np.float32(1e-3)))


def _strongest(strength: Grey) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the strongest corners of each cell, so that they are spread over the image."""
    framed = np.pad(strength, 2, constant_values=-1)
    height, width = strength.shape
    peak = np.ones(strength.shape, np.bool_)
    for y in range(5):
        for x in range(5):
            if (y, x) != (2, 2):
                peak &= strength >= framed[y : y + height, x : x + width]
    peak &= strength > 0.5
    peak[:_BORDER] = peak[-_BORDER:] = False
    peak[:, :_BORDER] = peak[:, -_BORDER:] = False
    rows, columns = np.nonzero(peak)
    cells = (rows // _CELL) * (width // _CELL + 1) + columns // _CELL
    order = np.lexsort((-strength[rows, columns], cells))
    sorted_cells = cells[order]
    first = np.searchsorted(sorted_cells, sorted_cells)
    chosen = order[np.arange(len(order)) - first < _PER_CELL]
    return rows[chosen], columns[chosen]


def _patches(
    grey: Grey, rows: NDArray[np.intp], columns: NDArray[np.intp], turns: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return what surrounds each corner, turned upright, N × 64."""
    steps = (np.arange(_PLACES) - (_PLACES - 1) / 2) * _SPACING
    x, y = (part.ravel() for part in np.meshgrid(steps, steps))
    cosine, sine = np.cos(turns)[:, None], np.sin(turns)[:, None]
    height, width = grey.shape
    sampled_x = np.clip(columns[:, None] + cosine * x - sine * y, 0, width - 1.001)
    sampled_y = np.clip(rows[:, None] + sine * x + cosine * y, 0, height - 1.001)
    left, top = sampled_x.astype(np.intp), sampled_y.astype(np.intp)
    right, low = (sampled_x - left).astype(np.float32), (sampled_y - top).astype(np.float32)
    upper = grey[top, left] * (1 - right) + grey[top, left + 1] * right
    lower = grey[top + 1, left] * (1 - right) + grey[top + 1, left + 1] * right
    return np.asarray(upper * (1 - low) + lower * low, np.float32)


def _matches(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> tuple[NDArray[np.intp], ...]:
    """Return pairs that are each other's best and clearly so, the surest first."""
    if len(ours) < 2 or len(theirs) < 2:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    distances = 2 - 2 * (ours @ theirs.T)
    best = np.argmin(distances, axis=1)
    one = np.arange(len(ours))
    two = np.partition(distances, 1, axis=1)[:, :2]
    ratio = two[:, 0] / np.maximum(two[:, 1], 1e-6)
    mutual = np.argmin(distances, axis=0)[best] == one
    kept = one[mutual & (ratio < _CLEARLY)]
    kept = kept[np.argsort(ratio[kept])][:_MOST_MATCHES]
    return kept, best[kept]


def _largest_agreement(
    here: NDArray[np.float64],
    there: NDArray[np.float64],
    size: NDArray[np.float64],
    turn: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which pairs agree with the similarity, of any two pairs, that most agree with."""
    from_, to = here @ (1, 1j), there @ (1, 1j)
    one, two = np.triu_indices(len(here), 1)
    apart = from_[two] - from_[one]
    far = np.abs(apart) > 8
    one, two, apart = one[far], two[far], apart[far]
    factor = (to[two] - to[one]) / apart
    expected = size * np.exp(1j * turn)
    fits = np.ones(len(one), np.bool_)
    for pair in (one, two):
        relation = np.log(np.where(factor == 0, 1e-9, factor) / expected[pair])
        fits &= (np.abs(relation.real) < _AGREE_SCALE) & (np.abs(relation.imag) < _AGREE_TURN)
    factor, moved = factor[fits], to[one[fits]] - factor[fits] * from_[one[fits]]
    if not len(factor):
        return np.zeros(len(here), np.bool_)
    reach = 2 * _NEAR * float(np.ptp(there, axis=0).max()) / SIDE
    near = np.abs(factor[:, None] * from_ + moved[:, None] - to) <= reach
    return np.asarray(near[int(np.argmax(near.sum(axis=1)))])


def fitted(here: NDArray[np.float64], there: NDArray[np.float64], *, perspective: bool) -> Matrix | None:
    """Return the affine or projective map that fits best."""
    centre, spread = here.mean(axis=0), float(np.ptp(here, axis=0).max()) or 1.0
    x, y = ((here - centre) / spread).T
    ones, zeros = np.ones_like(x), np.zeros_like(x)
    across = np.stack((x, y, ones, zeros, zeros, zeros), axis=1)
    down = np.stack((zeros, zeros, zeros, x, y, ones), axis=1)
    left = np.concatenate((across, down))
    right = there.T.ravel()
    if perspective:
        bent = np.concatenate((np.stack((x, y), axis=1), np.stack((x, y), axis=1))) * -right[:, None]
        left = np.concatenate((left, bent), axis=1)
    solved, _, rank, _ = np.linalg.lstsq(left, right, rcond=None)
    if rank < left.shape[1]:
        return None
    eight = np.concatenate((solved, np.zeros(9 - len(solved))))
    eight[8] = 1.0
    normal = np.array([(1 / spread, 0, -centre[0] / spread), (0, 1 / spread, -centre[1] / spread), (0, 0, 1)])
    return np.asarray(eight.reshape(3, 3) @ normal)
