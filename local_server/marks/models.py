"""What a trace finds: marks with whose they are and where they lie, pictures with whom they were shown to."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from local_server.imaging.models import Refused
from local_server.marks.carrier import Layer
from local_server.marks.identity import MarkId

Quad = tuple[tuple[float, float], ...]
"""Four corners, clockwise, as shares of an image's width and height."""


class Certainty(StrEnum):
    """How sure a finding is, in a word."""

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Outcome(StrEnum):
    """What a trace came to."""

    MARKED = "marked"
    """Marks were read."""

    RECOGNISED = "recognised"
    """No mark, but a picture of the library: it is known whom it was shown to."""

    NOTHING = "nothing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Part:
    """An image of the file: a picture, a page, a frame; its preview is a JPEG."""

    label: str
    width: int
    height: int
    preview: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a mark lies in a part, and a picture of the correlation with it: a grey PNG of the part."""

    part: int
    layer: Layer
    box: Quad
    scale: float
    rotation: float
    mirrored: bool
    agreement: float
    """How clearly it stands out, in standard deviations of chance."""
    registered: bool
    """Whether it took the original to read it."""
    map: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """The viewing session whose pixels carry a mark."""

    viewing_session_id: str
    account: str
    machine: str
    client: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """One mark. `time` is when its picture was sent to that session last, or else when the session began.

    `bearer` is None where the mark is of this installation's key and its catalogue knows no such session.
    """

    mark: MarkId
    bearer: Bearer | None
    picture_id: str | None
    time: datetime | None
    spots: tuple[Spot, ...]

    @property
    def agreement(self) -> float:
        """That of the clearest place."""
        return max(spot.agreement for spot in self.spots)


@dataclass(frozen=True, slots=True)
class Shown:
    """One viewing session that was sent a picture, and from when to when."""

    account: str
    viewing_session_id: str
    machine: str
    first: datetime
    last: datetime
    renditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A picture of the library that a part shows.

    `agreeing` is how many corners lie alike in both, `distance` in how many of 64 bits the nearest hashes
    differ. `people` are those whom it was shown to, the latest first.
    """

    part: int
    picture_id: str
    title: str
    certainty: Certainty
    agreeing: int
    distance: int
    box: Quad | None
    people: tuple[Shown, ...]
    people_in_all: int


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file says."""

    parts: tuple[Part, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    pictures: tuple[Recognised, ...] = ()
    refused: Refused | None = None
    seconds: float = 0.0

    @property
    def outcome(self) -> Outcome:
        """What it came to."""
        if self.sightings:
            return Outcome.MARKED
        if self.pictures:
            return Outcome.RECOGNISED
        return Outcome.REFUSED if self.refused is not None else Outcome.NOTHING


# A mark's 64 bits have 24 of checksum and 14 reserved ones: so often does chance satisfy both, in as many
# tries as one file is given at most.
CHANCE: Final = 2.0**-38 * 2000
"""The probability that what was read in a file is no mark."""
