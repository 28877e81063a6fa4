"""A file's own pixels at full size, for reading a mark out of them; runs in a limited child process only."""

from typing import IO, Final

from local_server.imaging.colour import ColourSpace
from local_server.imaging.decode import open_picture, refusing_damage, stored_orientation, upright
from local_server.imaging.models import Pixels
from local_server.imaging.renditions import scale_down

MOST_FULL_SIZE: Final = 16_000_000
PREVIEW_SIDE: Final = 2048


def full_size(file: IO[bytes]) -> Pixels:
    """Return a picture's pixels, upright and in sRGB; of a very large one the middle. Raises Refusal.

    Nothing is scaled, for the mark is in single pixels; the preview shows the whole of it.
    """
    with refusing_damage():
        image = open_picture(file)
        image.load()
        orientation = stored_orientation(image)
        space = ColourSpace(image)
        sampled = space.sampled(image)
        middle = upright(space.srgb(sampled.crop(_middle(*sampled.size))), orientation)
        preview = upright(space.srgb(scale_down(sampled, PREVIEW_SIDE)), orientation).convert("L")
        width, height = image.size if orientation < 5 else image.size[::-1]
        return Pixels(width, height, *middle.size, middle.tobytes(), *preview.size, preview.tobytes())


def _middle(width: int, height: int) -> tuple[int, int, int, int]:
    """Return the box around the middle that has no more than MOST_FULL_SIZE pixels."""
    share = min(1.0, (MOST_FULL_SIZE / (width * height)) ** 0.5)
    columns, rows = max(1, int(width * share)), max(1, int(height * share))
    left, top = (width - columns) // 2, (height - rows) // 2
    return left, top, left + columns, top + rows
