"""Hashes by which a picture is known again where its mark is gone: of the whole and of parts of it."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

VERSION: Final = 1
"""Written beside every row of hashes: others are made anew."""

HASH_BITS: Final = 64
_SIDE: Final = 32
_LARGEST: Final = 256
# The cosines of the lowest frequencies, and the 64 lowest of their products but the mean.
_FREQUENCIES: Final = 12
_COSINES: Final = np.cos(np.pi / _SIDE * np.outer(np.arange(_FREQUENCIES), np.arange(_SIDE) + 0.5)).astype(
    np.float32
)
_ORDER: Final = np.argsort(
    np.add.outer(np.arange(_FREQUENCIES), np.arange(_FREQUENCIES)).ravel(), kind="stable"
)[1 : HASH_BITS + 1]

Box = tuple[float, float, float, float]


def _grid(side: float, steps: int) -> list[Box]:
    offsets = [(1 - side) * step / (steps - 1) for step in range(steps)]
    return [(left, top, left + side, top + side) for top in offsets for left in offsets]


# Left, top, right and bottom of each part, as shares of the whole.
PARTS: Final[tuple[Box, ...]] = (
    (0.0, 0.0, 1.0, 1.0),
    *_grid(0.8, 3),
    *_grid(0.6, 4),
    *_grid(0.45, 5),
)
# What of a copy is looked for besides: it may show more than the picture, or have lost a border.
_ASKED: Final[tuple[Box, ...]] = (PARTS[0], *_grid(0.85, 3), *_grid(0.7, 4))


def hashes(image: Image.Image, parts: tuple[Box, ...] = PARTS) -> NDArray[np.uint64]:
    """Return the 64-bit hash of each part: the signs of its lowest cosine terms against their median."""
    grey = image.convert("L")
    grey.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    width, height = grey.size
    small = np.stack(
        [
            np.asarray(
                grey.resize(
                    (_SIDE, _SIDE),
                    Image.Resampling.BOX,
                    (left * width, top * height, right * width, bottom * height),
                ),
                np.float32,
            )
            for left, top, right, bottom in parts
        ]
    )
    terms = (_COSINES @ small @ _COSINES.T).reshape(len(parts), -1)[:, _ORDER]
    bits = terms > np.median(terms, axis=1, keepdims=True)
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(">u8").astype(np.uint64)[:, 0]


def asked(image: Image.Image) -> NDArray[np.uint64]:
    """Return the hashes to look a copy up by: of it and of parts of it, and of it turned and mirrored."""
    turned = [hashes(image.transpose(how), PARTS[:1]) for how in Image.Transpose]
    return np.unique(np.concatenate((hashes(image, _ASKED), *turned)))


def distances(wanted: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return for each row of known hashes in how many bits its best pair with a wanted one differs."""
    best = np.full(len(known), HASH_BITS, np.uint8)
    for one in wanted:
        np.minimum(best, np.bitwise_count(known ^ one).min(axis=1), out=best)
    return best
