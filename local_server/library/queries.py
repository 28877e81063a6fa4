"""SQL of the library: pages by keyset, counts, and the places of pictures."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    extract,
    func,
    or_,
    select,
    tuple_,
    update,
)

from local_server.database.tables import albums, pictures, places, renditions
from local_server.library.models import Changes, Flag, View

SHOWN = and_(pictures.c.present, pictures.c.status == "ready")


def order(view: View) -> Column[datetime]:
    """Return the moment that a view is sorted by."""
    return pictures.c.added_at if view is View.RECENT else pictures.c.sort_at


def listed(
    view: View, folder: str | None, words: str | None, visible: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Return the condition for being in a list; a folder includes those below it."""
    conditions: list[ColumnElement[bool]] = [SHOWN, visible]
    if view is View.FAVOURITES:
        conditions.append(pictures.c.favourite)
    elif view is View.PICKS:
        conditions.append(pictures.c.flag == Flag.PICK.value)
    if folder is not None:
        conditions.append(_has_place(below_folder(folder)))
    for word in (words or "").split():
        pattern = f"%{word.replace('~', '~~').replace('%', '~%').replace('_', '~_')}%"
        conditions.append(
            or_(
                pictures.c.title.ilike(pattern, escape="~"),
                _has_place(
                    or_(places.c.name.ilike(pattern, escape="~"), places.c.folder.ilike(pattern, escape="~"))
                ),
            )
        )
    return and_(*conditions)


def page(
    connection: Connection,
    condition: ColumnElement[bool],
    moment: Column[datetime],
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Row[Any]]:
    """Return up to `limit` pictures, newest first, that follow a place in the list."""
    query = select(pictures).where(condition).order_by(moment.desc(), pictures.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(moment, pictures.c.id) < tuple_(*after))
    return list(connection.execute(query))


def count(connection: Connection, condition: ColumnElement[bool]) -> int:
    """Count the pictures of a list."""
    return connection.execute(select(func.count()).select_from(pictures).where(condition)).scalar_one()


def shown(connection: Connection, picture_id: str, visible: ColumnElement[bool]) -> Row[Any] | None:
    """Return one picture that may be shown."""
    return connection.execute(
        select(pictures).where(pictures.c.id == picture_id, SHOWN, visible)
    ).one_or_none()


def shown_by_hash(connection: Connection, content_hash: str, visible: ColumnElement[bool]) -> Row[Any] | None:
    """Return the picture of a content, if it may be shown."""
    return connection.execute(
        select(pictures).where(pictures.c.content_hash == content_hash, SHOWN, visible)
    ).one_or_none()


def shown_ids(connection: Connection, ids: Iterable[str], visible: ColumnElement[bool]) -> set[str]:
    """Return those of the ids that are pictures which may be shown."""
    return set(
        connection.execute(
            select(pictures.c.id).where(pictures.c.id.in_(list(ids)), SHOWN, visible)
        ).scalars()
    )


def album_known(connection: Connection, album_id: str, known: ColumnElement[bool]) -> bool:
    """Say whether an album is there and its viewer may know of it."""
    return connection.execute(select(albums.c.id).where(albums.c.id == album_id, known)).first() is not None


def present_places(connection: Connection, ids: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """Return the present places of pictures, the oldest first."""
    found: dict[str, list[Row[Any]]] = {}
    rows = connection.execute(
        select(places).where(places.c.picture_id.in_(list(ids)), places.c.present).order_by(places.c.id)
    )
    for row in rows:
        found.setdefault(row.picture_id, []).append(row)
    return found


def folder_counts(connection: Connection, visible: ColumnElement[bool]) -> list[tuple[str, int]]:
    """Return each folder that holds pictures itself, and how many."""
    rows = connection.execute(
        select(places.c.folder, func.count(places.c.picture_id.distinct()))
        .join(pictures, pictures.c.id == places.c.picture_id)
        .where(places.c.present, SHOWN, visible)
        .group_by(places.c.folder)
    )
    return [(str(folder), int(number)) for folder, number in rows]


def month_counts(connection: Connection, visible: ColumnElement[bool]) -> list[tuple[str, int]]:
    """Return each month in which pictures were taken ("2026-11"), newest first."""
    year, month = extract("year", pictures.c.sort_at), extract("month", pictures.c.sort_at)
    rows = connection.execute(
        select(year, month, func.count())
        .where(SHOWN, visible)
        .group_by(year, month)
        .order_by(year.desc(), month.desc())
    )
    return [(f"{int(of_year):04}-{int(of_month):02}", int(number)) for of_year, of_month, number in rows]


def change(connection: Connection, picture_id: str, changes: Changes) -> None:
    """Write what a person changed."""
    connection.execute(update(pictures).where(pictures.c.id == picture_id).values(**changes))


def wait_for_renditions(connection: Connection, picture_id: str) -> None:
    """Forget a picture's renditions and let it wait to be decoded."""
    connection.execute(delete(renditions).where(renditions.c.picture_id == picture_id))
    connection.execute(
        update(pictures)
        .where(pictures.c.id == picture_id, pictures.c.status == "ready")
        .values(status="waiting", attempts=0)
    )


def _has_place(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(places.c.id).where(places.c.picture_id == pictures.c.id, places.c.present, condition).exists()
    )


def below_folder(folder: str) -> ColumnElement[bool]:
    """Return the condition for a place to lie in a folder or below it; "" is every folder."""
    if not folder:
        return places.c.folder.is_not(None)
    # "0" follows "/": the range holds exactly the paths that begin with the folder and a slash.
    return or_(
        places.c.folder == folder, and_(places.c.folder >= f"{folder}/", places.c.folder < f"{folder}0")
    )
