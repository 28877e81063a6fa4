"""The pattern of a mark keeps to its band, follows from the key alone, and does not change with time."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server.marks.carrier import HIGHEST, LOWEST, SYNC_TONES, TILE, Layer, choose_carriers
from local_server.marks.codec import Codec

LAYERS = st.sampled_from(list(Layer))
PAYLOADS = st.integers(0, 2**50 - 1).map(lambda value: value << 14)


@given(LAYERS, PAYLOADS)
def test_a_payload_comes_back_from_its_tile(codec: Codec, layer: Layer, payload: int) -> None:
    data = codec.carriers[layer].data
    spectrum = np.fft.rfft2(codec.tile(layer, payload))
    assert codec.decode(layer, spectrum[data.ky, data.kx].astype(np.complex64)) == payload


@given(LAYERS, PAYLOADS)
def test_another_key_reads_nothing(codec: Codec, layer: Layer, payload: int) -> None:
    other = Codec(b"another key, of thirty-two bytes")
    data = other.carriers[layer].data
    spectrum = np.fft.rfft2(codec.tile(layer, payload))
    assert other.decode(layer, spectrum[data.ky, data.kx].astype(np.complex64)) is None


@given(LAYERS, PAYLOADS)
def test_the_other_layer_reads_nothing(codec: Codec, layer: Layer, payload: int) -> None:
    (other,) = set(Layer) - {layer}
    assert codec.decode(other, codec.values(layer, payload)) is None


@given(LAYERS, PAYLOADS)
def test_a_tile_has_strength_one_and_keeps_to_its_band(codec: Codec, layer: Layer, payload: int) -> None:
    tile = codec.tile(layer, payload)
    assert tile.shape == (TILE, TILE)
    assert np.sqrt(np.mean(tile**2)) == pytest.approx(1, abs=1e-4)
    power = np.abs(np.fft.fft2(tile)) ** 2
    ky, kx = np.meshgrid(np.fft.fftfreq(TILE), np.fft.fftfreq(TILE), indexing="ij")
    radius = np.hypot(kx, ky)
    assert power[(radius < LOWEST) | (radius > HIGHEST)].sum() < 1e-6 * power.sum()
    # Lines of an 8-pixel grid: JPEG makes them itself.
    assert power[::16].sum() + power[:, ::16].sum() < 1e-6 * power.sum()


@given(st.binary(min_size=32, max_size=32))
def test_every_key_gives_sync_tones_of_its_own_to_each_layer(key: bytes) -> None:
    carriers = choose_carriers(key)
    places = [(int(x), int(y)) for c in carriers.values() for x, y in zip(c.sync.kx, c.sync.ky, strict=True)]
    data = carriers[Layer.PIXELS].data
    assert len(set(places)) == 2 * SYNC_TONES
    assert not set(places) & {(int(x), int(y)) for x, y in zip(data.kx, data.ky, strict=True)}


def test_a_tile_is_made_once(codec: Codec) -> None:
    assert codec.tile(Layer.PIXELS, 5) is codec.tile(Layer.PIXELS, 5)
    assert not codec.tile(Layer.PIXELS, 5).flags.writeable


def test_a_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Codec(b"short")


@pytest.mark.parametrize(
    ("layer", "digest"),
    [(Layer.PIXELS, "6c55766234a7d9fe"), (Layer.OVERLAY, "5cd50bad3b574fe0")],
)
def test_pictures_marked_long_ago_stay_readable(codec: Codec, layer: Layer, digest: str) -> None:
    """A change here makes every mark unreadable that was ever embedded."""
    carrier = codec.carriers[layer]
    values = codec.values(layer, 0x0123456789ABCDEF)
    parts = (
        *(carrier.sync.kx, carrier.sync.ky, carrier.data.kx, carrier.data.ky),
        *(values.real, values.imag, np.rint(np.angle(carrier.sync_values) * 50)),
    )
    described = b"".join(part.astype("<i2").tobytes() for part in parts)
    assert hashlib.sha256(described).hexdigest()[:16] == digest
