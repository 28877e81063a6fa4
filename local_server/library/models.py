"""Pictures as the library tells of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from local_server.imaging.models import Camera
from local_server.library.protection import Level


class View(StrEnum):
    """Which pictures a list shows, and in which order."""

    ALL = "all"
    RECENT = "recent"
    FAVOURITES = "favourites"
    PICKS = "picks"


class Flag(StrEnum):
    """What a curator thinks of a picture."""

    PICK = "pick"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture lies: the folder below the gallery (or import) folder, and the file's name, as text."""

    folder: str
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One line of a list; `level` is the picture's own, whoever looks.

    `costs_view` says that opening it would spend a view of a grant.
    """

    id: str
    place: Place
    title: str | None
    width: int
    height: int
    sort_at: datetime
    taken_at: datetime | None
    taken_local: str | None
    added_at: datetime
    format: str
    bytes: int
    colour: str
    rating: int
    flag: Flag | None
    favourite: bool
    camera: Camera
    level: Level
    costs_view: bool


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that is known of one picture.

    `level_source` is "default", or the name of the album that sets the level.
    """

    picture: Picture
    latitude: float | None
    longitude: float | None
    icc: str | None
    histogram: list[int]
    frames: int
    content_hash: str
    tags: list[str]
    places: list[Place]
    level_source: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some pictures of a list, where the next ones begin, and how many the whole list has."""

    pictures: list[Picture]
    next: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the gallery; `count` includes the folders below it."""

    path: str
    name: str
    depth: int
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the side bar shows."""

    counts: dict[View, int]
    folders: list[Folder]
    months: list[tuple[str, int]]


Changes = dict[str, Any]
"""Columns of a picture that a person changed, with their new values."""
