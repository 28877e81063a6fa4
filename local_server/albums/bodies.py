"""The bodies of the albums' HTTP."""

from typing import Annotated, Literal, Self

from pydantic import Field

from local_server.accounts.models import Role
from local_server.albums.models import AlbumChanges, ListedAlbum
from local_server.library.protection import Level, effective
from local_server.web.bodies import Answer, Body, Id, Line

Name = Annotated[Line, Field(min_length=1, max_length=128)]
LevelName = Literal["open", "marked", "guarded", "sealed"]


class AlbumAnswer(Answer):
    """An album; `level` is the one in force for this viewer, `own_level` the album's own, if it has one.

    `count` is of pictures that this viewer may see, those of the albums below included. `inherits` says
    whether grants on the album above hold here too.
    """

    id: str
    parent_id: str | None
    depth: int
    name: str
    level: Level
    own_level: Level | None
    inherits: bool
    count: int

    @classmethod
    def of(cls, listed: ListedAlbum, role: Role) -> Self:
        """Describe an album to a viewer."""
        album = listed.album
        return cls(
            id=album.id,
            parent_id=listed.parent_id,
            depth=listed.depth,
            name=album.name,
            level=effective(listed.level, role),
            own_level=album.own_level,
            inherits=album.inherits,
            count=listed.count,
        )


class AlbumsAnswer(Answer):
    """The albums that the caller may see, parents before what lies in them."""

    items: list[AlbumAnswer]


class NewAlbumBody(Body):
    """An album to be made; without a level it has that of the one above, or the default."""

    name: Name
    parent_id: Id | None = None
    level: LevelName | None = None
    inherits: bool = True


class AlbumBody(Body):
    """What is changed of an album; a field that is left out stays as it is."""

    name: Name = ""
    parent_id: Id | None = None
    level: LevelName | None = None
    inherits: bool = True

    def changes(self) -> AlbumChanges:
        """Return what was sent."""
        changes: AlbumChanges = {}
        if "name" in self.model_fields_set:
            changes["name"] = self.name
        if "parent_id" in self.model_fields_set:
            changes["parent_id"] = self.parent_id
        if "level" in self.model_fields_set:
            changes["level"] = None if self.level is None else Level(self.level)
        if "inherits" in self.model_fields_set:
            changes["inherits"] = self.inherits
        return changes


class PicturesBody(Body):
    """Pictures to be put into an album, or taken out of it."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class AddedAnswer(Answer):
    """How many pictures were added, were in it before, and are not known."""

    added: int
    already: int
    unknown: int


class RemovedAnswer(Answer):
    """How many pictures were taken out."""

    removed: int
