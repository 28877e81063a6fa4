"""A key's codec: from payloads to tiles, from tone values back to payloads; threads may share it."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks import coding
from local_server.marks.carrier import Keystream, Layer, choose_carriers

KEY_BYTES: Final = 32
_TILES_KEPT: Final = 256


class Codec:
    """Everything that follows from one key; make it once and keep it."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a mark key has {KEY_BYTES} bytes")
        self.carriers = choose_carriers(key)
        self._checksum_key = Keystream(key, "checksum").bytes(KEY_BYTES)
        self._decoder = coding.Decoder()
        # Bound to this object, so that the tiles of a key die with its codec.
        self._cached_tile = lru_cache(_TILES_KEPT)(self._make_tile)

    def tile(self, layer: Layer, payload: int) -> NDArray[np.float32]:
        """Return a payload's pattern, 128 × 128, rms 1, read-only; the most recently used are kept."""
        return self._cached_tile(layer, payload)

    def values(self, layer: Layer, payload: int) -> NDArray[np.complex64]:
        """Return what each data tone of the layer says for a payload: +-1 +-1j."""
        return self.carriers[layer].values(coding.encode(self._checksum_key, payload))

    def signs(self, payloads: list[int]) -> NDArray[np.int8]:
        """Return the code signs of many payloads, a row each."""
        return coding.encode_all(self._checksum_key, payloads)

    def decode(self, layer: Layer, values: NDArray[np.complex64]) -> int | None:
        """Return the payload of weighted data tone values, or None where the checksum denies it."""
        return self._decoder.decode(self._checksum_key, self.carriers[layer].collect(values))

    def _make_tile(self, layer: Layer, payload: int) -> NDArray[np.float32]:
        pattern = self.carriers[layer].tile(coding.encode(self._checksum_key, payload))
        pattern.flags.writeable = False
        return pattern
