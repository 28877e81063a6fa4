"""Albums as this room tells of them."""

from dataclasses import dataclass
from typing import TypedDict

from local_server.library.protection import Level


@dataclass(frozen=True, slots=True)
class Album:
    """An album as it is stored; without a level of its own it has that of the one above, or the default."""

    id: str
    parent_id: str | None
    name: str
    own_level: Level | None
    inherits: bool


@dataclass(frozen=True, slots=True)
class ListedAlbum:
    """An album as one person sees it.

    `parent_id` is None too where the album above is not for this person. `level` is the one in force; `count`
    is of pictures that the person may see, those of the albums below included.
    """

    album: Album
    parent_id: str | None
    depth: int
    level: Level
    count: int


class AlbumChanges(TypedDict, total=False):
    """What is to be changed of an album; a key that is missing stays as it is."""

    name: str
    parent_id: str | None
    level: Level | None
    inherits: bool


@dataclass(frozen=True, slots=True)
class Added:
    """What became of pictures that were put into an album."""

    added: int
    already: int
    unknown: int
