"""Marks that were issued: where a payload is too weak to be decoded, it can still be one of them or none."""

from collections.abc import Iterable
from math import erfc, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.identity import MarkId

# The probability, over all the issued marks together, with which noise may be taken for one of them.
_CHANCE: Final = 1e-10


class Issued:
    """The codewords of the marks that a house has given out; make it once for many readings.

    Whatever the noise is, a codeword that is not in it agrees with it by a standard deviation or two, for
    the signs of different marks have nothing to do with each other.
    """

    def __init__(self, codec: Codec, marks: Iterable[MarkId]) -> None:
        self._codec = codec
        self._marks = sorted(set(marks))
        self._signs = codec.signs([mark.payload for mark in self._marks])

    def likeliest(self, layer: Layer, values: NDArray[np.complex64]) -> MarkId | None:
        """Return the mark that weighted data tone values agree with beyond any chance, or None."""
        if not self._marks:
            return None
        soft = self._codec.carriers[layer].collect(values)
        agreements = self._signs.astype(np.float32) @ soft / (np.linalg.norm(soft) + 1e-12)
        best = int(np.argmax(agreements))
        chance = len(self._marks) * erfc(float(agreements[best]) / sqrt(2)) / 2
        return self._marks[best] if chance < _CHANCE else None
