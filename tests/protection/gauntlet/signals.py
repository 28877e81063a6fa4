"""A picture in colours that nothing else on a screen has, and how many pixels of it a file holds."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tests.protection.stage import Pixels, pixels_of
from tests.support.desktop import SIZE

# Least and most of red, green and blue. The mark, JPEG and a VNC's compression move a colour by a few levels.
COLOURS = {
    (224, 27, 132): ((192, 0, 100), (255, 64, 164)),
    (20, 200, 160): ((0, 168, 128), (56, 232, 192)),
    (90, 40, 240): ((58, 4, 208), (122, 76, 255)),
}
BLOCK = 80
PICTURE = (1680, 1120)


def draw_signals(file: Path) -> None:
    """Write the picture: blocks of each colour in turn."""
    width, height = PICTURE
    down, across = np.indices((height, width)) // BLOCK
    Image.fromarray(np.array(list(COLOURS), np.uint8)[(down + across) % len(COLOURS)]).save(file)


def protected_pixels(pixels: Pixels) -> int:
    """Count the pixels of an RGB image that are the picture's."""
    red, green, blue = (np.ascontiguousarray(pixels[..., channel]) for channel in range(3))
    return sum(
        int(
            (
                (red >= least[0]) & (red <= most[0])
                & (green >= least[1]) & (green <= most[1])
                & (blue >= least[2]) & (blue <= most[2])
            ).sum()
        )
        for least, most in COLOURS.values()
    )  # fmt: skip


def frames_of(file: Path) -> Iterator[Pixels]:
    """Open what a tool has written: a picture, a raw dump of the server's pixels, or a raw video in RGB."""
    if file.suffix == ".rgb":
        width, height = SIZE
        yield from np.fromfile(file, np.uint8).reshape(-1, height, width, 3)
    elif file.suffix == ".raw":
        yield pixels_of(file.read_bytes())
    elif file.suffix == ".xwd":
        yield _dumped(file.read_bytes())
    else:
        with Image.open(file) as picture:
            yield np.asarray(picture.convert("RGB"))


def _dumped(dump: bytes) -> Pixels:
    """Read an XWD file; where windows have several visuals, its pixels have three bytes and not four."""
    fields = struct.unpack_from(">25I", dump)
    header, width, height, bits, stride, colours = (fields[index] for index in (0, 4, 5, 11, 12, 19))
    rows = np.frombuffer(dump, np.uint8, stride * height, header + 12 * colours).reshape(height, stride)
    return rows[:, : width * bits // 8].reshape(height, width, bits // 8)[..., 2::-1]
