"""The mark as the canvas paints it over a picture: a small tile of translucent black and white."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Grey levels: the pattern is laid on at this rms and never beyond that.
_STRENGTH: Final = 0.85
_STRONGEST: Final = 1.7
# What is left after an attempt on something sealed is read more easily, and seen sooner.
_STRONGER: Final = 1.6
# White over a mid grey and black over a mid grey change it by half their alpha.
_ALPHA_PER_LEVEL: Final = 2


def overlay_png(tile: NDArray[np.float32], *, strong: bool = False) -> bytes:
    """Return a 128 × 128 PNG with alpha, to be tiled over the picture in device pixels and never scaled."""
    levels = np.clip(tile * _STRENGTH, -_STRONGEST, _STRONGEST) * (_STRONGER if strong else 1)
    pixels = np.zeros((*tile.shape, 4), np.uint8)
    pixels[..., :3] = np.where(levels > 0, 255, 0)[..., None]
    pixels[..., 3] = np.rint(_ALPHA_PER_LEVEL * np.abs(levels))
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return packed.getvalue()
