"""Reads the marks out of aligned tiles, one after the other: what one mark says is taken out for the next."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import Carrier, Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId
from local_server.marks.issued import Issued
from local_server.marks.spectrum import REACH
from local_server.marks.tiles import Tiles, surrounding_power

_MOST_MARKS: Final = 4
_LOUDEST: Final = 2.0
# Standard deviations by which a block, with those beside it, agrees with a mark that lies in it.
_PRESENT: Final = 4.0
_BESIDE: Final = 1.5
_LEAST_WEIGHT: Final = 0.1
_RINGS: Final = 6


class Decoded(NamedTuple):
    """A mark, the blocks that bear it, and how well they agree, in standard deviations of chance."""

    mark: MarkId
    bearing: NDArray[np.bool_]
    agreement: float


def decode(tiles: Tiles, codec: Codec, layer: Layer, issued: Issued | None = None) -> Iterator[Decoded]:
    """Yield the marks of a layer that lie in blocks aligned to them, the clearest first."""
    carrier = codec.carriers[layer]
    for _ in range(_MOST_MARKS):
        mark = _clearest(tiles, codec, layer, issued)
        if mark is None:
            return
        ideal = codec.values(layer, mark.payload)
        place = (carrier.data.ky + REACH, carrier.data.kx)
        noise = _noise(tiles.tones, carrier)[place]
        unit = tiles.tones[:, *place] / np.sqrt(noise).astype(np.float32)
        likeness = (unit @ ideal.conj()).real
        chance = np.sqrt(np.sum(unit.real**2 + unit.imag**2, axis=1)) + 1e-12
        bearing = _beside(likeness, tiles.places) > _PRESENT * np.sqrt(_beside(chance**2, tiles.places))
        if not bearing.any():
            bearing = likeness >= likeness.max()
        yield Decoded(mark, bearing, float(likeness[bearing].sum() / np.sqrt(np.sum(chance[bearing] ** 2))))
        tiles = _without(tiles, carrier, ideal, likeness)


def _clearest(tiles: Tiles, codec: Codec, layer: Layer, issued: Issued | None) -> MarkId | None:
    """Decode the sum of the blocks, each weighted by how much of the sync tones is in and around it."""
    carrier = codec.carriers[layer]
    place = (carrier.sync.ky + REACH, carrier.sync.kx)
    sync = tiles.tones[:, *place] / np.sqrt(_noise(tiles.tones, carrier)[place])
    strengths = _beside((sync @ carrier.sync_values.conj()).real, tiles.places)
    weights = np.maximum(strengths, _LEAST_WEIGHT * max(float(strengths.max()), 0.0))
    total = np.tensordot(weights.astype(np.float32), tiles.tones, axes=1)
    place = (carrier.data.ky + REACH, carrier.data.kx)
    values = total[place] / np.sqrt(_noise(total[None], carrier)[place])
    values /= np.maximum(1, np.abs(values) / _LOUDEST)
    payload = codec.decode(layer, values.astype(np.complex64))
    if payload is not None:
        return MarkId.from_payload(payload)
    return issued.likeliest(layer, values.astype(np.complex64)) if issued else None


def _noise(tones: NDArray[np.complex64], carrier: Carrier) -> NDArray[np.float64]:
    power = (tones.real**2 + tones.imag**2).sum(axis=0, dtype=np.float64) / len(tones)
    return surrounding_power(power, carrier.data)


def _beside(values: NDArray[np.floating], places: NDArray[np.float64]) -> NDArray[np.floating]:
    """Return the means over the blocks and their neighbours."""
    side = 128 * _BESIDE
    near = (np.abs(places[:, None] - places).max(axis=2) < side).astype(np.float32)
    return np.asarray(near @ values / near.sum(axis=1))


def _without(
    tiles: Tiles, carrier: Carrier, ideal: NDArray[np.complex64], likeness: NDArray[np.floating]
) -> Tiles:
    """Take a mark out: as strong as it is in each ring of frequencies, and in each block."""
    place = (carrier.data.ky + REACH, carrier.data.kx)
    measured = tiles.tones[:, *place]
    shares = np.maximum(_beside(likeness, tiles.places), 0).astype(np.float32)
    shares /= shares.mean() + 1e-12
    radii = np.hypot(carrier.data.kx, carrier.data.ky)
    ring = np.digitize(radii, np.quantile(radii, np.arange(1, _RINGS) / _RINGS))
    alike = (measured * ideal.conj()).real
    strengths = np.array(
        [shares @ alike[:, ring == number].mean(axis=1) for number in range(_RINGS)], np.float32
    )
    # An ideal value has energy 2.
    strengths /= 2 * np.sum(shares**2)
    tones = tiles.tones.copy()
    tones[:, *place] -= shares[:, None] * (strengths[ring] * ideal)
    return replace(tiles, tones=tones)
