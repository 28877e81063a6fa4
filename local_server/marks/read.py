"""Finds marks in pixels without the original, where the picture is upright and at a scale that is tried."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import TILE, Carrier, Layer, Tones
from local_server.marks.codec import Codec
from local_server.marks.geometry import Geometry, Region, straightened
from local_server.marks.identity import MarkId
from local_server.marks.spectrum import REACH, luma, tones, whiten

SCREEN_SCALES: Final = (1.0, 0.5, 2 / 3, 0.75, 1.25, 1.5, 1.75, 2.0)
"""What is tried unasked: the pattern as it was laid, and the scales that screens and browsers use."""

SMALLEST_SCALE: Final = 0.36
LARGEST_SCALE: Final = 8.0

# In standard deviations. Chance alone reaches 4 to 4.5 among all the offsets of a tile; a mark that can be
# read, 5 and more.
_SYNC_FOUND: Final = 4.6
_OFFSETS_TRIED: Final = 3
_NEIGHBOURHOOD: Final = 4
# Single tones that stand out by more than this are the picture's own (a fence, a weave) and count as this
# much.
_LOUDEST_SYNC: Final = 6.0
_LOUDEST_DATA: Final = 2.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One mark found."""

    mark: MarkId
    layer: Layer
    geometry: Geometry
    """How the pattern lies in the image."""
    region: Region
    """Where in the image the mark was looked for and found."""
    agreement: float
    """How well the tones agree with the mark, in standard deviations of chance.

    A whole picture gives about 30; below 10 nothing is read."""

    @property
    def scale(self) -> float:
        """Image pixels per pixel of the pattern."""
        return self.geometry.scale


@dataclass(frozen=True, slots=True)
class _Offset:
    x: float
    y: float
    sync: float


def read(
    pixels: NDArray[np.uint8], codec: Codec, scales: Iterable[float] = (), registered: Geometry | None = None
) -> list[Reading]:
    """Return the marks in H × W × 3 pixels, the clearest first; nothing where no checksum agrees.

    Cropping does not matter. `scales` are tried on top of SCREEN_SCALES: those at which the picture may have
    been shown or saved, exact to about one pixel over the width of the picture. `registered` is where the
    image lies in the picture that was marked, if that is known from comparing them.
    """
    found: dict[tuple[MarkId, Layer], Reading] = {}
    sizes = _Sizes(luma(pixels))
    readings: list[Reading] = []
    if registered is not None:
        readings += _read_registered(sizes, codec, registered)
    for scale in dict.fromkeys((*SCREEN_SCALES, *scales)):
        if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
            raise ValueError(f"a scale lies between {SMALLEST_SCALE} and {LARGEST_SCALE}")
        readings += _read_at(sizes, codec, scale)
    for reading in readings:
        known = found.get((reading.mark, reading.layer))
        if known is None or known.agreement < reading.agreement:
            found[reading.mark, reading.layer] = reading
    return sorted(found.values(), key=lambda reading: -reading.agreement)


class _Sizes:
    """The levelled picture at full size and at halves of it, made when first asked for."""

    def __init__(self, grey: NDArray[np.float32]) -> None:
        self.height, self.width = grey.shape
        self._grey = [grey]
        self._levelled: dict[int, NDArray[np.float32]] = {}

    def suited(self, scale: float) -> tuple[NDArray[np.float32], float]:
        """Return the levelled picture at the size that suits the pattern best, and the scale in it."""
        halvings = max(0, round(float(np.log2(scale))))
        while len(self._grey) <= halvings:
            self._grey.append(_halved(self._grey[-1]))
        if halvings not in self._levelled:
            self._levelled[halvings] = whiten(self._grey[halvings])
        return self._levelled[halvings], scale / 2**halvings


def _halved(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = (side // 2 * 2 for side in grey.shape)
    even, odd = grey[:height:2, :width], grey[1:height:2, :width]
    rows = even + odd
    return (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25)


def _read_at(sizes: _Sizes, codec: Codec, scale: float) -> Iterable[Reading]:
    levelled, suited_scale = sizes.suited(scale)
    region = Region(0, 0, sizes.width, sizes.height)
    for mark, layer, offset, agreement in _decoded(tones(levelled, (suited_scale, suited_scale)), codec):
        # The offset counts from the middle of the first pixel of the size that was looked at.
        half = 0.5 - 0.5 / suited_scale
        moved = (half - offset.x, half - offset.y)
        yield Reading(mark, layer, Geometry.scaled(scale, scale, moved, region.centre), region, agreement)


def _read_registered(sizes: _Sizes, codec: Codec, geometry: Geometry) -> Iterable[Reading]:
    region = Region(0, 0, sizes.width, sizes.height)
    around = Geometry(geometry.rows, region.centre)
    levelled, shrunk = sizes.suited(around.scale)
    factor = around.scale / shrunk
    seen = straightened(levelled, around.matrix @ np.diag((factor, factor, 1.0)), TILE)
    if seen is None:
        return
    for mark, layer, offset, agreement in _decoded(tones(seen[0], (1.0, 1.0)), codec):
        moved = np.array([(1, 0, -offset.x), (0, 1, -offset.y), (0, 0, 1.0)]) @ around.matrix
        yield Reading(mark, layer, Geometry.of(moved, region.centre), region, agreement)


def _decoded(measured: NDArray[np.complex64], codec: Codec) -> Iterable[tuple[MarkId, Layer, _Offset, float]]:
    noise = _surrounding_power(measured, codec)
    for layer, carrier in codec.carriers.items():
        for offset in _find_offsets(measured, noise, carrier):
            values = _shifted(measured, noise, carrier.data, offset)
            payload = codec.decode(layer, values)
            mark = None if payload is None else MarkId.from_payload(payload)
            if payload is not None and mark is not None:
                yield mark, layer, offset, _agreement(values, codec.values(layer, payload))
                break


def _surrounding_power(measured: NDArray[np.complex64], codec: Codec) -> NDArray[np.float64]:
    """Return for every tone the mean power of the data tones around it.

    That is the noise and, where it is strong, the mark: it is even over the data tones, so all of them lose
    alike. All layers have the same data tones.
    """
    data = codec.carriers[Layer.PIXELS].data
    counted = np.zeros(measured.shape)
    counted[data.ky + REACH, data.kx] = 1
    power = counted * np.abs(measured).astype(np.float64) ** 2
    return _around(power) / np.maximum(_around(counted), 1) + 1e-12


def _around(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums over squares of 2 _NEIGHBOURHOOD + 1."""
    side = 2 * _NEIGHBOURHOOD + 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, _NEIGHBOURHOOD), (side, side))
    return np.asarray(windows.sum(axis=(2, 3)))


def _find_offsets(
    measured: NDArray[np.complex64], noise: NDArray[np.float64], carrier: Carrier
) -> Iterable[_Offset]:
    """Yield where the pattern may begin, best first: the peaks of the correlation with the sync tones."""
    kx, ky = carrier.sync.kx, carrier.sync.ky
    strengths = measured[ky + REACH, kx] / np.sqrt(noise[ky + REACH, kx])
    strengths /= np.maximum(1, np.abs(strengths) / _LOUDEST_SYNC)
    likeness = strengths * carrier.sync_values.conj()
    spectrum = np.zeros((TILE, TILE // 2 + 1), np.complex128)
    spectrum[ky, kx] = likeness
    # The real part of the sum over the sync tones, divided by its standard deviation in noise of unit power.
    map_ = np.fft.irfft2(spectrum, (TILE, TILE)) * (TILE * TILE / 2 / np.sqrt(len(carrier.sync) / 2))
    for _ in range(_OFFSETS_TRIED):
        y, x = divmod(int(np.argmax(map_)), TILE)
        if map_[y, x] < _SYNC_FOUND:
            return
        yield _refine(likeness, carrier.sync, x, y)
        _blot_out(map_, x, y)


def _refine(likeness: NDArray[np.complex128], sync: Tones, x: int, y: int) -> _Offset:
    """Return the best place within half a pixel."""
    steps = np.linspace(-0.5, 0.5, 9)
    across = np.exp(2j * np.pi / TILE * np.outer(x + steps, sync.kx))
    down = np.exp(2j * np.pi / TILE * np.outer(y + steps, sync.ky))
    peak = ((down * likeness) @ across.T).real / np.sqrt(len(sync) / 2)
    row, column = divmod(int(np.argmax(peak)), len(steps))
    return _Offset(x + steps[column], y + steps[row], float(peak[row, column]))


def _blot_out(map_: NDArray[np.float64], x: int, y: int) -> None:
    rows, columns = (np.arange(place - 2, place + 3) % TILE for place in (y, x))
    map_[np.ix_(rows, columns)] = -np.inf


def _shifted(
    measured: NDArray[np.complex64], noise: NDArray[np.float64], data: Tones, offset: _Offset
) -> NDArray[np.complex64]:
    """Return the data tones of a pattern moved to the origin, each weighted by what surrounds it."""
    turns = np.exp(2j * np.pi / TILE * (offset.x * data.kx + offset.y * data.ky))
    place = (data.ky + REACH, data.kx)
    values = measured[place] * turns / np.sqrt(noise[place])
    return (values / np.maximum(1, np.abs(values) / _LOUDEST_DATA)).astype(np.complex64)


def _agreement(values: NDArray[np.complex64], ideal: NDArray[np.complex64]) -> float:
    return float(np.vdot(ideal, values).real / np.sqrt(np.sum(np.abs(values) ** 2)))
