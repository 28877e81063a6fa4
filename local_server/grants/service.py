"""The rules of grants: made, replaced, revoked, and added up for one person."""

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.events import announce
from local_server.grants import queries
from local_server.grants.errors import GranteeUnknown, GrantExpired, GrantPointless, GrantUnknown
from local_server.grants.models import Access, Grant, Way
from local_server.library.cursors import read_texts, write_texts
from local_server.library.errors import AlbumUnknown
from local_server.library.rights import Scope, can_be_granted, scope_of


class Grants:
    """Who may see which albums; every change is audited and told to staff and to the person."""

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    def of_album(
        self, album_id: str, *, cursor: str | None, limit: int
    ) -> tuple[list[Grant], str | None, datetime]:
        """Return a page of grants that hold on an album, its own and inherited ones, and the moment it is of.

        Raises AlbumUnknown and CursorInvalid.
        """
        after = read_texts(cursor, 1)[0] if cursor else None
        with self._database.read() as connection:
            chain = _inherited(connection, album_id)
            found = queries.holding_on(connection, chain, after, limit + 1)
        following = write_texts(found[limit - 1].id) if len(found) > limit else None
        return found[:limit], following, self._clock()

    def grant(
        self,
        caller: Caller,
        album_id: str,
        account_id: str,
        *,
        expires_at: datetime | None,
        view_limit: int | None,
    ) -> tuple[Grant, datetime]:
        """Let a person see an album; what they were granted on it before is replaced.

        Raises AlbumUnknown, GranteeUnknown, GrantPointless and GrantExpired.
        """
        now, grant_id = self._clock(), uuid4().hex
        if expires_at is not None and expires_at <= now:
            raise GrantExpired
        with self._database.write() as connection:
            if queries.album(connection, album_id) is None:
                raise AlbumUnknown
            who = queries.person(connection, account_id)
            if who is None:
                raise GranteeUnknown
            if not can_be_granted(who.role):
                raise GrantPointless
            replaced = queries.revoke_of(connection, now, album_id, account_id)
            queries.add_grant(
                connection,
                id=grant_id,
                album_id=album_id,
                account_id=account_id,
                created_at=now,
                created_by=caller.account_id,
                expires_at=expires_at,
                view_limit=view_limit,
            )
            made = queries.grant(connection, grant_id)
            if made is None:
                raise GrantUnknown
            self._record(connection, "grant_made", caller, made, now, replaced=replaced > 0)
        return made, now

    def revoke(self, caller: Caller, grant_id: str) -> None:
        """End a grant. Raises GrantUnknown."""
        now = self._clock()
        with self._database.write() as connection:
            found = queries.grant(connection, grant_id)
            if found is None:
                raise GrantUnknown
            queries.revoke(connection, now, grant_id=grant_id)
            self._record(connection, "grant_revoked", caller, found, now)

    def access(self, account_id: str, *, cursor: str | None, limit: int) -> Access:
        """Return what a person may see now, and a page of ways. Raises GranteeUnknown, CursorInvalid."""
        after = None
        if cursor:
            name, album_id, grant_id = read_texts(cursor, 3)
            after = (name, album_id, grant_id)
        with self._database.read() as connection:
            who = queries.person(connection, account_id)
            if who is None:
                raise GranteeUnknown
            rows = queries.access(connection, who, self._clock(), after, limit + 1)
        ways = [
            Way(
                album_id=row.album_id,
                album_name=row.album_name,
                pictures=row.pictures,
                grant_id=row.grant_id,
                granted_on_id=row.source_id,
                granted_on_name=row.source_name,
                expires_at=row.expires_at,
                view_limit=row.view_limit,
                views_left=row.views_left,
            )
            for row in rows
            if row.album_id is not None
        ]
        following = None
        if len(ways) > limit:
            last = rows[limit - 1]
            following = write_texts(last.name_folded, last.album_id, last.grant_id)
        return Access(scope_of(who), rows[0].total, ways[:limit], following)

    def _record(
        self,
        connection: Connection,
        kind: str,
        caller: Caller,
        grant: Grant,
        now: datetime,
        *,
        replaced: bool = False,
    ) -> None:
        detail: dict[str, object] = {
            "album": grant.album_name,
            "album_id": grant.album_id,
            "grant": grant.id,
            "person": grant.account_name,
            "person_id": grant.account_id,
            "view_limit": grant.view_limit,
            "expires_at": None if grant.expires_at is None else grant.expires_at.isoformat(),
            "replaced": replaced,
        }
        self._audit.record(
            connection,
            kind,
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            detail=detail,
        )
        announce(connection, now, "grants_changed", {"account_id": grant.account_id})


def scope_name(scope: Scope) -> str:
    """Return what the interface calls a scope."""
    return {Scope.EVERYTHING: "library", Scope.GRANTED: "albums", Scope.NOTHING: "nothing"}[scope]


def _inherited(connection: Connection, album_id: str) -> list[str]:
    """Return an album and those above it whose grants hold on it. Raises AlbumUnknown."""
    album = queries.album(connection, album_id)
    if album is None:
        raise AlbumUnknown
    chain = [album.id]
    while album is not None and album.inherits and album.parent_id is not None:
        chain.append(album.parent_id)
        album = queries.album(connection, album.parent_id)
    return chain
