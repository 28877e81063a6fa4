"""The rules of the library: lists, single pictures, and what people may change of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from local_server.database.engine import Database
from local_server.events import announce
from local_server.imaging.models import Camera
from local_server.library import queries
from local_server.library.cursors import read_cursor, write_cursor
from local_server.library.errors import PictureUnknown
from local_server.library.models import (
    Changes,
    Details,
    Flag,
    Folder,
    Overview,
    Page,
    Picture,
    Place,
    View,
)
from local_server.library.protection import Level


class Library:
    """The pictures that are ready and whose files are present."""

    def __init__(self, database: Database, clock: Callable[[], datetime], default_level: Level) -> None:
        self._database = database
        self._clock = clock
        self._default_level = default_level

    def level(self, _picture_id: str) -> Level:
        """Return a picture's own protection level: that of pictures in no album."""
        return self._default_level

    def page(
        self,
        view: View = View.ALL,
        *,
        folder: str | None = None,
        words: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page:
        """Return a page of a list, newest first. Raises CursorInvalid."""
        condition = queries.listed(view, folder, words)
        moment = queries.order(view)
        after = read_cursor(cursor) if cursor else None
        with self._database.read() as connection:
            rows = queries.page(connection, condition, moment, after, limit + 1)
            total = queries.count(connection, condition)
            found = _pictures(connection, rows[:limit])
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = write_cursor(getattr(last, moment.name), last.id)
        return Page(found, following, total)

    def details(self, picture_id: str) -> Details:
        """Return everything about one picture. Raises PictureUnknown."""
        with self._database.read() as connection:
            return _details(connection, queries.shown(connection, picture_id))

    def by_hash(self, content_hash: str) -> Picture:
        """Return the picture of a content (SHA-256, hexadecimal). Raises PictureUnknown."""
        with self._database.read() as connection:
            return _details(connection, queries.shown_by_hash(connection, content_hash.lower())).picture

    def known(self, ids: Iterable[str]) -> set[str]:
        """Return those of the ids that can be shown."""
        with self._database.read() as connection:
            return queries.shown_ids(connection, ids)

    def update(self, picture_id: str, changes: Changes) -> Picture:
        """Change rating, flag, favourite, title or tags. Raises PictureUnknown."""
        with self._database.write() as connection:
            if queries.shown(connection, picture_id) is None:
                raise PictureUnknown(picture_id)
            if changes:
                queries.change(connection, picture_id, changes)
                announce(connection, self._clock(), "picture_changed", {"id": picture_id})
            return _details(connection, queries.shown(connection, picture_id)).picture

    def make_again(self, picture_id: str) -> None:
        """Have a picture's renditions made anew from its original; it is hidden until they are there."""
        with self._database.write() as connection:
            queries.wait_for_renditions(connection, picture_id)
            announce(connection, self._clock(), "picture_changed", {"id": picture_id})

    def overview(self) -> Overview:
        """Return the counts of every view, the folder tree and the months."""
        with self._database.read() as connection:
            counts = {view: queries.count(connection, queries.listed(view, None, None)) for view in View}
            folders = queries.folder_counts(connection)
            months = queries.month_counts(connection)
        return Overview(counts, folder_tree(folders), months)


def folder_tree(counts: Iterable[tuple[str, int]]) -> list[Folder]:
    """Return every folder on the way to a picture, parents before children, with all that lies below."""
    totals: dict[str, int] = {}
    for path, number in counts:
        parts = path.split("/") if path else []
        for depth in range(1, len(parts) + 1):
            above = "/".join(parts[:depth])
            totals[above] = totals.get(above, 0) + number
    ordered = sorted(totals, key=lambda path: [part.casefold() for part in path.split("/")])
    return [Folder(path, path.rsplit("/", 1)[-1], path.count("/"), totals[path]) for path in ordered]


def _pictures(connection: Connection, rows: list[Row[Any]]) -> list[Picture]:
    by_picture = queries.present_places(connection, [row.id for row in rows])
    return [_picture(row, by_picture.get(row.id, [])) for row in rows]


def _details(connection: Connection, row: Row[Any] | None) -> Details:
    if row is None:
        raise PictureUnknown
    found = queries.present_places(connection, [row.id]).get(row.id, [])
    return Details(
        _picture(row, found),
        row.latitude,
        row.longitude,
        row.icc,
        row.histogram or [],
        row.frames or 1,
        row.content_hash,
        row.tags or [],
        [Place(place.folder, place.name) for place in found],
    )


def _picture(row: Row[Any], found: list[Row[Any]]) -> Picture:
    # Only a picture whose last place vanishes between two statements has none; it is about to be hidden.
    place = Place(found[0].folder, found[0].name) if found else Place("", "")
    return Picture(
        id=row.id,
        place=place,
        title=row.title,
        width=row.width,
        height=row.height,
        sort_at=row.sort_at,
        taken_at=row.taken_at,
        taken_local=row.taken_local,
        added_at=row.added_at,
        format=row.format,
        bytes=row.bytes,
        colour=row.colour,
        rating=row.rating,
        flag=Flag(row.flag) if row.flag else None,
        favourite=row.favourite,
        camera=_camera(row.camera),
    )


def _camera(stored: Mapping[str, Any] | None) -> Camera:
    return Camera(**stored) if stored else Camera()
