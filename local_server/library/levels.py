"""How well pictures are protected by the albums they are in; one query for a page of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from local_server.database.tables import album_pictures, albums
from local_server.library.protection import Level


@dataclass(frozen=True, slots=True)
class Protection:
    """A picture's level, and the album that sets it; None: the default."""

    level: Level
    album_id: str | None = None
    album_name: str | None = None


def protections(connection: Connection, ids: Iterable[str], default: Level) -> dict[str, Protection]:
    """Return each picture's protection: that of the strictest of its albums, or the default in none.

    An album without a level has that of the nearest one above that has one, or the default.
    """
    wanted = list(ids)
    walk = (
        select(album_pictures.c.picture_id, albums.c.id, albums.c.parent_id, albums.c.level, albums.c.name)
        .join(albums, albums.c.id == album_pictures.c.album_id)
        .where(album_pictures.c.picture_id.in_(wanted))
        .cte(recursive=True)
    )
    walk = walk.union(
        select(walk.c.picture_id, albums.c.id, albums.c.parent_id, albums.c.level, albums.c.name)
        .join(albums, albums.c.id == walk.c.parent_id)
        .where(walk.c.level.is_(None))
    )
    found: dict[str, Protection] = {}
    for row in connection.execute(
        select(walk.c.picture_id, walk.c.id, walk.c.level, walk.c.name).where(
            or_(walk.c.level.is_not(None), walk.c.parent_id.is_(None))
        )
    ):
        one = Protection(default) if row.level is None else Protection(Level(row.level), row.id, row.name)
        before = found.get(row.picture_id)
        if before is None or _rank(one) > _rank(before):
            found[row.picture_id] = one
    return {one: found.get(one, Protection(default)) for one in wanted}


def _rank(protection: Protection) -> tuple[int, str, str]:
    # The name decides between equals, so that the answer does not change from one time to the next.
    return protection.level.strength, protection.album_name or "", protection.album_id or ""
