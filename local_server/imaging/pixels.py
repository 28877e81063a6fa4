"""A picture's own pixels at full size, to read a mark out of; runs in a limited child process only."""

from typing import Final

from PIL import Image

from local_server.imaging.colour import ColourSpace
from local_server.imaging.decode import stored_orientation, upright
from local_server.imaging.models import Pixels
from local_server.imaging.renditions import scale_down

MOST_FULL_SIZE: Final = 16_000_000
PREVIEW_SIDE: Final = 2048


def full_size(image: Image.Image, label: str = "") -> Pixels:
    """Return the pixels of a loaded picture, upright and in sRGB; of a very large one the middle.

    Nothing is scaled, for the mark is in single pixels; the preview shows the whole of it.
    """
    orientation = stored_orientation(image)
    space = ColourSpace(image)
    sampled = space.sampled(image)
    middle = upright(space.srgb(sampled.crop(_middle(*sampled.size))), orientation)
    preview = upright(space.srgb(scale_down(sampled, PREVIEW_SIDE)), orientation)
    width, height = image.size if orientation < 5 else image.size[::-1]
    return Pixels(label, width, height, *middle.size, middle.tobytes(), *preview.size, preview.tobytes())


def _middle(width: int, height: int) -> tuple[int, int, int, int]:
    """Return the box around the middle that has no more than MOST_FULL_SIZE pixels."""
    share = min(1.0, (MOST_FULL_SIZE / (width * height)) ** 0.5)
    columns, rows = max(1, int(width * share)), max(1, int(height * share))
    left, top = (width - columns) // 2, (height - rows) // 2
    return left, top, left + columns, top + rows
