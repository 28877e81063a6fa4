"""Pictures made for tests, and the way to have them decoded."""

import io
import os
from typing import Any

import numpy as np
from PIL import Image

from local_server.imaging.isolation import Decoder
from local_server.imaging.models import Decoded, Refused


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return the picture as a file of a format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def corners(width: int = 60, height: int = 40) -> Image.Image:
    """Return a picture whose four quarters tell every orientation apart: red, green / blue, white."""
    image = Image.new("RGB", (width, height))
    for index, colour in enumerate(("#ff0000", "#00ff00", "#0000ff", "#ffffff")):
        left, top = index % 2 * width // 2, index // 2 * height // 2
        image.paste(Image.new("RGB", (width // 2, height // 2), colour), (left, top))
    return image


def noise(width: int, height: int, seed: int = 1) -> Image.Image:
    """Return smooth random colours."""
    small = np.random.default_rng(seed).integers(0, 256, (height // 16 + 2, width // 16 + 2, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def decode(decoder: Decoder, content: bytes) -> Decoded | Refused:
    """Have a file's content decoded in isolation."""
    source = os.memfd_create("picture")
    try:
        os.write(source, content)
        return decoder.decode(source)
    finally:
        os.close(source)


def accepted(decoder: Decoder, content: bytes) -> Decoded:
    """Decode what must be accepted."""
    answer = decode(decoder, content)
    assert isinstance(answer, Decoded), answer
    return answer


def screen(decoded: Decoded) -> Image.Image:
    """Open the screen rendition."""
    image = Image.open(io.BytesIO(decoded.renditions[1].content))
    image.load()
    return image
