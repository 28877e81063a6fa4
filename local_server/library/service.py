"""The rules of the library: lists, single pictures, and what people may change of them."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, true

from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.errors import Rejection
from local_server.events import announce
from local_server.imaging.models import Camera
from local_server.library import queries
from local_server.library.cursors import read_cursor, write_cursor
from local_server.library.errors import AlbumUnknown, PictureUnknown, ViewsUsedUp
from local_server.library.levels import protections
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
from local_server.library.openings import costing
from local_server.library.protection import Level
from local_server.library.rights import Scope, in_album, scope_of, visible_albums, visible_to, ways_to

_DEFAULT: Final = "default"
# Its name is not for who may not know of it.
_UNSEEN_ALBUM: Final = "another album"


class Library:
    """The pictures that are ready, whose files are present, and that the caller may see."""

    def __init__(self, database: Database, clock: Callable[[], datetime], default_level: Level) -> None:
        self._database = database
        self._clock = clock
        self._default_level = default_level

    def page(
        self,
        caller: Caller,
        view: View = View.ALL,
        *,
        folder: str | None = None,
        album: str | None = None,
        words: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page:
        """Return a page of a list, newest first; an album includes those below it.

        Raises CursorInvalid and AlbumUnknown.
        """
        now = self._clock()
        condition = queries.listed(view, folder, words, visible_to(caller, now))
        if album is not None:
            condition = and_(condition, in_album(album, caller, now))
        moment = queries.order(view)
        after = read_cursor(cursor) if cursor else None
        with self._database.read() as connection:
            if album is not None and not queries.album_known(connection, album, visible_albums(caller, now)):
                raise AlbumUnknown
            rows = queries.page(connection, condition, moment, after, limit + 1)
            total = queries.count(connection, condition)
            found = self._pictures(connection, rows[:limit], caller, now)
        following = None
        if len(rows) > limit:
            last = rows[limit - 1]
            following = write_cursor(getattr(last, moment.name), last.id)
        return Page(found, following, total)

    def level(self, caller: Caller, picture_id: str) -> Level:
        """Return a picture's own level: that of the strictest of its albums, or the default.

        Raises PictureUnknown and ViewsUsedUp.
        """
        now = self._clock()
        with self._database.read() as connection:
            if not queries.shown_ids(connection, [picture_id], visible_to(caller, now, [picture_id])):
                raise _refusal(connection, caller, picture_id, now)
            return protections(connection, [picture_id], self._default_level)[picture_id].level

    def details(self, caller: Caller, picture_id: str) -> Details:
        """Return everything about one picture. Raises PictureUnknown and ViewsUsedUp."""
        now = self._clock()
        with self._database.read() as connection:
            row = queries.shown(connection, picture_id, visible_to(caller, now, [picture_id]))
            if row is None:
                raise _refusal(connection, caller, picture_id, now)
            return self._details(connection, row, caller, now)

    def by_hash(self, caller: Caller, content_hash: str) -> Picture:
        """Return the picture of a content (SHA-256, hexadecimal). Raises PictureUnknown."""
        now = self._clock()
        with self._database.read() as connection:
            row = queries.shown_by_hash(connection, content_hash.lower(), visible_to(caller, now))
            if row is None:
                raise PictureUnknown
            return self._pictures(connection, [row], caller, now)[0]

    def known(self, caller: Caller, ids: Iterable[str]) -> set[str]:
        """Return those of the ids that can be shown."""
        wanted = list(ids)
        with self._database.read() as connection:
            return queries.shown_ids(connection, wanted, visible_to(caller, self._clock(), wanted))

    def update(self, caller: Caller, picture_id: str, changes: Changes) -> Picture:
        """Change rating, flag, favourite, title or tags. Raises PictureUnknown."""
        now = self._clock()
        visible = visible_to(caller, now, [picture_id])
        with self._database.write() as connection:
            if not queries.shown_ids(connection, [picture_id], visible):
                raise PictureUnknown(picture_id)
            if changes:
                queries.change(connection, picture_id, changes)
                announce(connection, now, "picture_changed", {"id": picture_id})
            row = queries.shown(connection, picture_id, visible)
            return self._pictures(connection, [] if row is None else [row], caller, now)[0]

    def make_again(self, picture_id: str) -> None:
        """Have a picture's renditions made anew from its original; it is hidden until they are there."""
        with self._database.write() as connection:
            queries.wait_for_renditions(connection, picture_id)
            announce(connection, self._clock(), "picture_changed", {"id": picture_id})

    def overview(self, caller: Caller) -> Overview:
        """Return the counts of every view, the folder tree and the months."""
        visible = visible_to(caller, self._clock())
        with self._database.read() as connection:
            counts = {
                view: queries.count(connection, queries.listed(view, None, None, visible)) for view in View
            }
            folders = queries.folder_counts(connection, visible)
            months = queries.month_counts(connection, visible)
        return Overview(counts, folder_tree(folders), months)

    def _pictures(
        self, connection: Connection, rows: list[Row[Any]], caller: Caller, now: datetime
    ) -> list[Picture]:
        ids = [row.id for row in rows]
        by_picture = queries.present_places(connection, ids)
        protected = protections(connection, ids, self._default_level)
        costly = costing(connection, caller, ids, now)
        return [
            _picture(row, by_picture.get(row.id, []), protected[row.id].level, row.id in costly)
            for row in rows
        ]

    def _details(self, connection: Connection, row: Row[Any], caller: Caller, now: datetime) -> Details:
        found = queries.present_places(connection, [row.id]).get(row.id, [])
        protection = protections(connection, [row.id], self._default_level)[row.id]
        source = protection.album_name or _DEFAULT
        if protection.album_id is not None and not queries.album_known(
            connection, protection.album_id, visible_albums(caller, now)
        ):
            source = _UNSEEN_ALBUM
        return Details(
            _picture(row, found, protection.level, row.id in costing(connection, caller, [row.id], now)),
            row.latitude,
            row.longitude,
            row.icc,
            row.histogram or [],
            row.frames or 1,
            row.content_hash,
            row.tags or [],
            [Place(place.folder, place.name) for place in found],
            source,
        )


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


def _refusal(connection: Connection, caller: Caller, picture_id: str, now: datetime) -> Rejection:
    """Return why a picture is not shown: every view is used up, or it is not there for the caller."""
    if (
        scope_of(caller) is Scope.GRANTED
        and queries.shown_ids(connection, [picture_id], true())
        and connection.execute(ways_to(caller, picture_id, now)).first() is not None
    ):
        return ViewsUsedUp()
    return PictureUnknown(picture_id)


def _picture(row: Row[Any], found: list[Row[Any]], level: Level, costs_view: bool) -> Picture:
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
        level=level,
        costs_view=costs_view,
    )


def _camera(stored: Mapping[str, Any] | None) -> Camera:
    return Camera(**stored) if stored else Camera()
