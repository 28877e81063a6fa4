"""Encodes JPEGs while the rest of the server goes on."""

import io
import os
from typing import IO

from PIL import Image


def encoded(image: Image.Image, quality: int) -> bytes:
    """Return the JPEG, its colours as fine as its luma."""
    with _memory() as memory:
        image.save(memory, "JPEG", quality=quality, subsampling="4:4:4")
        memory.seek(0)
        return memory.read()


def _memory() -> IO[bytes]:
    """Return memory to write to, with a descriptor where there is such.

    Pillow encodes to a descriptor without the interpreter lock; to anything else it holds the lock for
    every 64 KiB, and no request is answered meanwhile.
    """
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("jpeg"), "w+b")
    return io.BytesIO()
