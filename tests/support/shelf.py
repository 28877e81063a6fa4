"""A server in memory for the picture rooms: it stands at the edge, where requests would leave the program."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from desktop.client.albums import AddedPictures, Album, Albums
from desktop.client.errors import Failure, ServerRejection
from desktop.client.models import (
    GalleryFolder,
    ImportProgress,
    Library,
    Picture,
    PictureDetail,
    PicturePage,
    Place,
    Protection,
    RefusedPage,
)
from desktop.client.uploads import Sending, Upload

NEWEST = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOTHING_UNDER_WAY = ImportProgress(
    active=False, done=0, total=0, refused=0, rate=None, seconds_left=None, folder=None, started_at=None
)


def make_picture(number: int, *, size: tuple[int, int] = (1600, 1000), level: str = "guarded") -> Picture:
    """Describe the picture of this number; each is eight hours older than the one before."""
    moment = NEWEST - timedelta(hours=8 * number)
    return Picture(
        id=f"p{number:06}",
        name=f"Picture {number}.jpg",
        title=None,
        folder="2026",
        width=size[0],
        height=size[1],
        sort_at=moment,
        taken_at=moment,
        taken_local=moment.strftime("%Y-%m-%dT%H:%M:%S"),
        added_at=moment,
        format="jpeg",
        bytes=2_400_000,
        colour="#336699",
        rating=0,
        flag=None,
        favourite=False,
        camera_name=None,
        level=level,
        costs_view=False,
        view_token=None,
    )


def jpeg(size: tuple[int, int], colour: tuple[int, int, int]) -> bytes:
    """Encode one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


class AlbumShelf(Albums):
    """Answers as `client.albums.Albums` does, in memory."""

    def __init__(self) -> None:
        self.tree: list[Album] = []
        self.inside: dict[str, set[str]] = {}
        self.failure: Failure | None = None

    async def all(self) -> tuple[Album, ...]:
        """Give the tree."""
        return tuple(replace(album, count=len(self.inside[album.id])) for album in self.tree)

    async def create(self, name: str, parent_id: str | None, level: str | None, inherits: bool) -> Album:
        """Make an album on top of the others."""
        if self.failure is not None:
            raise self.failure
        made = Album(f"a{len(self.tree)}", parent_id, 0, name, level or "guarded", level, inherits, 0)
        self.tree.append(made)
        self.inside[made.id] = set()
        return made

    async def change(self, album_id: str, **changes: object) -> Album:
        """Change an album."""
        (album,) = (one for one in self.tree if one.id == album_id)
        level = changes.pop("level", album.own_level)
        changed = replace(album, own_level=level, level=level or "guarded", **changes)  # type: ignore[arg-type]  # names and types are the caller's
        self.tree[self.tree.index(album)] = changed
        return changed

    async def delete(self, album_id: str) -> None:
        """Delete an album."""
        self.tree = [album for album in self.tree if album.id != album_id]

    async def add(self, album_id: str, picture_ids: Sequence[str]) -> AddedPictures:
        """Put pictures in."""
        new = set(picture_ids) - self.inside[album_id]
        self.inside[album_id] |= new
        return AddedPictures(len(new), len(picture_ids) - len(new))

    async def remove(self, album_id: str, picture_ids: Sequence[str]) -> None:
        """Take pictures out."""
        self.inside[album_id] -= set(picture_ids)


class Shelf:
    """Answers as `client.api.Gallery` does; remembers what was asked for and what was given up."""

    def __init__(self, pictures: Sequence[Picture], colour: tuple[int, int, int] = (255, 0, 255)) -> None:
        self.pictures = list(pictures)
        self.colour = colour
        self.asked: list[tuple[str, str, int | None, int | None]] = []
        self.given_up: list[str] = []
        self.changes: list[tuple[str, dict[str, object]]] = []
        self.failure: Failure | None = None
        self.view_failure: Failure | None = None
        self.open = asyncio.Event()
        self.open.set()
        self._made: dict[tuple[int, int], bytes] = {}
        self.albums = AlbumShelf()
        self.requests: list[list[str]] = []
        self.withdrawn: list[str] = []
        self.contents: set[bytes] = set()

    async def images(
        self,
        *,
        view: str = "all",
        folder: str | None = None,
        album: str | None = None,
        query: str | None = None,
        cursor: str | None = None,
        limit: int = 500,
    ) -> PicturePage:
        """Give a page of the list."""
        if self.failure is not None:
            raise self.failure
        found = [p for p in self.pictures if query is None or query.lower() in p.name.lower()]
        if album is not None:
            found = [p for p in found if p.id in self.albums.inside[album]]
        if view == "favourites":
            found = [p for p in found if p.favourite]
        found.sort(key=lambda p: (p.added_at if view == "recent" else p.sort_at, p.id), reverse=True)
        start = int(cursor or 0)
        more = str(start + limit) if start + limit < len(found) else None
        return PicturePage(tuple(found[start : start + limit]), more, len(found))

    async def image(self, picture_id: str) -> PictureDetail:
        """Give a picture's detail."""
        picture = self._find(picture_id)
        known = {field.name: getattr(picture, field.name) for field in fields(Picture)}
        return PictureDetail(
            **known,
            camera=None,
            gps=None,
            icc=None,
            histogram=tuple(range(64)),
            frames=1,
            content_hash="00" * 32,
            tags=("ridge",),
            places=(Place("2026", picture.name),),
            protection=Protection(picture.level, "the default", "7KQ4-M2XD-9F"),
        )

    async def update(self, picture_id: str, **changes: object) -> Picture:
        """Change a picture."""
        self.changes.append((picture_id, changes))
        plain = {name: value for name, value in changes.items() if name != "tags"}
        changed = replace(self._find(picture_id), **plain)  # type: ignore[arg-type]  # names and types are the caller's
        self.pictures = [changed if p.id == picture_id else p for p in self.pictures]
        return changed

    async def view(
        self, picture_id: str, rendition: str, *, column: int | None = None, row: int | None = None
    ) -> bytes:
        """Give a rendition of one colour."""
        self.asked.append((picture_id, rendition, column, row))
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.given_up.append(picture_id)
            raise
        if self.view_failure is not None:
            raise self.view_failure
        picture = self._find(picture_id)
        size = (
            (512, 512) if rendition == "tile" else _within(picture, 640 if rendition == "thumbnail" else 2560)
        )
        if size not in self._made:
            self._made[size] = jpeg(size, self.colour)
        return self._made[size]

    def upload(self, paths: Sequence[Path], told: Callable[[Sending], None]) -> Upload:
        """Make a sending of files to this shelf."""
        return Upload(self.send, paths, told)

    async def send(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Take files as the server does: those that hold `picture`, each content once."""
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        request = httpx.Request(method, f"http://shelf{path}")
        if method == "DELETE":
            self.withdrawn.append(path.rsplit("/", 1)[1])
            numbers = dict.fromkeys(("total", "duplicate", "waiting", "ready", "refused"), 0)
            return httpx.Response(200, json={"id": path, **numbers, "cancelled": 1}, request=request)
        files = [(name, file.read()) for _, (name, file, _) in arguments["files"]]
        self.requests.append([name for name, _ in files])
        items = [self._taken(name, content) for name, content in files]
        batch = f"b{len(self.requests)}"
        return httpx.Response(202, json={"batch": batch, "items": items}, request=request)

    def _taken(self, name: str, content: bytes) -> dict[str, str | None]:
        told: dict[str, str | None] = {"name": name, "picture_id": None, "code": None, "reason": None}
        if b"picture" not in content:
            why = {"code": "not_a_picture", "reason": "It is no picture.", "advice": "Send another."}
            return told | {"outcome": "refused"} | why
        known = content in self.contents
        self.contents.add(content)
        return told | {"outcome": "duplicate" if known else "accepted", "advice": None}

    async def library(self) -> Library:
        """Give the counts."""
        return Library({"all": len(self.pictures)}, (), ())

    async def gallery(self) -> GalleryFolder:
        """Give the folder."""
        return GalleryFolder("/pictures", True, True, True, "inotify", None, len(self.pictures), 0)

    async def imports(self) -> ImportProgress:
        """Say that nothing is imported."""
        return NOTHING_UNDER_WAY

    async def refused(self, cursor: str | None = None, limit: int = 100) -> RefusedPage:
        """Say that nothing was refused."""
        return RefusedPage((), None)

    def _find(self, picture_id: str) -> Picture:
        for picture in self.pictures:
            if picture.id == picture_id:
                return picture
        raise ServerRejection("picture_not_found", "This picture is gone.", "Go back.", status=404)


def _within(picture: Picture, side: int) -> tuple[int, int]:
    scale = min(1.0, side / max(picture.width, picture.height))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
