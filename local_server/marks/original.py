"""Reads a mark with the original at hand: what the copy has that the original has not is mostly the mark."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.codec import Codec
from local_server.marks.geometry import Geometry, Region, apply, straightened
from local_server.marks.issued import Issued
from local_server.marks.read import Reading, read
from local_server.marks.register import Matrix, fitted
from local_server.marks.spectrum import luma

Grey = NDArray[np.float32]

_BLOCK: Final = 128
_STEP: Final = 96
_LEAST_SPREAD: Final = 2.0
# A block that fits lies this much above the noise of its correlation, in standard deviations.
_FOUND: Final = 7.0
_FEWEST: Final = 8
_ROUNDS: Final = 2
# The original is softened as the copy was by the 7 × 7 weights that fit best.
_REACH: Final = 3
_FITTED: Final = 150_000
# Grey levels become this many, so that the mark's single ones are not lost in rounding.
_LOUDER: Final = 8


def read_against(
    pixels: NDArray[np.uint8],
    original: Grey,
    matrix: Matrix,
    codec: Codec,
    scales: list[float],
    issued: Issued | None = None,
) -> list[Reading]:
    """Return the marks of a copy (H × W × 3) of an original (H × W of luma) that was registered roughly.

    `matrix` maps the copy's pixels to the original's; `scales` are those of marks that may have been
    laid into other sizes of it. Geometries and regions are in the copy. A mark that is too weak to be decoded
    is still told if it is one of those `issued`.
    """
    grey = luma(pixels)
    matrix = refined(grey, original, matrix)
    differing = _difference(grey, original, matrix)
    if differing is None:
        return []
    difference, corner = differing
    # From the copy to the array that is read, whose corner is a place of the original.
    seen = np.array([(1, 0, -corner[0]), (0, 1, -corner[1]), (0, 0, 1.0)]) @ matrix
    region = Region(0, 0, grey.shape[1], grey.shape[0])
    grown = np.array([(1, 0, corner[0]), (0, 1, corner[1]), (0, 0, 1.0)])
    laid = np.repeat(difference[..., None], 3, axis=2)
    found = read(laid, codec, scales, Geometry.of(grown), issued=issued)
    return [
        Reading(
            reading.mark,
            reading.layer,
            Geometry.of(reading.geometry.matrix @ seen, region.centre),
            region,
            reading.agreement,
        )
        for reading in found
    ]


def refined(grey: Grey, original: Grey, matrix: Matrix) -> Matrix:
    """Return the map to a fraction of a pixel, laid through the places of blocks in both."""
    for _ in range(_ROUNDS):
        overlaid = _overlaid(grey, original, matrix)
        if overlaid is None:
            return matrix
        copy, same, corner = overlaid
        here, there = _block_pairs(copy, same)
        if len(here) < _FEWEST:
            return matrix
        shift = there - here
        usual = np.median(shift, axis=0)
        spread = np.maximum(np.median(np.abs(shift - usual), axis=0), 0.5)
        near = (np.abs(shift - usual) <= 6 * spread).all(axis=1)
        if near.sum() < _FEWEST:
            return matrix
        mend = fitted(here[near] + corner, there[near] + corner, perspective=near.sum() >= 3 * _FEWEST)
        if mend is None:
            return matrix
        matrix = mend @ matrix
    return matrix


def _overlaid(grey: Grey, original: Grey, matrix: Matrix) -> tuple[Grey, Grey, tuple[int, int]] | None:
    """Return the copy as it lies over the original, the original there, and where the corner of both is."""
    laid = straightened(grey, matrix)
    if laid is None:
        return None
    copy, (left, top) = laid
    height, width = original.shape
    right, bottom = min(left + copy.shape[1], width), min(top + copy.shape[0], height)
    x, y = max(left, 0), max(top, 0)
    if right - x < _BLOCK or bottom - y < _BLOCK:
        return None
    return copy[y - top : bottom - top, x - left : right - left], original[y:bottom, x:right], (x, y)


def _block_pairs(copy: Grey, same: Grey) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middles of blocks, and where in the original their content is (N × 2 both)."""
    window = np.outer(np.hanning(_BLOCK), np.hanning(_BLOCK)).astype(np.float32)
    here, there = [], []
    for top in range(0, copy.shape[0] - _BLOCK + 1, _STEP):
        for left in range(0, copy.shape[1] - _BLOCK + 1, _STEP):
            one = copy[top : top + _BLOCK, left : left + _BLOCK]
            other = same[top : top + _BLOCK, left : left + _BLOCK]
            if one.min() == 0 and (one == 0).mean() > 0.02:
                continue  # beyond the copy
            if min(one.std(), other.std()) < _LEAST_SPREAD:
                continue
            moved = _shift((one - one.mean()) * window, (other - other.mean()) * window)
            if moved is not None:
                middle = np.array((left + _BLOCK / 2, top + _BLOCK / 2))
                here.append(middle)
                there.append(middle + moved)
    return np.array(here).reshape(-1, 2), np.array(there).reshape(-1, 2)


def _shift(one: Grey, other: Grey) -> NDArray[np.float64] | None:
    """Return by how much the first must be moved to lie on the second (x, y), by phase correlation."""
    product = np.fft.rfft2(other) * np.fft.rfft2(one).conj()
    map_ = np.fft.irfft2(product / (np.abs(product) ** 0.8 + 1e-6), one.shape)
    y, x = np.unravel_index(int(np.argmax(map_)), map_.shape)
    if (map_[y, x] - map_.mean()) / map_.std() < _FOUND:
        return None
    around = np.arange(-1, 2)
    rows, columns = map_[(y + around) % _BLOCK, x], map_[y, (x + around) % _BLOCK]
    exact = np.array((x + _vertex(columns), y + _vertex(rows)))
    return np.asarray((exact + _BLOCK / 2) % _BLOCK - _BLOCK / 2)


def _vertex(three: NDArray[np.float64]) -> float:
    bend = three[0] - 2 * three[1] + three[2]
    return 0.0 if bend >= 0 else float(np.clip((three[0] - three[2]) / (2 * bend), -0.5, 0.5))


def _difference(
    grey: Grey, original: Grey, matrix: Matrix
) -> tuple[NDArray[np.uint8], tuple[int, int]] | None:
    """Return copy less original around a middle grey, and the place of its corner in the original."""
    overlaid = _overlaid(grey, original, matrix)
    if overlaid is None:
        return None
    copy, same, corner = overlaid
    inside = _inside(grey.shape, copy.shape, matrix, corner)
    if not inside.any():
        return None
    softened = _softened(copy, same, inside)
    difference = np.where(inside, (copy - softened) * _LOUDER, 0)
    return np.rint(np.clip(128 + difference, 0, 255)).astype(np.uint8), corner


def _inside(
    shape: tuple[int, ...], seen: tuple[int, ...], matrix: Matrix, corner: tuple[int, int]
) -> NDArray[np.bool_]:
    """Say for every place whether the copy covers it, a little within its edges."""
    back = np.linalg.inv(matrix)
    rows, columns = np.mgrid[: seen[0] : 8, : seen[1] : 8]
    at = np.stack((columns.ravel() + corner[0], rows.ravel() + corner[1]), axis=1).astype(np.float64)
    places = apply(np.asarray(back, np.float64), at)
    edge = _REACH + 1
    within = (places > edge).all(axis=1) & (places < np.array((shape[1], shape[0])) - edge).all(axis=1)
    coarse = within.reshape(rows.shape)
    return np.asarray(np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)[: seen[0], : seen[1]])


def _softened(copy: Grey, same: Grey, inside: NDArray[np.bool_]) -> Grey:
    """Return the original through the weights, and with the brightness, that make it most like the copy."""
    side = 2 * _REACH + 1
    framed = np.pad(same, _REACH, mode="edge")
    rows, columns = np.nonzero(inside)
    some = slice(None, None, max(1, len(rows) // _FITTED))
    rows, columns = rows[some], columns[some]
    taps = [(y, x) for y in range(side) for x in range(side)]
    seen = np.stack(
        [framed[rows + y, columns + x] for y, x in taps] + [np.ones(len(rows), np.float32)], axis=1
    )
    seen = seen.astype(np.float64)
    normal = seen.T @ seen
    normal[np.diag_indices_from(normal)] *= 1 + 1e-6
    weights = np.linalg.solve(normal, seen.T @ copy[rows, columns].astype(np.float64)).astype(np.float32)
    height, width = same.shape
    softened = np.full(same.shape, weights[-1], np.float32)
    for (y, x), weight in zip(taps, weights, strict=False):
        softened += weight * framed[y : y + height, x : x + width]
    return softened
