"""What carries a mark: the keyed tones of a periodic 128 × 128 pattern, and the code signs laid on them."""

import hashlib
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from local_server.marks.coding import CODE_SIGNS

TILE: Final = 128
"""Period of the pattern in pixels, in both directions."""

# The band, in cycles per pixel: low enough to outlive JPEG 20 and scaling to 0.4, high enough to stay unseen.
LOWEST: Final = 0.05
HIGHEST: Final = 0.18
# An 8-pixel block grid (JPEG) has all its lines at frequencies that are multiples of 16 cycles per tile.
_GRID_LINE: Final = 16
_RINGS: Final = (0.09, 0.117, 0.143, 0.17)
_SYNC_PER_RING: Final = 6
SYNC_TONES: Final = len(_RINGS) * _SYNC_PER_RING
_SYNC_ENERGY: Final = 0.3


class Layer(StrEnum):
    """Where a mark was laid: each layer has a carrier of its own, so that one screenshot shows both."""

    PIXELS = "pixels"
    OVERLAY = "overlay"


class Strength(float, Enum):
    """How strongly a mark is laid, in parts of what keeps out of sight on any ground."""

    MARKED = 1.0
    GUARDED = 1.2
    STRENGTHENED = 1.5
    """May be seen by who knows where to look."""


class Keystream:
    """Numbers drawn from a key and a purpose with SHAKE-256.

    numpy's generators may draw otherwise in another version, and a mark must be readable for years.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        self._seed = b"vaultsecure mark 1\0" + key + purpose.encode()

    def bytes(self, count: int) -> bytes:
        """Return the first bytes of the stream."""
        return hashlib.shake_256(self._seed).digest(count)

    def integers(self, count: int) -> NDArray[np.uint64]:
        """Return the first 64-bit integers of the stream."""
        return np.frombuffer(self.bytes(8 * count), "<u8").astype(np.uint64)

    def fractions(self, count: int) -> NDArray[np.float64]:
        """Return numbers in [0, 1)."""
        return np.ldexp((self.integers(count) >> np.uint64(11)).astype(np.float64), -53)

    def permutation(self, count: int) -> NDArray[np.intp]:
        """Return the numbers below `count` in keyed order."""
        return np.argsort(self.integers(count), kind="stable")


@dataclass(frozen=True, eq=False)
class Tones:
    """Frequencies in cycles per tile, in the half of the plane that says all of a real pattern.

    `kx` lies in 1..23, `ky` in -23..23.
    """

    kx: NDArray[np.intp]
    ky: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.kx)

    def take(self, chosen: NDArray[np.intp]) -> Self:
        """Return some of the tones, in the order asked for."""
        return type(self)(self.kx[chosen], self.ky[chosen])


@dataclass(frozen=True, eq=False)
class Carrier:
    """The tones of one layer under one key."""

    sync: Tones
    sync_values: NDArray[np.complex64]
    """Unit values of the sync tones, the same for every mark of the key."""
    data: Tones
    _sign_of_value: NDArray[np.intp]
    """Which code sign each of the values (cosine and sine of each data tone) repeats."""
    _scrambling: NDArray[np.float32]

    def tile(self, signs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the pattern of 528 code signs, TILE × TILE, of mean 0 and rms 1."""
        # A data tone's value has energy 2 (cosine and sine), a sync tone's 1.
        strength = np.sqrt(_SYNC_ENERGY / (1 - _SYNC_ENERGY) * 2 * len(self.data) / len(self.sync))
        spectrum = np.zeros((TILE, TILE // 2 + 1), np.complex64)
        spectrum[self.data.ky, self.data.kx] = self.values(signs)
        spectrum[self.sync.ky, self.sync.kx] = strength * self.sync_values
        pattern = np.fft.irfft2(spectrum, (TILE, TILE))
        return np.asarray(pattern / np.sqrt(np.mean(pattern**2)), np.float32)

    def values(self, signs: NDArray[np.float32]) -> NDArray[np.complex64]:
        """Return the values of the data tones for 528 code signs."""
        pairs = (signs[self._sign_of_value] * self._scrambling).reshape(-1, 2)
        return (pairs[:, 0] + 1j * pairs[:, 1]).astype(np.complex64)

    def collect(self, values: NDArray[np.complex64]) -> NDArray[np.float32]:
        """Return 528 soft code signs: what `values` spread over the data tones, added up again."""
        spread = np.ascontiguousarray(values, np.complex64).view(np.float32) * self._scrambling
        return np.bincount(self._sign_of_value, spread, CODE_SIGNS).astype(np.float32)


def choose_carriers(key: bytes) -> dict[Layer, Carrier]:
    """Return the two carriers of a 32-byte key; no sync tone of one is a tone of the other."""
    tones = _usable_tones()
    sync: dict[Layer, NDArray[np.intp]] = {}
    taken = np.zeros(len(tones), np.bool_)
    for layer in Layer:
        sync[layer] = _choose_sync(tones, taken, Keystream(key, f"{layer} sync").fractions(len(_RINGS)))
        taken[sync[layer]] = True
    free = np.flatnonzero(~taken)
    return {layer: _lay_out(key, layer, tones.take(sync[layer]), tones.take(free)) for layer in Layer}


def _lay_out(key: bytes, layer: Layer, sync: Tones, data: Tones) -> Carrier:
    phases = 2 * np.pi * Keystream(key, f"{layer} phases").fractions(len(sync))
    places = 2 * len(data)
    negative = Keystream(key, f"{layer} scrambling").integers(places) & np.uint64(1)
    return Carrier(
        sync=sync,
        sync_values=np.exp(1j * phases).astype(np.complex64),
        data=data,
        _sign_of_value=Keystream(key, f"{layer} interleaving").permutation(places) % CODE_SIGNS,
        _scrambling=np.where(negative, np.float32(-1), np.float32(1)),
    )


def _usable_tones() -> Tones:
    """Return every tone of the band that no block grid disturbs."""
    reach = int(HIGHEST * TILE)
    ky, kx = np.mgrid[-reach : reach + 1, 1 : reach + 1]
    radius = np.hypot(kx, ky) / TILE
    usable = (radius >= LOWEST) & (radius <= HIGHEST) & (kx % _GRID_LINE != 0) & (ky % _GRID_LINE != 0)
    return Tones(kx[usable], ky[usable])


def _choose_sync(tones: Tones, taken: NDArray[np.bool_], turns: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the tones nearest to six even directions on each ring.

    `turns` are the keyed fractions of a step by which the rings are turned.
    """
    taken = taken.copy()
    chosen = []
    for ring, turn in zip(_RINGS, turns, strict=True):
        for step in range(_SYNC_PER_RING):
            angle = np.pi * ((step + turn) / _SYNC_PER_RING - 0.5)
            x, y = ring * TILE * np.cos(angle), ring * TILE * np.sin(angle)
            distance = np.hypot(tones.kx - x, tones.ky - y)
            distance[taken] = np.inf
            nearest = np.argmin(distance)
            taken[nearest] = True
            chosen.append(nearest)
    return np.array(chosen)
