"""Lays a viewing session's mark into the pixels of a stored rendition."""

import io
from typing import Final, Protocol

import numpy as np
from PIL import Image

from local_server.marks.carrier import Layer
from local_server.marks.codec import Codec
from local_server.marks.embed import Margin, embed
from local_server.marks.identity import MarkId

_QUALITY: Final = 90


class Marker(Protocol):
    """Makes a viewer's own copy of a rendition."""

    def mark(self, content: bytes, mark: int, origin: tuple[int, int], margin: Margin) -> bytes: ...

    def plain(self, content: bytes, margin: Margin) -> bytes: ...


class PixelMarker:
    """Decodes, marks and encodes again; threads may share it."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec

    def mark(self, content: bytes, mark: int, origin: tuple[int, int], margin: Margin) -> bytes:
        """Return the JPEG, less its margin, with the mark; `origin` is where it lies in the whole picture."""
        tile = self._codec.tile(Layer.PIXELS, MarkId(mark).payload)
        return _encoded(embed(_pixels(content), tile, origin, margin))

    def plain(self, content: bytes, margin: Margin) -> bytes:
        """Return the JPEG, less its margin, as it is."""
        if margin == Margin():
            return content
        pixels = _pixels(content)
        height, width = pixels.shape[:2]
        return _encoded(pixels[margin.top : height - margin.bottom, margin.left : width - margin.right])


def _pixels(content: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
        return np.asarray(image.convert("RGB"))


def _encoded(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=_QUALITY, subsampling="4:4:4")
    return buffer.getvalue()
