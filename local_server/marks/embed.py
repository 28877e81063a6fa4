"""Lays a mark into pixels: stronger where the picture is busy, one grey level where it is flat."""

from math import exp
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from local_server.marks.carrier import TILE, Strength

ACTIVITY_GRID: Final = 4
"""Blocks of one picture join without a seam when their corners lie on multiples of this."""

# The strength in grey levels rms: FLAT up to the activity of sensor NOISE, which hides nothing, then rising
# by GAIN per grey level of activity towards STRONGEST. The rise bends softly: PSNR and SSIM pay for the
# busiest areas without the reader gaining.
_FLAT: Final = 0.97
_NOISE: Final = 0.7
_GAIN: Final = 0.3
_STRONGEST: Final = 3.1
# The part of a higher level's rise that flat areas take: they show it first.
_FLAT_RISE: Final = 0.2

# Fixed point: strengths and tile values are both kept in 32nds of a grey level, products in 1024ths.
_ONE: Final = 32
_PRODUCT_BITS: Final = 10
# Deviations are measured in eighths; those over 31 grey levels are edges and count no more than that.
_FINENESS: Final = 8
_AMPLIFIED: Final = [min(255, _FINENESS * level) for level in range(256)]
_BAND: Final = 2 * TILE
_ROWS_AT_ONCE: Final = 32


def _strength(activity: float) -> float:
    reach = _STRONGEST - _FLAT
    return _STRONGEST - reach * exp(-_GAIN * max(activity - _NOISE, 0) / reach)


_STRENGTHS: Final = [round(_ONE * _strength(level / _FINENESS)) for level in range(256)]


class Margin(NamedTuple):
    """Pixels around a block that are looked at for the activity and not returned."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


MARGIN: Final = 16
"""The margin that makes a block come out as it does within the whole picture."""

NO_MARGIN: Final = Margin()


class Measured(NamedTuple):
    """A block of luma without its margin, and how strong a mark each of its pixels takes.

    The strengths are in fixed point, ceil(H / 2) × W: a row of them holds for two rows of pixels.
    """

    luma: NDArray[np.uint8]
    strengths: NDArray[np.uint8]


def embed(
    pixels: NDArray[np.uint8],
    tile: NDArray[np.float32],
    origin: tuple[int, int] = (0, 0),
    margin: Margin = NO_MARGIN,
    strength: Strength = Strength.MARKED,
) -> NDArray[np.uint8]:
    """Return a marked copy of an H × W × 3 block of red, green and blue, less its margin.

    `origin` is where the returned block's upper left pixel lies in the whole picture, from whose corner the
    pattern is counted. Where the block ends inside the picture, give MARGIN pixels more of it and say so.
    """
    _check(pixels, origin, margin)
    measured = measure(np.asarray(Image.fromarray(pixels).convert("L")), margin)
    plain = _within(pixels, margin)
    rows, columns = plain.shape[:2]
    # Three values a pixel in one row, which all change alike.
    raised = Image.fromarray(_raised(measured.strengths, strength))
    strengths = np.asarray(raised.convert("RGB")).reshape(-1, 3 * columns)
    pattern = np.repeat(_unrolled(tile, origin, columns), 3, axis=1)
    return _sum(plain.reshape(rows, 3 * columns), strengths, pattern).reshape(rows, columns, 3)


def measure(luma: NDArray[np.uint8], margin: Margin = NO_MARGIN) -> Measured:
    """Measure what does not depend on the mark: it can be kept, and marked for one viewer after the other."""
    plain = _within(luma, margin)
    rows, columns = plain.shape
    strengths = np.empty((-(-rows // 2), columns), np.uint8)
    # Bands fit the processor's cache; each is measured with a margin of its own, so their joins do not show.
    for top in range(margin.top, margin.top + rows, _BAND):
        bottom = min(top + _BAND, margin.top + rows)
        above = max(top - MARGIN, 0)
        band = _strengths(luma[above : min(bottom + MARGIN, len(luma))])[(top - above) // 2 :]
        part = strengths[(top - margin.top) // 2 :][: -(-(bottom - top) // 2)]
        part[:] = band[: len(part), margin.left : margin.left + columns]
    return Measured(plain, strengths)


def lay(
    measured: Measured,
    tile: NDArray[np.float32],
    origin: tuple[int, int] = (0, 0),
    strength: Strength = Strength.MARKED,
) -> NDArray[np.uint8]:
    """Return the luma with a mark laid into it."""
    pattern = _unrolled(tile, origin, measured.luma.shape[1])
    return _sum(measured.luma, _raised(measured.strengths, strength), pattern)


def _raised(strengths: NDArray[np.uint8], strength: Strength) -> NDArray[np.uint8]:
    """Return what a level makes of strengths: where the picture is busy the whole rise, in a sky little."""
    if strength is Strength.MARKED:
        return strengths
    usual = np.arange(256) / _ONE
    busy = np.clip((usual - _FLAT) / (_STRONGEST - _FLAT), 0, 1)
    rise = (strength - 1) * (_FLAT_RISE + (1 - _FLAT_RISE) * busy)
    return np.minimum(np.rint(_ONE * usual * (1 + rise)), 255).astype(np.uint8)[strengths]


def _within(pixels: NDArray[np.uint8], margin: Margin) -> NDArray[np.uint8]:
    """Return a block less its margin."""
    height, width = pixels.shape[:2]
    return pixels[margin.top : height - margin.bottom, margin.left : width - margin.right]


def _sum(
    plain: NDArray[np.uint8], strengths: NDArray[np.uint8], pattern: NDArray[np.int16]
) -> NDArray[np.uint8]:
    """Return plain + strengths × pattern; a row of strengths holds for two rows of pixels."""
    marked = np.empty(plain.shape, np.uint8)
    change = np.empty((_ROWS_AT_ONCE, plain.shape[1]), np.int16)
    for top in range(0, len(plain), _ROWS_AT_ONCE):
        count = min(_ROWS_AT_ONCE, len(plain) - top)
        part = change[:count]
        for parity in (0, 1):
            some = part[parity::2]
            weights = strengths[top // 2 : top // 2 + len(some)]
            start = (top + parity) % TILE
            np.multiply(weights, pattern[start::2][: len(some)], out=some, dtype=np.int16)
        part += 1 << (_PRODUCT_BITS - 1)
        part >>= _PRODUCT_BITS
        part += plain[top : top + count]
        np.clip(part, 0, 255, out=part)
        marked[top : top + count] = part
    return marked


def _check(pixels: NDArray[np.uint8], origin: tuple[int, int], margin: Margin) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise ValueError("pixels are H × W × 3 of uint8")
    corner = (origin[0] - margin.left, origin[1] - margin.top)
    if any(place % ACTIVITY_GRID for place in (*corner, margin.left, margin.top)):
        raise ValueError(f"a block and its margin begin at multiples of {ACTIVITY_GRID}")
    if pixels.shape[0] <= margin.top + margin.bottom or pixels.shape[1] <= margin.left + margin.right:
        raise ValueError("nothing is left of the block within its margin")


def _unrolled(tile: NDArray[np.float32], origin: tuple[int, int], columns: int) -> NDArray[np.int16]:
    """Return TILE rows of the pattern as it lies under the block, in fixed point."""
    turned = np.roll(np.rint(tile * _ONE).astype(np.int16), (-origin[1], -origin[0]), (0, 1))
    return np.tile(turned, (1, -(-columns // TILE)))[:, :columns]


def _strengths(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the strength of the mark in fixed point, ceil(H / 2) × W.

    The activity is the mean deviation of the luma from its surroundings (about 8 pixels wide), measured at
    half size, and the least of it around each place: a flat area beside an edge stays weak.
    """
    height, width = luma.shape
    half = Image.fromarray(luma).reduce(2)
    quarter = half.reduce(2)
    # Even multiples, so that the surroundings are interpolated alike in a block and in the whole picture.
    even = (2 * quarter.width, 2 * quarter.height)
    surroundings = quarter.resize(even, Image.Resampling.BILINEAR).crop((0, 0, *half.size))
    deviations = ImageChops.difference(half, surroundings).point(_AMPLIFIED).reduce(2)
    activity = _eroded(np.asarray(deviations.filter(ImageFilter.BoxBlur(1))))
    levels = Image.fromarray(activity).point(_STRENGTHS).resize(even, Image.Resampling.BILINEAR)
    rows = levels.resize((2 * even[0], even[1]), Image.Resampling.NEAREST)
    return np.asarray(rows)[: -(-height // 2), :width]


def _eroded(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the least of each 3 × 3 neighbourhood."""
    framed = np.pad(values, 1, mode="edge")
    across = np.minimum(np.minimum(framed[:, :-2], framed[:, 1:-1]), framed[:, 2:])
    return np.minimum(np.minimum(across[:-2], across[1:-1]), across[2:])
