"""Guesses how a pattern lies in an image of which nothing is known, from the power of the image's spectrum.

A change of scale or a turn only moves a spectrum about in log-polar coordinates: adding it up at the places
of the sync tones, moved about, tries all of them. What stretches or mirrors the pattern moves these places.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import TILE, Layer
from local_server.marks.codec import Codec
from local_server.marks.geometry import Region
from local_server.marks.sizes import Sizes

# One step of angle is one step of the logarithm of the radius. The sync tones lie alike after a quarter turn.
_QUARTER: Final = 128
_STEP: Final = np.pi / 2 / _QUARTER
_LOWEST: Final = 0.045
_RADII: Final = 208
# Growths of the pattern's frequencies that are tried at one size: scales from 0.52 to 1.2.
_GROWTHS: Final = np.arange(round(np.log(1 / 1.2) / _STEP), round(np.log(1 / 0.52) / _STEP) + 1)
_WINDOW: Final = 256
_SURROUNDINGS: Final = 8
# Standard deviations; what is louder is the picture's own.
_LOUDEST: Final = 5.0
_CLEAR: Final = 3.2
_PEAKS: Final = 2
_PEAK_REACH: Final = 3
# Sizes that are looked at, in halvings: twice the image's own, its own, a half and a quarter.
_HALVINGS: Final = (-1, 0, 1, 2)
_LEAST_SIDE: Final = 64

Shape = NDArray[np.float64]
MIRROR: Final[Shape] = np.diag((-1.0, 1.0))


@dataclass(frozen=True, eq=False)
class Seed:
    """A guess: pattern pixels per image pixel, 2 × 2, and how clearly it stands out, in standard deviations.

    The pattern may as well be turned by any number of quarter turns.
    """

    layer: Layer
    jacobian: Shape
    clarity: float
    box: Region

    @property
    def scale(self) -> float:
        """Image pixels per pixel of the pattern."""
        return float(abs(np.linalg.det(self.jacobian)) ** -0.5)


def aspects() -> list[Shape]:
    """Return stretches along the pattern's own axes: up to 16:9 of what was 4:3, and back."""
    places = [sign * place for place in (0.03, 0.06, 0.09, 0.12, 0.15, 0.18) for sign in (1, -1)]
    return [np.diag((1 + place, 1 - place)) / np.sqrt(1 - place * place) for place in places]


def stretches(widest: float, step: float) -> list[Shape]:
    """Return stretches in all directions, the weakest first."""
    count = round(widest / step)
    steps = range(-count, count + 1)
    places = [(p * step, q * step) for p in steps for q in steps if np.hypot(p, q) <= count + 0.5]
    places.sort(key=lambda place: float(np.hypot(*place)))
    return [np.array([(1 + p, q), (q, 1 - p)]) / np.sqrt(1 - p * p - q * q) for p, q in places]


class Spectra:
    """The power spectra of an image's windows at several sizes, and what they say of parts of the image."""

    def __init__(self, sizes: Sizes, codec: Codec) -> None:
        self._sizes = sizes
        self._tones = {
            layer: np.stack((carrier.sync.kx, carrier.sync.ky)) / TILE
            for layer, carrier in codec.carriers.items()
        }
        self._powers: dict[int, NDArray[np.float32]] = {}

    def seeds(self, shapes: list[Shape], box: Region) -> Iterator[Seed]:
        """Yield guesses from a box of the image; each shape is a stretch, or one after mirroring."""
        for halvings in _HALVINGS:
            if min(self._sizes.width, self._sizes.height) < _LEAST_SIDE << max(halvings, 0):
                return
            polar = _polar(_evened(self._mean_power(halvings, box)))
            for layer, tones in self._tones.items():
                for shape in shapes:
                    for turned, clarity in _peaks(polar, shape @ tones):
                        jacobian = 2.0**-halvings * (turned @ shape).T
                        yield Seed(layer, jacobian, clarity, box)

    def _mean_power(self, halvings: int, box: Region) -> NDArray[np.float32]:
        """Return the mean over the windows whose middles lie in the box."""
        window = _WINDOW >> max(-halvings, 0)
        if halvings not in self._powers:
            self._powers[halvings] = _power(self._sizes.halved(max(halvings, 0)), window)
        powers = self._powers[halvings]
        hop = (window // 2) << max(halvings, 0)
        rows, columns = (
            slice(min(max(round(first / hop - 0.99), 0), count - 1), max(round(last / hop - 1), 1))
            for first, last, count in zip(box[1::-1], box[:1:-1], powers.shape[:2], strict=True)
        )
        return np.asarray(powers[rows, columns].mean(axis=(0, 1)))


def _power(levelled: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """Return the power of windows that overlap by half: rows × columns × frequencies (half)."""
    hop = window // 2
    padded = np.pad(levelled, [(0, max(window - side, -side % hop)) for side in levelled.shape])
    hann = np.hanning(window + 1)[:-1].astype(np.float32)
    places = np.lib.stride_tricks.sliding_window_view(padded, (window, window))[::hop, ::hop]
    powers = np.empty((*places.shape[:2], window, hop + 1), np.float32)
    for row, power in zip(places, powers, strict=True):
        spectrum = np.fft.rfft2(row * (hann[:, None] * hann))
        power[:] = spectrum.real**2 + spectrum.imag**2
    return powers


def _evened(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the whole spectrum, its middle in the middle, relative to its surroundings."""
    whole = np.concatenate((np.roll(power[::-1, :0:-1], 1, axis=0), power[:, :-1]), axis=1, dtype=np.float64)
    whole = np.fft.fftshift(whole, axes=0)
    side = 2 * _SURROUNDINGS + 1
    sums = np.pad(whole, (_SURROUNDINGS + 1, _SURROUNDINGS), mode="reflect").cumsum(axis=0).cumsum(axis=1)
    around = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.asarray(whole / (around / side**2 + 1e-12) - 1)


def _polar(whole: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a spectrum at the angles of a quarter, taken together with the next, and at rising radii.

    The quarter follows once more, for turns that lead beyond it. Radii count as in windows of _WINDOW.
    """
    middle = len(whole) // 2
    angles = (np.arange(2 * _QUARTER) * _STEP)[:, None]
    radii = _LOWEST * np.exp(np.arange(_RADII) * _STEP) * _WINDOW
    x, y = middle + radii * np.cos(angles), middle + radii * np.sin(angles)
    inside = (np.abs(x - middle) < middle - 1) & (np.abs(y - middle) < middle - 1)
    left, top = (np.clip(places, 0, len(whole) - 2).astype(np.intp) for places in (x, y))
    across, down = x - left, y - top
    upper = whole[top, left] * (1 - across) + whole[top, left + 1] * across
    lower = whole[top + 1, left] * (1 - across) + whole[top + 1, left + 1] * across
    sampled = np.where(inside, upper * (1 - down) + lower * down, 0)
    spread = np.sqrt(np.mean(sampled[inside] ** 2)) + 1e-12
    quarter = np.clip(sampled / spread, -_LOUDEST, _LOUDEST).reshape(2, _QUARTER, _RADII).sum(axis=0)
    return np.concatenate((quarter, quarter)).astype(np.float32)


def _peaks(polar: NDArray[np.float32], frequencies: Shape) -> Iterator[tuple[Shape, float]]:
    """Yield the clearest turns and growths of some frequencies, as matrices."""
    angles = np.rint(np.arctan2(frequencies[1], frequencies[0]) / _STEP).astype(int) % _QUARTER
    radii = np.rint(np.log(np.hypot(*frequencies) / _LOWEST) / _STEP).astype(int) + _GROWTHS[0]
    total = np.zeros((_QUARTER, len(_GROWTHS)), np.float32)
    for angle, radius in zip(angles.tolist(), radii.tolist(), strict=True):
        total += polar[angle : angle + _QUARTER, radius : radius + len(_GROWTHS)]
    for _ in range(_PEAKS):
        row, column = divmod(int(np.argmax(total)), len(_GROWTHS))
        clarity = float(total[row, column]) / (2 * len(angles) ** 0.5)
        if clarity < _CLEAR:
            return
        turn, growth = row * _STEP, np.exp(_GROWTHS[column] * _STEP)
        yield growth * np.array([(np.cos(turn), -np.sin(turn)), (np.sin(turn), np.cos(turn))]), clarity
        rows = np.arange(row - _PEAK_REACH, row + _PEAK_REACH + 1) % _QUARTER
        total[rows, max(0, column - _PEAK_REACH) : column + _PEAK_REACH + 1] = -np.inf


def clearest(seeds: Iterable[Seed], count: int) -> list[Seed]:
    """Return the clearest of some guesses."""
    return sorted(seeds, key=lambda seed: -seed.clarity)[:count]
