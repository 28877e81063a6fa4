"""SQL of grants, and the one query that says what a person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    false,
    func,
    insert,
    select,
    true,
    tuple_,
    update,
)

from local_server.accounts.models import Role
from local_server.database.tables import accounts, album_pictures, albums, grant_views, grants, pictures
from local_server.grants.models import Grant
from local_server.library.queries import SHOWN
from local_server.library.rights import Scope, has_views, reach, scope_of, visible_to


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a grant is for, as far as rights depend on it; looks through no session of their own."""

    account_id: str
    name: str
    role: Role
    sees: str
    viewing_session_id: str = ""


def person(connection: Connection, account_id: str) -> Person | None:
    """Return an account."""
    row = connection.execute(
        select(accounts.c.id, accounts.c.name, accounts.c.role, accounts.c.sees).where(
            accounts.c.id == account_id
        )
    ).one_or_none()
    return None if row is None else Person(row.id, row.name, Role(row.role), row.sees)


def album(connection: Connection, album_id: str) -> Row[Any] | None:
    """Return an album."""
    return connection.execute(select(albums).where(albums.c.id == album_id)).one_or_none()


def holding_on(
    connection: Connection, album_ids: Sequence[str], after: str | None, limit: int
) -> list[Grant]:
    """Return grants on any of some albums by their ids, after one of them."""
    query = _grants().where(grants.c.album_id.in_(album_ids)).order_by(grants.c.id).limit(limit)
    if after is not None:
        query = query.where(grants.c.id > after)
    return [_grant(row) for row in connection.execute(query)]


def grant(connection: Connection, grant_id: str) -> Grant | None:
    """Return a grant that was not revoked."""
    row = connection.execute(_grants().where(grants.c.id == grant_id)).one_or_none()
    return None if row is None else _grant(row)


def add_grant(connection: Connection, **values: object) -> None:
    """Store a new grant."""
    connection.execute(insert(grants).values(**values))


def revoke(connection: Connection, now: datetime, *, grant_id: str) -> None:
    """End a grant."""
    connection.execute(update(grants).where(grants.c.id == grant_id).values(revoked_at=now))


def revoke_of(connection: Connection, now: datetime, album_id: str, account_id: str) -> int:
    """End the grants that a person has on an album itself; return how many there were."""
    return connection.execute(
        update(grants)
        .where(
            grants.c.album_id == album_id, grants.c.account_id == account_id, grants.c.revoked_at.is_(None)
        )
        .values(revoked_at=now)
    ).rowcount


def access(
    connection: Connection, who: Person, now: datetime, after: tuple[str, str, str] | None, limit: int
) -> list[Row[Any]]:
    """Return how many different pictures a person may see, beside each album and grant that gives some.

    One row at least; where there is no way, its columns but the total are None.
    """
    total = select(func.count().label("total")).where(SHOWN, visible_to(who, now)).subquery("everything")
    ways, source = reach(who.account_id, now), albums.alias("source")
    inside = (
        select(func.count())
        .select_from(album_pictures.join(pictures, pictures.c.id == album_pictures.c.picture_id))
        .where(album_pictures.c.album_id == albums.c.id, SHOWN)
        .scalar_subquery()
    )
    place = (albums.c.name_folded, albums.c.id, grants.c.id)
    given = (
        select(
            albums.c.id.label("album_id"),
            albums.c.name.label("album_name"),
            albums.c.name_folded,
            inside.label("pictures"),
            grants.c.id.label("grant_id"),
            grants.c.expires_at,
            grants.c.view_limit,
            ways.c.views_left,
            source.c.id.label("source_id"),
            source.c.name.label("source_name"),
        )
        .select_from(
            ways.join(albums, albums.c.id == ways.c.album_id)
            .join(grants, grants.c.id == ways.c.grant_id)
            .join(source, source.c.id == grants.c.album_id)
        )
        .where(has_views(ways) if scope_of(who) is Scope.GRANTED else false())
        .order_by(*place)
        .limit(limit)
    )
    if after is not None:
        given = given.where(tuple_(*place) > tuple_(*after))
    page = given.subquery("page")
    return list(
        connection.execute(
            select(total, page)
            .select_from(total.outerjoin(page, true()))
            .order_by(page.c.name_folded, page.c.album_id, page.c.grant_id)
        )
    )


def _grants() -> Select[Any]:
    used = (
        select(func.count())
        .select_from(grant_views)
        .where(grant_views.c.grant_id == grants.c.id)
        .scalar_subquery()
    )
    return (
        select(
            grants,
            albums.c.name.label("album_name"),
            accounts.c.name.label("account_name"),
            accounts.c.role,
            used.label("views_used"),
        )
        .join(albums, albums.c.id == grants.c.album_id)
        .join(accounts, accounts.c.id == grants.c.account_id)
        .where(grants.c.revoked_at.is_(None))
    )


def _grant(row: Row[Any]) -> Grant:
    return Grant(
        id=row.id,
        album_id=row.album_id,
        album_name=row.album_name,
        account_id=row.account_id,
        account_name=row.account_name,
        role=Role(row.role),
        created_at=row.created_at,
        expires_at=row.expires_at,
        view_limit=row.view_limit,
        views_used=int(row.views_used),
    )
