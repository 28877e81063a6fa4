"""HTTP of albums: the tree, its changes, and the pictures in them."""

from typing import Annotated

from fastapi import APIRouter, Depends

from local_server.accounts.gate import Gate
from local_server.accounts.models import CURATES, LOOKS_AT_PICTURES, Caller, KeyScope
from local_server.albums.bodies import (
    AddedAnswer,
    AlbumAnswer,
    AlbumBody,
    AlbumsAnswer,
    NewAlbumBody,
    PicturesBody,
    RemovedAnswer,
)
from local_server.albums.service import Albums
from local_server.library.protection import Level
from local_server.web.bodies import Id


def routes(albums: Albums, gate: Gate) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["albums"])
    Viewer = Annotated[Caller, Depends(gate.require(LOOKS_AT_PICTURES, scope=KeyScope.PICTURES_READ))]
    Curator = Annotated[Caller, Depends(gate.require(CURATES, scope=KeyScope.PICTURES_WRITE))]

    @router.get("/albums")
    def tree(caller: Viewer) -> AlbumsAnswer:
        """Return the albums that the caller may see."""
        return AlbumsAnswer(items=[AlbumAnswer.of(one, caller.role) for one in albums.tree(caller)])

    @router.post("/albums", status_code=201)
    def create(caller: Curator, body: NewAlbumBody) -> AlbumAnswer:
        """Make an album."""
        made = albums.create(
            caller,
            body.name,
            parent_id=body.parent_id,
            level=None if body.level is None else Level(body.level),
            inherits=body.inherits,
        )
        return AlbumAnswer.of(made, caller.role)

    @router.patch("/albums/{album_id}")
    def change_album(caller: Curator, album_id: Id, body: AlbumBody) -> AlbumAnswer:
        """Rename, move or protect an album, or have it inherit grants or not."""
        return AlbumAnswer.of(albums.change(caller, album_id, body.changes()), caller.role)

    @router.delete("/albums/{album_id}", status_code=204)
    def delete_album(caller: Curator, album_id: Id) -> None:
        """Delete an album that no album lies in; its pictures stay in the library, its grants end."""
        albums.delete(caller, album_id)

    @router.put("/albums/{album_id}/pictures")
    def add_pictures(caller: Curator, album_id: Id, body: PicturesBody) -> AddedAnswer:
        """Put pictures into an album."""
        done = albums.add(caller, album_id, body.ids)
        return AddedAnswer(added=done.added, already=done.already, unknown=done.unknown)

    @router.delete("/albums/{album_id}/pictures")
    def remove_pictures(caller: Curator, album_id: Id, body: PicturesBody) -> RemovedAnswer:
        """Take pictures out of an album."""
        return RemovedAnswer(removed=albums.remove(caller, album_id, body.ids))

    return router
