"""What decoding a file can answer."""

from dataclasses import dataclass, field
from typing import Final

MOST_PIXELS: Final = 160_000_000
HISTOGRAM_BINS: Final = 64
NO_PART: Final = "no_part"
"""The code of the refusal of a part that a file does not have."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not taken: a stable code and a sentence for its owner."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Camera:
    """The camera and how it was set; lengths in millimetres, exposure in seconds."""

    make: str | None = None
    model: str | None = None
    lens: str | None = None
    focal: float | None = None
    aperture: float | None = None
    exposure: float | None = None
    iso: int | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is kept of a picture's metadata.

    `taken_local` is the camera's clock as written (ISO 8601, no zone); `taken_utc` the same moment
    in UTC (ISO 8601 with Z) where the camera also wrote its zone. Coordinates are degrees, north
    and east positive.
    """

    taken_local: str | None = None
    taken_utc: str | None = None
    camera: Camera = field(default_factory=Camera)
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Rendition:
    """One size of a picture, encoded as JPEG in sRGB, upright."""

    kind: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture that was decoded in full; width and height are those of the upright picture."""

    format: str
    width: int
    height: int
    orientation: int
    frames: int
    icc: str | None
    colour: str
    histogram: list[int]
    metadata: Metadata
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True)
class Pixels:
    """One part's own pixels: its size, RGB of its middle (mostly all of it), the whole of it small, in RGB.

    `label` says which part of the file it is ("page 2", "at 0:05"); it is empty where there is one alone.
    """

    label: str
    width: int
    height: int
    middle_width: int
    middle_height: int
    middle: bytes = field(repr=False)
    preview_width: int
    preview_height: int
    preview: bytes = field(repr=False)
