"""The rules of albums: made, renamed, moved, protected and filled by those who curate."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller, folded, readable
from local_server.albums import queries
from local_server.albums.errors import (
    AlbumHasAlbums,
    AlbumInItself,
    AlbumNameTaken,
    AlbumNameUnusable,
    AlbumsFull,
    AlbumsTooDeep,
)
from local_server.albums.models import Added, Album, AlbumChanges, ListedAlbum
from local_server.albums.tree import Tree
from local_server.database.engine import Database
from local_server.events import announce
from local_server.library.errors import AlbumUnknown
from local_server.library.protection import Level
from local_server.library.rights import visible_albums, visible_to

MOST_ALBUMS: Final = 2_000
DEEPEST: Final = 12
LONGEST_NAME: Final = 128


class Albums:
    """The tree of albums; every change is audited and announced in its own transaction."""

    def __init__(
        self, database: Database, audit: Audit, clock: Callable[[], datetime], default_level: Level
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._default_level = default_level

    def tree(self, caller: Caller) -> list[ListedAlbum]:
        """Return the albums that the caller may know of, parents before what lies in them."""
        with self._database.read() as connection:
            return list(self._listed(connection, caller))

    def create(
        self, caller: Caller, name: str, *, parent_id: str | None, level: Level | None, inherits: bool
    ) -> ListedAlbum:
        """Make an album.

        Raises AlbumUnknown for the parent, AlbumNameUnusable, AlbumNameTaken, AlbumsTooDeep and AlbumsFull.
        """
        shown = _checked_name(name)
        now, album_id = self._clock(), uuid4().hex
        with self._database.write() as connection:
            tree = _tree(connection)
            if len(tree) >= MOST_ALBUMS:
                raise AlbumsFull
            _check_place(tree, parent_id, shown, None, 1)
            queries.add_album(
                connection,
                id=album_id,
                parent_id=parent_id,
                name=shown,
                name_folded=folded(shown)[:LONGEST_NAME],
                level=level,
                inherits=inherits,
                created_at=now,
                created_by=caller.account_id,
            )
            made = Album(album_id, parent_id, shown, level, inherits)
            in_force = _tree(connection).level(album_id, self._default_level)
            self._record(connection, "album_created", caller, made, now, level=in_force)
            return self._one(connection, caller, album_id)

    def change(self, caller: Caller, album_id: str, changes: AlbumChanges) -> ListedAlbum:
        """Rename, move, protect otherwise, or have it inherit grants or not.

        Raises AlbumUnknown, AlbumNameUnusable, AlbumNameTaken, AlbumInItself and AlbumsTooDeep.
        """
        now = self._clock()
        with self._database.write() as connection:
            tree = _tree(connection)
            before = tree.get(album_id)
            if before is None:
                raise AlbumUnknown
            after = Album(
                album_id,
                changes.get("parent_id", before.parent_id),
                _checked_name(changes.get("name", before.name)),
                changes.get("level", before.own_level),
                changes.get("inherits", before.inherits),
            )
            if after == before:
                return self._one(connection, caller, album_id)
            if after.parent_id is not None and album_id in {one.id for one in _chain(tree, after.parent_id)}:
                raise AlbumInItself
            _check_place(tree, after.parent_id, after.name, album_id, tree.height(album_id))
            queries.change_album(
                connection,
                album_id,
                parent_id=after.parent_id,
                name=after.name,
                name_folded=folded(after.name)[:LONGEST_NAME],
                level=after.own_level,
                inherits=after.inherits,
            )
            self._record_change(connection, caller, tree, before, after, now)
            return self._one(connection, caller, album_id)

    def delete(self, caller: Caller, album_id: str) -> None:
        """Delete an album and its grants; its pictures stay in the library.

        Raises AlbumUnknown, and AlbumHasAlbums: were those below moved up, they would lose its protection.
        """
        now = self._clock()
        with self._database.write() as connection:
            tree = _tree(connection)
            album = tree.get(album_id)
            if album is None:
                raise AlbumUnknown
            if tree.children(album_id):
                raise AlbumHasAlbums
            level = tree.level(album_id, self._default_level)
            holders = queries.holders(connection, album_id)
            emptied, grants = queries.delete_album(connection, album_id)
            self._record(
                connection, "album_deleted", caller, album, now, level=level, pictures=emptied, grants=grants
            )
            for account_id in holders:
                announce(connection, now, "grants_changed", {"account_id": account_id})

    def add(self, caller: Caller, album_id: str, ids: Iterable[str]) -> Added:
        """Put pictures into an album; those that cannot be shown are left out. Raises AlbumUnknown."""
        wanted = list(dict.fromkeys(ids))
        now = self._clock()
        with self._database.write() as connection:
            album = self._existing(connection, album_id)
            found = queries.existing(connection, wanted)
            added = queries.put_pictures(connection, album_id, found, now, caller.account_id)
            if added:
                self._record(connection, "album_pictures_added", caller, album, now, pictures=added)
        return Added(added, len(found) - added, len(wanted) - len(found))

    def remove(self, caller: Caller, album_id: str, ids: Iterable[str]) -> int:
        """Take pictures out of an album and return how many were in it. Raises AlbumUnknown."""
        now = self._clock()
        with self._database.write() as connection:
            album = self._existing(connection, album_id)
            removed = queries.take_pictures(connection, album_id, list(dict.fromkeys(ids)))
            if removed:
                self._record(connection, "album_pictures_removed", caller, album, now, pictures=removed)
        return removed

    def _listed(self, connection: Connection, caller: Caller) -> Iterable[ListedAlbum]:
        now = self._clock()
        known = visible_albums(caller, now)
        return _tree(connection).listed(
            queries.known_ids(connection, known),
            queries.counts(connection, known, visible_to(caller, now)),
            self._default_level,
        )

    def _one(self, connection: Connection, caller: Caller, album_id: str) -> ListedAlbum:
        return next(one for one in self._listed(connection, caller) if one.album.id == album_id)

    def _existing(self, connection: Connection, album_id: str) -> Album:
        album = _tree(connection).get(album_id)
        if album is None:
            raise AlbumUnknown
        return album

    def _record_change(
        self, connection: Connection, caller: Caller, tree: Tree, before: Album, after: Album, now: datetime
    ) -> None:
        changed: dict[str, Any] = {}
        if after.name != before.name:
            changed["was_called"] = before.name
        if after.parent_id != before.parent_id:
            changed["moved_from"] = _name(tree, before.parent_id)
            changed["moved_to"] = _name(tree, after.parent_id)
        if after.inherits != before.inherits:
            changed["inherits"] = after.inherits
        if changed:
            self._record(connection, "album_changed", caller, after, now, **changed)
        was = tree.level(before.id, self._default_level)
        becomes = _tree(connection).level(before.id, self._default_level)
        if was is not becomes or after.own_level is not before.own_level:
            self._record(
                connection, "album_level_changed", caller, after, now, level_before=was, level=becomes
            )

    def _record(
        self,
        connection: Connection,
        kind: str,
        caller: Caller,
        album: Album,
        now: datetime,
        **detail: str | int | None,
    ) -> None:
        self._audit.record(
            connection,
            kind,
            account_id=caller.account_id,
            account_name=caller.name,
            viewing_session_id=caller.viewing_session_id,
            detail={"album": album.name, "album_id": album.id, **detail},
        )
        # No name: everybody hears of it, and asks for what they may see.
        announce(connection, now, "album_changed", {"id": album.id})


def _tree(connection: Connection) -> Tree:
    return Tree(
        Album(row.id, row.parent_id, row.name, Level(row.level) if row.level else None, row.inherits)
        for row in queries.all_albums(connection)
    )


def _chain(tree: Tree, album_id: str) -> list[Album]:
    if tree.get(album_id) is None:
        raise AlbumUnknown("There is no album to put it in.")
    return tree.above(album_id)


def _check_place(tree: Tree, parent_id: str | None, name: str, album_id: str | None, height: int) -> None:
    """Raise where an album of a name and height cannot lie in another; `album_id` is None for a new one."""
    depth = 0 if parent_id is None else len(_chain(tree, parent_id))
    if depth + height > DEEPEST:
        raise AlbumsTooDeep
    for sibling in tree.children(parent_id):
        if sibling.id != album_id and folded(sibling.name) == folded(name):
            raise AlbumNameTaken


def _checked_name(name: str) -> str:
    shown = readable(name)
    if not shown or len(shown) > LONGEST_NAME or not shown.isprintable():
        raise AlbumNameUnusable
    return shown


def _name(tree: Tree, album_id: str | None) -> str | None:
    album = None if album_id is None else tree.get(album_id)
    return None if album is None else album.name
