"""Enters fingerprinted files into the catalogue: which picture lies where, and which pictures are present."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from local_server.database.engine import Database
from local_server.events import announce
from local_server.importer import queries
from local_server.importer.fingerprint import Fingerprint, Unreadable
from local_server.importer.walk import Seen

# Where uploaded originals are said to lie: no path of a file begins like this.
UPLOADS: Final = b"upload:"
UPLOADS_FOLDER: Final = "Uploads"


@dataclass(frozen=True, slots=True)
class Entered:
    """The picture behind a file: its id, its status, and whether this file brought it."""

    picture_id: str
    status: str
    new: bool


class Register:
    """Writes places and pictures; every change of presence is announced in the same transaction."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def enter(self, root: bytes, files: Sequence[Fingerprint]) -> list[Entered]:
        """Enter files that lie below a root, all or none of them."""
        with self._database.write() as connection:
            entered = []
            touched: set[str] = set()
            for file in files:
                before = queries.place_at(connection, file.seen.path)
                picture = self._picture(connection, file)
                self._place(connection, root, file.seen, picture.picture_id, None)
                touched.add(picture.picture_id)
                if before is not None and before.picture_id is not None:
                    touched.add(before.picture_id)
                entered.append(picture)
            self.settle_presence(connection, touched)
            return entered

    def enter_upload(
        self,
        connection: Connection,
        *,
        name: str,
        size: int,
        content_hash: str,
        blob: str,
        scan: str | None,
        priority: int,
    ) -> Entered:
        """Enter a sealed original of our own storage, in the caller's transaction."""
        entered = self._known_or_new(connection, content_hash, size, self._clock())
        if entered.new:
            queries.note_upload(connection, entered.picture_id, scan, priority)
        values = {
            "picture_id": entered.picture_id,
            "blob": blob,
            "root": UPLOADS,
            "folder": UPLOADS_FOLDER,
            "name": name,
            "bytes": size,
            "modified_ns": 0,
            "inode": 0,
            "present": True,
            "seen_at": self._clock(),
            "reason_code": None,
            "reason": None,
        }
        queries.set_place(connection, UPLOADS + blob.encode(), values)
        self.settle_presence(connection, [entered.picture_id])
        return entered

    def enter_unreadable(self, root: bytes, path: bytes, unreadable: Unreadable) -> None:
        """Enter a file that could not be read, with the reason."""
        seen = unreadable.seen or Seen(path, 0, 0, 0)
        with self._database.write() as connection:
            before = queries.place_at(connection, path)
            if before is not None and before.reason_code == unreadable.code and before.present:
                return
            self._place(connection, root, seen, None, unreadable)
            if before is not None and before.picture_id is not None:
                self.settle_presence(connection, [before.picture_id])
            announce(
                connection,
                self._clock(),
                "picture_refused",
                {"name": name_of(path), "folder": folder_of(path, root), "reason": unreadable.reason},
                staff_only=True,
            )

    def move(self, root: bytes, place_path: bytes, seen: Seen) -> None:
        """Note that the file of a known place lies somewhere else now."""
        with self._database.write() as connection:
            place = queries.place_at(connection, place_path)
            if place is None:
                return
            # A place that was known at the new path is overtaken by this one.
            overtaken = queries.place_at(connection, seen.path)
            touched = {place.picture_id}
            if overtaken is not None:
                queries.remove_place(connection, overtaken.id)
                touched.add(overtaken.picture_id)
            queries.set_place(connection, place_path, {"path": seen.path, **self._where(root, seen)})
            self.settle_presence(connection, {one for one in touched if one is not None})
            if place.picture_id is not None:
                announce(connection, self._clock(), "picture_changed", {"id": place.picture_id})

    def hide(self, place_ids: Sequence[int], picture_ids: Iterable[str]) -> None:
        """Note that files are gone; pictures without any other place are hidden until one comes back."""
        with self._database.write() as connection:
            queries.hide_places(connection, place_ids)
            self.settle_presence(connection, picture_ids)

    def settle_presence(self, connection: Connection, picture_ids: Iterable[str]) -> None:
        """Make pictures present exactly if one of their places is, and announce the changes."""
        for picture_id, present, status in queries.update_presence(connection, picture_ids):
            if status == queries.READY:
                kind = "picture_ready" if present else "picture_removed"
                announce(connection, self._clock(), kind, {"id": picture_id})

    def _picture(self, connection: Connection, file: Fingerprint) -> Entered:
        sort_at = moment_of(file.seen.modified_ns) or self._clock()
        return self._known_or_new(connection, file.content_hash, file.seen.size, sort_at)

    def _known_or_new(
        self, connection: Connection, content_hash: str, size: int, sort_at: datetime
    ) -> Entered:
        known = queries.picture_by_hash(connection, content_hash)
        if known is not None:
            return Entered(known.id, known.status, new=False)
        picture_id = secrets.token_hex(16)
        queries.add_picture(connection, picture_id, content_hash, size, self._clock(), sort_at)
        return Entered(picture_id, queries.WAITING, new=True)

    def _place(
        self,
        connection: Connection,
        root: bytes,
        seen: Seen,
        picture_id: str | None,
        unreadable: Unreadable | None,
    ) -> None:
        values = {
            "picture_id": picture_id,
            "reason_code": unreadable.code if unreadable else None,
            "reason": unreadable.reason if unreadable else None,
            **self._where(root, seen),
        }
        queries.set_place(connection, seen.path, values)

    def _where(self, root: bytes, seen: Seen) -> dict[str, Any]:
        return {
            "root": root,
            "folder": folder_of(seen.path, root),
            "name": name_of(seen.path),
            "bytes": seen.size,
            "modified_ns": seen.modified_ns,
            "inode": seen.inode,
            "present": True,
            "seen_at": self._clock(),
        }


def name_of(path: bytes) -> str:
    """Return a file's name as text that can be stored and shown."""
    return path.rpartition(b"/")[2].decode("utf-8", "replace")


def folder_of(path: bytes, root: bytes) -> str:
    """Return the folder of a file below its root, as text that can be stored and shown; "" is the root."""
    relative = path[len(root.rstrip(b"/")) + 1 :]
    return relative.rpartition(b"/")[0].decode("utf-8", "replace")


def moment_of(nanoseconds: int) -> datetime | None:
    """Return a file's time, or None for one that no calendar has."""
    try:
        return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
    except (OverflowError, OSError, ValueError):
        return None
