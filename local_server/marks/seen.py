"""One part of a leaked file: its pixels as they were opened, and what has been found in them so far."""

import io
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local_server.imaging.models import Pixels
from local_server.imaging.renditions import SCREEN_SIDE, THUMBNAIL_SIDE
from local_server.marks.geometry import apply, corners
from local_server.marks.identity import MarkId
from local_server.marks.models import Part, Quad
from local_server.marks.read import LARGEST_SCALE, SMALLEST_SCALE, Reading
from local_server.marks.recognise import Match

_PREVIEW_SIDE: Final = 1024
_PREVIEW_QUALITY: Final = 85


@dataclass(frozen=True, eq=False)
class Seen:
    """A part's pixels, of a very large one the middle, with where the corner of that lies."""

    part: Part
    pixels: NDArray[np.uint8]
    corner: tuple[int, int]
    preview: Image.Image
    readings: list[tuple[Reading, bool]] = field(default_factory=list)
    """Each with whether it took the original to read it."""
    matches: list[Match] = field(default_factory=list)
    located: dict[MarkId, str] = field(default_factory=dict)
    """The pictures that lie where the marks say, of marks over which nothing was recognised."""

    @classmethod
    def of(cls, pixels: Pixels) -> Self:
        """Return a part that nothing was found in yet."""
        middle = np.frombuffer(pixels.middle, np.uint8)
        preview = Image.frombytes("RGB", (pixels.preview_width, pixels.preview_height), pixels.preview)
        small = preview.copy()
        small.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
        packed = io.BytesIO()
        small.save(packed, "JPEG", quality=_PREVIEW_QUALITY)
        return cls(
            Part(pixels.label, pixels.width, pixels.height, packed.getvalue()),
            middle.reshape(pixels.middle_height, pixels.middle_width, 3),
            ((pixels.width - pixels.middle_width) // 2, (pixels.height - pixels.middle_height) // 2),
            preview,
        )

    @property
    def whole_copy_scales(self) -> list[float]:
        """The scales at which a rendition was saved, if the image is the whole of one."""
        longer = max(self.part.width, self.part.height)
        scales = (longer / side for side in (SCREEN_SIDE, THUMBNAIL_SIDE))
        return [scale for scale in scales if SMALLEST_SCALE <= scale <= LARGEST_SCALE]

    @property
    def to_preview(self) -> NDArray[np.float64]:
        """The map from the pixels that are read to the preview."""
        shrink = self.preview.width / self.part.width
        x, y = self.corner
        return np.asarray(np.diag((shrink, shrink, 1.0)) @ np.array([(1, 0, x), (0, 1, y), (0, 0, 1.0)]))

    def box(self, match: Match) -> Quad | None:
        """Return where a picture lies, as far as it is in view; None where only looks agree."""
        if match.matrix is None:
            return None
        width, height = self.preview.size
        placed = apply(np.asarray(np.linalg.inv(match.matrix), np.float64), corners(*match.thumbnail))
        return shares(np.clip(placed, 0, (width, height)), (width, height))


def shares(box: NDArray[np.float64], size: tuple[int, int]) -> Quad:
    """Return corners in pixels as shares of an image's width and height."""
    return tuple((float(x), float(y)) for x, y in np.round(box / size, 4))
