"""Who may see which pictures: one SQL condition that every list, count and single picture is asked with."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Protocol

from sqlalchemy import CTE, ColumnElement, Select, and_, false, func, or_, select, true

from local_server.accounts.models import CURATES, LOOKS_AT_PICTURES, Role, Sees
from local_server.database.tables import album_pictures, albums, grant_views, grants, pictures


class Viewer(Protocol):
    """Who looks, as far as rights depend on it."""

    @property
    def account_id(self) -> str: ...

    @property
    def role(self) -> Role: ...

    @property
    def sees(self) -> str: ...

    @property
    def viewing_session_id(self) -> str: ...


class Scope(Enum):
    """How much of the library a person may see."""

    EVERYTHING = "everything"
    GRANTED = "granted"
    NOTHING = "nothing"


def scope_of(viewer: Viewer) -> Scope:
    """Return the scope of a person; what is not known to be the whole library is what was granted."""
    if viewer.role not in LOOKS_AT_PICTURES:
        return Scope.NOTHING
    if viewer.role in CURATES or viewer.sees == Sees.LIBRARY:
        return Scope.EVERYTHING
    return Scope.GRANTED


def can_be_granted(role: Role) -> bool:
    """Say whether grants can mean anything to a role."""
    return role in LOOKS_AT_PICTURES - CURATES


def visible_to(viewer: Viewer, now: datetime, among: Iterable[str] | None = None) -> ColumnElement[bool]:
    """Return the condition on `pictures` that a person may see them.

    Where it is asked of a few pictures, `among` names them: no other is looked at then.
    """
    scope = scope_of(viewer)
    if scope is Scope.EVERYTHING:
        return true()
    if scope is Scope.NOTHING:
        return false()
    ways = reach(viewer.account_id, now)
    # Nested, not joined: SQLite would walk through all of `album_pictures` for the join.
    granted = select(album_pictures.c.picture_id).where(
        album_pictures.c.album_id.in_(select(ways.c.album_id).where(has_views(ways)))
    )
    # What this session has opened stays open to it, though it took the last view of the grant.
    opened = (
        select(grant_views.c.picture_id)
        .join(ways, ways.c.grant_id == grant_views.c.grant_id)
        .join(
            album_pictures,
            and_(
                album_pictures.c.album_id == ways.c.album_id,
                album_pictures.c.picture_id == grant_views.c.picture_id,
            ),
        )
        .where(grant_views.c.viewing_session_id == viewer.viewing_session_id)
    )
    if among is not None:
        ids = list(among)
        granted = granted.where(album_pictures.c.picture_id.in_(ids))
        opened = opened.where(grant_views.c.picture_id.in_(ids))
    return pictures.c.id.in_(granted.union_all(opened))


def visible_albums(viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    """Return the condition on `albums` that a person may know of them."""
    scope = scope_of(viewer)
    if scope is Scope.EVERYTHING:
        return true()
    if scope is Scope.NOTHING:
        return false()
    ways = reach(viewer.account_id, now)
    opened = (
        select(grant_views.c.grant_id)
        .where(
            grant_views.c.grant_id == ways.c.grant_id,
            grant_views.c.viewing_session_id == viewer.viewing_session_id,
        )
        .exists()
    )
    return albums.c.id.in_(select(ways.c.album_id).where(or_(has_views(ways), opened)))


def reach(account_id: str, now: datetime) -> CTE:
    """Return every album that a person's valid grants hold for, and by which grant.

    Columns: `grant_id`, `album_id`, and `views_left`, None where any number is allowed. Grants that were
    revoked or have expired are not in it; used-up ones are, as those who hold them are told so.
    """
    used = (
        select(func.count())
        .select_from(grant_views)
        .where(grant_views.c.grant_id == grants.c.id)
        .scalar_subquery()
    )
    ways = (
        select(
            grants.c.id.label("grant_id"), grants.c.album_id, (grants.c.view_limit - used).label("views_left")
        )
        .where(
            grants.c.account_id == account_id,
            grants.c.revoked_at.is_(None),
            or_(grants.c.expires_at.is_(None), grants.c.expires_at > now),
        )
        .cte(recursive=True)
    )
    return ways.union(
        select(ways.c.grant_id, albums.c.id, ways.c.views_left)
        .join(albums, albums.c.parent_id == ways.c.album_id)
        .where(albums.c.inherits)
    )


def has_views(ways: CTE) -> ColumnElement[bool]:
    """Return the condition that a grant of `reach` is not used up."""
    return or_(ways.c.views_left.is_(None), ways.c.views_left > 0)


def ways_to(viewer: Viewer, picture_id: str, now: datetime) -> Select[tuple[str, int | None]]:
    """Return a query for the valid grants that reach a picture, used-up ones too, with their views left."""
    ways = reach(viewer.account_id, now)
    return (
        select(ways.c.grant_id, ways.c.views_left)
        .join(album_pictures, album_pictures.c.album_id == ways.c.album_id)
        .where(album_pictures.c.picture_id == picture_id)
        .distinct()
    )


def in_album(album_id: str, viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    """Return the condition on `pictures` to be in an album or below it, as far as a person knows of these."""
    known = visible_albums(viewer, now)
    below = select(albums.c.id).where(and_(albums.c.id == album_id, known)).cte(recursive=True)
    below = below.union(select(albums.c.id).join(below, albums.c.parent_id == below.c.id).where(known))
    return pictures.c.id.in_(
        select(album_pictures.c.picture_id).where(album_pictures.c.album_id.in_(select(below.c.id)))
    )
