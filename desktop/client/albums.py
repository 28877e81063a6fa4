"""Albums as the API names them, and what can be asked of the server about them, on the io thread."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx

from desktop.client.answers import Model
from desktop.client.transport import read_json

GUARDED = frozenset({"guarded", "sealed"})


@dataclass(frozen=True, slots=True)
class Album(Model):
    """An album, `depth` steps inside others; `count` includes the pictures of the albums in it."""

    id: str
    parent_id: str | None
    depth: int
    name: str
    level: str
    own_level: str | None
    inherits: bool
    count: int

    @property
    def guarded(self) -> bool:
        """Say whether captures of its pictures are answered."""
        return self.level in GUARDED


@dataclass(frozen=True, slots=True)
class AlbumTree(Model):
    """GET /albums: those that one may see, parents before what lies in them."""

    items: tuple[Album, ...]


@dataclass(frozen=True, slots=True)
class AddedPictures(Model):
    """PUT /albums/{id}/pictures: how many are new in it, and how many were there before."""

    added: int
    already: int


class Albums:
    """The albums of the server; `send` is how `client.api.Gallery` asks."""

    def __init__(self, send: Callable[..., Awaitable[httpx.Response]]) -> None:
        self._send = send

    async def all(self) -> tuple[Album, ...]:
        """Fetch the tree."""
        return AlbumTree.read(read_json(await self._send("GET", "/api/albums"))).items

    async def create(self, name: str, parent_id: str | None, level: str | None, inherits: bool) -> Album:
        """Make an album."""
        body = {"name": name, "parent_id": parent_id, "level": level, "inherits": inherits}
        return Album.read(read_json(await self._send("POST", "/api/albums", json=body)))

    async def change(self, album_id: str, **changes: object) -> Album:
        """Change name, parent_id, level or inherits."""
        response = await self._send("PATCH", f"/api/albums/{album_id}", json=changes, repeatable=True)
        return Album.read(read_json(response))

    async def delete(self, album_id: str) -> None:
        """Delete an album that no album lies in."""
        await self._send("DELETE", f"/api/albums/{album_id}")

    async def add(self, album_id: str, picture_ids: Sequence[str]) -> AddedPictures:
        """Put pictures into an album."""
        body = {"ids": list(picture_ids)}
        response = await self._send("PUT", f"/api/albums/{album_id}/pictures", json=body, repeatable=True)
        return AddedPictures.read(read_json(response))

    async def remove(self, album_id: str, picture_ids: Sequence[str]) -> None:
        """Take pictures out of an album."""
        body = {"ids": list(picture_ids)}
        await self._send("DELETE", f"/api/albums/{album_id}/pictures", json=body, repeatable=True)
