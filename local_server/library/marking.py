"""Lays a viewing session's mark into the pixels of a stored rendition."""

import hashlib
import io
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from PIL import Image

from local_server.library.cache import Cache
from local_server.library.encoding import encoded
from local_server.marks.carrier import Layer, Strength
from local_server.marks.codec import Codec
from local_server.marks.embed import Margin, Measured, lay, measure
from local_server.marks.identity import MarkId

PREPARED_BYTES: Final = 64 << 20
_QUALITY: Final = 90
# After an attempt on something sealed, and for who is exempt from the shield: read more easily, seen sooner.
_COLOURS: Final = "YCbCr"


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A rendition's pixels as they are before a mark, less their margin: the same for every viewer."""

    luma: Measured
    blue: Image.Image
    red: Image.Image

    def __len__(self) -> int:
        return 3 * self.luma.luma.size + self.luma.strengths.size


class Marker(Protocol):
    """Makes a viewer's own copy of a rendition."""

    def mark(
        self, content: bytes, mark: int, origin: tuple[int, int], margin: Margin, strength: Strength
    ) -> bytes: ...

    def plain(self, content: bytes, margin: Margin) -> bytes: ...


class PixelMarker:
    """Decodes, marks and encodes again; threads may share it.

    A JPEG holds luma apart from colours, and only luma is marked: the colours go through untouched.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._prepared: Cache[Prepared] = Cache(PREPARED_BYTES)

    def mark(
        self,
        content: bytes,
        mark: int,
        origin: tuple[int, int],
        margin: Margin,
        strength: Strength = Strength.MARKED,
    ) -> bytes:
        """Return the JPEG, less its margin, with the mark; `origin` is where it lies in the whole picture."""
        tile = self._codec.tile(Layer.PIXELS, MarkId(mark).payload)
        prepared = self._at_hand(content) if margin == Margin() else _prepared(content, margin)
        luma = Image.fromarray(lay(prepared.luma, tile, origin, strength))
        return encoded(Image.merge(_COLOURS, (luma, prepared.blue, prepared.red)), _QUALITY)

    def plain(self, content: bytes, margin: Margin) -> bytes:
        """Return the JPEG, less its margin, as it is."""
        if margin == Margin():
            return content
        image = _decoded(content)
        return encoded(image.crop(_inner(image, margin)), _QUALITY)

    def _at_hand(self, content: bytes) -> Prepared:
        """Return a whole rendition decoded and measured: many viewers ask for the same ones."""
        key = hashlib.blake2b(content, digest_size=16).digest()
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = _prepared(content, Margin())
            self._prepared.put(key, prepared)
        return prepared


def _prepared(content: bytes, margin: Margin) -> Prepared:
    luma, blue, red = _decoded(content).split()
    inner = _inner(luma, margin)
    return Prepared(measure(np.asarray(luma), margin), blue.crop(inner), red.crop(inner))


def _decoded(content: bytes) -> Image.Image:
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        image.draft(_COLOURS, None)
        return image.convert(_COLOURS)


def _inner(image: Image.Image, margin: Margin) -> tuple[int, int, int, int]:
    return margin.left, margin.top, image.width - margin.right, image.height - margin.bottom
