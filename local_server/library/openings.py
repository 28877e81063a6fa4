"""Counts the openings of pictures that were granted for a number of views; any thread may call it."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, insert, select

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.database.tables import album_pictures, albums, grant_views, grants
from local_server.events import announce
from local_server.library.errors import PictureUnknown, ViewsUsedUp
from local_server.library.rights import Scope, Viewer, reach, scope_of, ways_to


class Openings:
    """Each picture that a viewing session opens counts once, for the grant that ends first."""

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def note(self, caller: Caller, picture_id: str) -> None:
        """Count that a picture is opened. Raises ViewsUsedUp, or PictureUnknown where no grant is left."""
        if scope_of(caller) is not Scope.GRANTED:
            return
        now = self._clock()
        with self._database.read() as connection:
            if _free(connection, caller, picture_id, now):
                return
        with self._database.write() as connection:
            # Under the write lock: of two requests for the last view, the second finds it taken.
            if _free(connection, caller, picture_id, now):
                return
            self._take(connection, caller, picture_id, now)

    def _take(self, connection: Connection, caller: Caller, picture_id: str, now: datetime) -> None:
        left = {row.grant_id: row.views_left for row in connection.execute(ways_to(caller, picture_id, now))}
        if not left:
            raise PictureUnknown(picture_id)
        rows = connection.execute(
            select(grants.c.id, grants.c.expires_at, albums.c.id.label("album_id"), albums.c.name)
            .join(albums, albums.c.id == grants.c.album_id)
            .where(grants.c.id.in_([one for one, number in left.items() if number]))
        ).all()
        if not rows:
            raise ViewsUsedUp
        grant = min(rows, key=lambda row: (row.expires_at is None, row.expires_at or now, row.id))
        connection.execute(
            insert(grant_views).values(
                grant_id=grant.id,
                viewing_session_id=caller.viewing_session_id,
                picture_id=picture_id,
                time=now,
            )
        )
        if left[grant.id] == 1:
            self._audit.record(
                connection,
                "grant_used_up",
                account_id=caller.account_id,
                account_name=caller.name,
                viewing_session_id=caller.viewing_session_id,
                picture_id=picture_id,
                detail={"album": grant.name, "album_id": grant.album_id, "grant": grant.id},
            )
            announce(connection, now, "grants_changed", {"account_id": caller.account_id})


def costing(connection: Connection, viewer: Viewer, ids: Sequence[str], now: datetime) -> set[str]:
    """Return those of the pictures a person may see whose opening would spend a view."""
    if scope_of(viewer) is not Scope.GRANTED:
        return set()
    ways = reach(viewer.account_id, now)
    free = select(album_pictures.c.picture_id).where(
        album_pictures.c.picture_id.in_(ids),
        album_pictures.c.album_id.in_(select(ways.c.album_id).where(ways.c.views_left.is_(None))),
    )
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
        .where(
            grant_views.c.viewing_session_id == viewer.viewing_session_id, grant_views.c.picture_id.in_(ids)
        )
    )
    return set(ids) - set(connection.execute(free.union_all(opened)).scalars())


def _free(connection: Connection, caller: Caller, picture_id: str, now: datetime) -> bool:
    """Say whether opening costs nothing: by a grant without a limit, or as it was counted before."""
    left = {row.grant_id: row.views_left for row in connection.execute(ways_to(caller, picture_id, now))}
    if None in left.values():
        return True
    counted = select(grant_views.c.grant_id).where(
        grant_views.c.grant_id.in_(list(left)),
        grant_views.c.viewing_session_id == caller.viewing_session_id,
        grant_views.c.picture_id == picture_id,
    )
    return connection.execute(counted).first() is not None
