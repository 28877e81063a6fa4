"""SQL of albums."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from local_server.database import upsert
from local_server.database.tables import album_pictures, albums, grant_views, grants, pictures
from local_server.library.queries import SHOWN


def all_albums(connection: Connection) -> list[Row[Any]]:
    """Return every album by name; their number is limited."""
    return list(connection.execute(select(albums).order_by(albums.c.name_folded, albums.c.id)))


def known_ids(connection: Connection, known: ColumnElement[bool]) -> set[str]:
    """Return the albums that a person may know of."""
    return set(connection.execute(select(albums.c.id).where(known)).scalars())


def counts(
    connection: Connection, known: ColumnElement[bool], visible: ColumnElement[bool]
) -> dict[str, int]:
    """Return how many different pictures a person may see in each album and those below it."""
    below = select(albums.c.id.label("top"), albums.c.id).where(known).cte(recursive=True)
    below = below.union(
        select(below.c.top, albums.c.id).join(below, albums.c.parent_id == below.c.id).where(known)
    )
    rows = connection.execute(
        select(below.c.top, func.count(album_pictures.c.picture_id.distinct()))
        .join(album_pictures, album_pictures.c.album_id == below.c.id)
        .join(pictures, pictures.c.id == album_pictures.c.picture_id)
        .where(SHOWN, visible)
        .group_by(below.c.top)
    )
    return {str(album): int(number) for album, number in rows}


def add_album(connection: Connection, **values: object) -> None:
    """Store a new album."""
    connection.execute(insert(albums).values(**values))


def change_album(connection: Connection, album_id: str, **values: object) -> None:
    """Set columns of an album."""
    connection.execute(update(albums).where(albums.c.id == album_id).values(**values))


def delete_album(connection: Connection, album_id: str) -> tuple[int, int]:
    """Delete an album with its grants, and return how many pictures it held and grants it had."""
    of_album = select(grants.c.id).where(grants.c.album_id == album_id)
    connection.execute(delete(grant_views).where(grant_views.c.grant_id.in_(of_album)))
    held = connection.execute(
        select(func.count()).where(grants.c.album_id == album_id, grants.c.revoked_at.is_(None))
    ).scalar_one()
    connection.execute(delete(grants).where(grants.c.album_id == album_id))
    emptied = connection.execute(delete(album_pictures).where(album_pictures.c.album_id == album_id))
    connection.execute(delete(albums).where(albums.c.id == album_id))
    return emptied.rowcount, int(held)


def holders(connection: Connection, album_id: str) -> list[str]:
    """Return the accounts that have a grant on an album itself."""
    return list(
        connection.execute(
            select(grants.c.account_id)
            .where(grants.c.album_id == album_id, grants.c.revoked_at.is_(None))
            .distinct()
        ).scalars()
    )


def existing(connection: Connection, ids: Iterable[str]) -> list[str]:
    """Return those of the ids that are pictures which can be shown."""
    return list(
        connection.execute(select(pictures.c.id).where(pictures.c.id.in_(list(ids)), SHOWN)).scalars()
    )


def put_pictures(
    connection: Connection, album_id: str, ids: list[str], now: datetime, account_id: str
) -> int:
    """Put pictures into an album and return how many were not in it before."""
    inside = set(
        connection.execute(
            select(album_pictures.c.picture_id).where(
                album_pictures.c.album_id == album_id, album_pictures.c.picture_id.in_(ids)
            )
        ).scalars()
    )
    new = [one for one in ids if one not in inside]
    if new:
        connection.execute(
            upsert.insert(connection, album_pictures).on_conflict_do_nothing(),
            [
                {"album_id": album_id, "picture_id": one, "added_at": now, "added_by": account_id}
                for one in new
            ],
        )
    return len(new)


def take_pictures(connection: Connection, album_id: str, ids: list[str]) -> int:
    """Take pictures out of an album and return how many were in it."""
    return connection.execute(
        delete(album_pictures).where(
            album_pictures.c.album_id == album_id, album_pictures.c.picture_id.in_(ids)
        )
    ).rowcount
