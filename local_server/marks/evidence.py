"""Draws where in an image a mark lies: how the pattern correlates, place by place, and a box around it."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_server.marks.carrier import TILE
from local_server.marks.geometry import apply, straightened
from local_server.marks.read import Reading
from local_server.marks.spectrum import luma, whiten

# Pattern pixels of a cell, and the longer side of the picture that is made of them.
_CELL: Final = 16
MAP_SIDE: Final = 240
# So many cells are averaged that a place under the mark stands out by this much, in standard deviations.
_CLEAR: Final = 5.0
_FULL: Final = 8.0
_MOST_AVERAGED: Final = 0.5
# Of the strongest place: what is weaker is not called part of the mark.
_SHARE: Final = 0.4

Box = NDArray[np.float64]


def draw(pixels: NDArray[np.uint8], reading: Reading, tile: NDArray[np.float32]) -> tuple[bytes, Box]:
    """Return the correlation as a grey PNG of the whole image, and the corners (4 × 2 pixels) of a box.

    The box lies along the pattern's axes, around the places where the mark stands out.
    """
    height, width = pixels.shape[:2]
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    halved = max(0, round(float(np.log2(max(reading.scale, 1e-3)))))
    factor = 2**halved
    grey = luma(pixels)
    small = Image.fromarray(grey).reduce(factor) if halved else Image.fromarray(grey)
    seen = straightened(
        whiten(np.asarray(small, np.float32)),
        reading.geometry.matrix @ np.diag((factor, factor, 1.0)),
        TILE,
    )
    if seen is None:
        return _png(np.zeros((1, 1), np.float32)), whole
    levelled, corner = seen
    clear = _standing_out(levelled, tile, reading.agreement)
    # From a pixel of the map to the image, to the pattern, to a cell.
    shrink = max(width, height) / MAP_SIDE
    to_cell = np.diag((1 / _CELL, 1 / _CELL, 1.0)) @ np.array(
        [(1, 0, -corner[0]), (0, 1, -corner[1]), (0, 0, 1.0)]
    )
    chain = to_cell @ reading.geometry.matrix @ np.diag((shrink, shrink, 1.0))
    chain /= chain[2, 2]
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    map_ = Image.fromarray(clear).transform(
        size, Image.Transform.PERSPECTIVE, tuple(chain.ravel()[:8]), Image.Resampling.BILINEAR
    )
    return _png(np.asarray(map_)), _boxed(clear, np.linalg.inv(to_cell @ reading.geometry.matrix), whole)


def _standing_out(
    levelled: NDArray[np.float32], tile: NDArray[np.float32], agreement: float
) -> NDArray[np.float32]:
    """Return for each cell how much the pattern stands out around it, in standard deviations."""
    rows, columns = (side // _CELL * _CELL for side in levelled.shape)
    across, down = -(-columns // TILE), -(-rows // TILE)
    product = levelled[:rows, :columns] * np.tile(tile, (down, across))[:rows, :columns]
    cells = product.reshape(rows // _CELL, _CELL, columns // _CELL, _CELL)
    covered = (levelled[:rows, :columns] != 0).reshape(cells.shape).mean(axis=(1, 3))
    values = cells.mean(axis=(1, 3))
    there = covered > 0.5
    if not there.any():
        return np.zeros(values.shape, np.float32)
    spread = float(np.sqrt(np.mean((values[there] - values[there].mean()) ** 2))) or 1.0
    share = min(_MOST_AVERAGED, (_CLEAR / max(agreement, 1.0)) ** 2)
    side = max(1, round((share * there.sum()) ** 0.5))
    summed, counted = _summed(values * there, side), _summed(there.astype(np.float64), side)
    return np.where(there, summed / np.sqrt(np.maximum(counted, 1)) / spread, 0).astype(np.float32)


def _summed(values: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """Return the sums over squares of about a side, centred."""
    before, after = side // 2, side - side // 2
    framed = np.pad(values.astype(np.float64), ((before + 1, after), (before + 1, after)))
    total = framed.cumsum(axis=0).cumsum(axis=1)
    height, width = values.shape
    span = before + after
    return np.asarray(
        total[span : span + height, span : span + width]
        - total[:height, span : span + width]
        - total[span : span + height, :width]
        + total[:height, :width]
    )


def _boxed(clear: NDArray[np.float32], back: NDArray[np.float64], whole: Box) -> Box:
    """Return the box around the cells that stand out, in the image; all of it where none does."""
    rows, columns = np.nonzero(clear >= max(_SHARE * float(clear.max()), 1.0))
    if not len(rows):
        return whole
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    box = apply(back, np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64))
    return np.clip(box, whole[0], whole[2])


def _png(clear: NDArray[np.floating]) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(np.rint(np.clip(clear / _FULL, 0, 1) * 255).astype(np.uint8)).save(packed, "PNG")
    return packed.getvalue()
