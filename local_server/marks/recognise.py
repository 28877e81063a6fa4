"""Tell which of several pictures a copy shows, though it may be cropped or lie in a larger screenshot."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

Grey = NDArray[np.float32]

COMPARED_SIDE: Final = 320
_SURROUNDINGS: Final = 6
# A copy must share this much of the smaller of the two with the picture.
_OVERLAP: Final = 0.6
_LEAST_PIXELS: Final = 24 * 24
# Measured on photographs: unlike pictures, each at its best place, stay below 0.25 where they overlap in many
# pixels, and reach 0.75 where in few; a copy has 0.5 to 0.98, be it cropped, a JPEG 50 or in a screenshot.
_MANY_PIXELS: Final = 10_000
_ALIKE_IN_MANY: Final = 0.45
_ALIKE_IN_FEW: Final = 0.8
_AHEAD: Final = 0.2


class Likeness(NamedTuple):
    """The best correlation (-1 to 1), and whether it rests on many pixels."""

    score: float
    many: bool

    @property
    def convincing(self) -> bool:
        """Say whether chance does not reach it."""
        return self.score >= (_ALIKE_IN_MANY if self.many else _ALIKE_IN_FEW)


def levelled(image: Image.Image, size: tuple[int, int]) -> Grey:
    """Return a grey picture at a size, less its surroundings: edges compare better than brightness."""
    grey = image.convert("L").resize(
        size, Image.Resampling.BOX if size < image.size else Image.Resampling.BICUBIC
    )
    surroundings = grey.filter(ImageFilter.BoxBlur(_SURROUNDINGS))
    return np.asarray(ImageChops.subtract(grey, surroundings, 1, 128), np.float32) - 128


def likeness(first: Grey, second: Grey) -> Likeness:
    """Return how alike two pictures are at the best of all places that make them overlap enough.

    The normalised cross-correlation of masked images (Padfield 2012), by Fourier transform.
    """
    smaller = min(first.size, second.size)
    if smaller < _LEAST_PIXELS:
        return Likeness(0.0, many=False)
    shape = (first.shape[0] + second.shape[0] - 1, first.shape[1] + second.shape[1] - 1)
    padded = (_smooth(shape[0]), _smooth(shape[1]))

    def spectrum(values: Grey) -> NDArray[np.complex128]:
        return np.fft.rfft2(values, padded)

    def product(one: NDArray[np.complex128], other: NDArray[np.complex128]) -> NDArray[np.float64]:
        return np.asarray(np.fft.irfft2(one * other.conj(), padded))

    ones_first, ones_second = spectrum(np.ones_like(first)), spectrum(np.ones_like(second))
    values_first, values_second = spectrum(first), spectrum(second)
    count = np.maximum(np.rint(product(ones_first, ones_second)), 1)
    sum_first, sum_second = product(values_first, ones_second), product(ones_first, values_second)
    covariance = product(values_first, values_second) - sum_first * sum_second / count
    variance_first = product(spectrum(first**2), ones_second) - sum_first**2 / count
    variance_second = product(ones_first, spectrum(second**2)) - sum_second**2 / count
    spread = np.sqrt(np.maximum(variance_first, 0) * np.maximum(variance_second, 0))
    # A flat overlap (less than one grey level of spread) is like anything.
    usable = (count >= _OVERLAP * smaller) & (spread >= count)
    best = float(np.max(np.where(usable, covariance / np.maximum(spread, 1), 0.0)))
    return Likeness(best, many=smaller >= _MANY_PIXELS)


def choose(compared: Iterable[tuple[str, Likeness]]) -> str | None:
    """Return the one that is convincingly alike and clearly ahead of all others, or None: never a guess."""
    best: dict[str, Likeness] = {}
    for name, found in compared:
        if name not in best or best[name].score < found.score:
            best[name] = found
    ranked = sorted(best.items(), key=lambda item: -item[1].score)
    if not ranked or not ranked[0][1].convincing:
        return None
    if len(ranked) > 1 and ranked[0][1].score - ranked[1][1].score < _AHEAD:
        return None
    return ranked[0][0]


def _smooth(length: int) -> int:
    """Return the next length that the Fourier transform is quick at."""
    step = 64 if length > 256 else 32
    return -(-length // step) * step
