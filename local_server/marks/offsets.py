"""Finds where an upright pattern of known scale begins: the peaks of the correlation with its sync tones."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import TILE, Carrier, Tones
from local_server.marks.spectrum import REACH
from local_server.marks.tiles import surrounding_power

# In standard deviations, and how many places are tried. Chance alone reaches 4 to 4.5 among all the offsets
# of a tile; a mark that can be decoded, 5 and more.
USUAL: Final = (4.6, 3)
# For who knows which marks there can be: the sync tones may be weaker, and be beaten by chance.
KEEN: Final = (3.6, 6)
# Single tones that stand out by more than this are the picture's own (a fence, a weave) and count as this
# much.
_LOUDEST: Final = 6.0


def find_offsets(
    measured: NDArray[np.complex64], carrier: Carrier, effort: tuple[float, int] = USUAL
) -> Iterator[tuple[float, float]]:
    """Yield how far right and down the pattern of these tones may be moved, the likeliest first."""
    kx, ky = carrier.sync.kx, carrier.sync.ky
    noise = surrounding_power(np.abs(measured).astype(np.float64) ** 2, carrier.data)
    strengths = measured[ky + REACH, kx] / np.sqrt(noise[ky + REACH, kx])
    strengths /= np.maximum(1, np.abs(strengths) / _LOUDEST)
    likeness = strengths * carrier.sync_values.conj()
    spectrum = np.zeros((TILE, TILE // 2 + 1), np.complex128)
    spectrum[ky, kx] = likeness
    # The real part of the sum over the sync tones, divided by its standard deviation in noise of unit power.
    map_ = np.fft.irfft2(spectrum, (TILE, TILE)) * (TILE * TILE / 2 / np.sqrt(len(carrier.sync) / 2))
    least, count = effort
    for _ in range(count):
        y, x = divmod(int(np.argmax(map_)), TILE)
        if map_[y, x] < least:
            return
        yield _refined(likeness, carrier.sync, x, y)
        rows, columns = (np.arange(place - 2, place + 3) % TILE for place in (y, x))
        map_[np.ix_(rows, columns)] = -np.inf


def _refined(likeness: NDArray[np.complex128], sync: Tones, x: int, y: int) -> tuple[float, float]:
    """Return the best place within half a pixel."""
    steps = np.linspace(-0.5, 0.5, 9)
    across = np.exp(2j * np.pi / TILE * np.outer(x + steps, sync.kx))
    down = np.exp(2j * np.pi / TILE * np.outer(y + steps, sync.ky))
    row, column = divmod(int(np.argmax(((down * likeness) @ across.T).real)), len(steps))
    return float(x + steps[column]), float(y + steps[row])
