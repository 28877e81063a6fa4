"""The reconcile scan: makes the catalogue's places agree with what lies in the folders.

Events are hints, this is the truth: it compares path, size, time and inode, and reads only what differs.
It runs on the importer's thread.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row

from local_server.database.engine import Database
from local_server.importer import queries
from local_server.importer.fingerprint import Fingerprint, Unreadable, fingerprint
from local_server.importer.register import Entered, Register
from local_server.importer.settle import QUIET_SECONDS, Settling
from local_server.importer.walk import Listing, Seen, deep_listing, listing, may_be_a_picture

_AT_ONCE: Final = 24

Known = dict[bytes, Row[Any]]


@dataclass(slots=True)
class Found:
    """What a scan found out."""

    seen: int = 0
    added: int = 0
    moved: int = 0
    removed: int = 0
    unreadable: int = 0
    stopped: bool = False

    @property
    def changed(self) -> bool:
        """Whether the library is not what it was before."""
        return bool(self.added or self.moved or self.removed)


class Reconciler:
    """Compares folders with places.

    `entered` hears of each batch of pictures; `pending` is the number of files that are still to be read.
    """

    def __init__(
        self,
        database: Database,
        register: Register,
        settling: Settling,
        clock: Callable[[], datetime],
        most_bytes: int,
        entered: Callable[[Sequence[Entered]], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._database = database
        self._register = register
        self._settling = settling
        self._clock = clock
        self._most_bytes = most_bytes
        self._entered = entered
        self._stopped = stopped
        self.pending = 0

    def scan(self, root: bytes) -> Found:
        """Compare everything below the root, and every file elsewhere that was imported by itself."""
        whole = deep_listing(root)
        if not Path(os.fsdecode(root)).is_dir():
            whole.blind.append(root)  # a disk that was pulled out says nothing about its files
        with self._database.read() as connection:
            known = {bytes(place.path): place for place in queries.known_places(connection, root)}
            loose = {bytes(place.path): place for place in queries.places_elsewhere(connection, root)}
        found = self._compare(root, whole, known)
        found.removed += self._check_loose(loose)
        return found

    def look(self, root: bytes, folders: Iterable[bytes]) -> Found:
        """Compare some folders, not those below them but for new and vanished ones."""
        part = Listing()
        known: Known = {}
        for folder in folders:
            if not (folder == root or folder.startswith(root.rstrip(b"/") + b"/")):
                continue
            here = listing(folder)
            with self._database.read() as connection:
                below = {bytes(place.path): place for place in queries.known_places(connection, folder)}
            inhabited = {_child(folder, path) for path in below if _is_deeper(folder, path)}
            for subfolder in here.folders:
                if subfolder not in inhabited:
                    deeper = deep_listing(subfolder)
                    here.files += deeper.files
                    here.blind += deeper.blind
            kept = {subfolder for subfolder in here.folders if subfolder in inhabited}
            known |= {
                path: place
                for path, place in below.items()
                if not _is_deeper(folder, path) or _child(folder, path) not in kept
            }
            part.files += here.files
            part.blind += here.blind
        return self._compare(root, part, known)

    def take(self, root: bytes, paths: Iterable[bytes]) -> Found:
        """Read some files that have settled."""
        found = Found()
        files = [seen for path in paths if (seen := _seen(path)) is not None and _below(root, path)]
        self._read(root, [file for file in files if may_be_a_picture(file.path)], found)
        return found

    def _compare(self, root: bytes, whole: Listing, known: Known) -> Found:
        found = Found(seen=len(whole.files))
        files = {file.path: file for file in whole.files}
        fresh = [
            file
            for file in whole.files
            if not _unchanged(known.get(file.path), file) and self._is_settled(file)
        ]
        moved: set[int] = set()
        fresh = [file for file in fresh if not self._moved(root, file, known.get(file.path), moved)]
        found.moved += len(moved)
        fresh = [file for file in fresh if file.path in known or may_be_a_picture(file.path)]
        gone = [
            place
            for path, place in known.items()
            if place.present
            and place.id not in moved
            and path not in files
            and not _hidden_from_view(path, whole.blind)
        ]
        if gone:
            found.removed += len(gone)
            self._hide(gone)
        self._read(root, fresh, found)
        return found

    def _is_settled(self, file: Seen) -> bool:
        if self._settling.waits(file.path):
            return False
        age = self._clock().timestamp() - file.modified_ns / 1e9
        if 0 <= age < QUIET_SECONDS:
            self._settling.touched(file.path)
            return False
        return True

    def _moved(self, root: bytes, file: Seen, place: Row[Any] | None, moved: set[int]) -> bool:
        """Recognise a file that was renamed: same inode, size and time, and nothing at its old path."""
        if place is not None and place.present:
            return False
        with self._database.read() as connection:
            candidates = queries.same_file(connection, file.inode, file.size, file.modified_ns)
        for candidate in candidates:
            old = bytes(candidate.path)
            if candidate.id not in moved and old != file.path and not _exists(old):
                self._register.move(root, old, file)
                moved.add(candidate.id)
                return True
        return False

    def _read(self, root: bytes, files: list[Seen], found: Found) -> None:
        """Fingerprint files and enter them, some at a time, so that decoding begins while we read on."""
        batch: list[Fingerprint] = []
        try:
            for number, file in enumerate(files):
                self.pending = len(files) - number
                if self._stopped():
                    found.stopped = True
                    break
                read = fingerprint(file.path, self._most_bytes)
                if isinstance(read, Fingerprint):
                    batch.append(read)
                else:
                    self._not_read(root, file.path, read, found)
                if len(batch) == _AT_ONCE:
                    self._enter(root, batch, found)
                    batch = []
            self._enter(root, batch, found)
        finally:
            self.pending = 0

    def _enter(self, root: bytes, batch: list[Fingerprint], found: Found) -> None:
        if batch:
            entered = self._register.enter(root, batch)
            found.added += len(entered)
            self._entered(entered)

    def _not_read(self, root: bytes, path: bytes, unreadable: Unreadable, found: Found) -> None:
        match unreadable.code:
            case "missing":
                return  # gone since it was listed; the event of that comes, or the next scan
            case "changing":
                self._settling.touched(path)
            case _:
                found.unreadable += 1
                self._register.enter_unreadable(root, path, unreadable)

    def _check_loose(self, loose: Known) -> int:
        """Hide what was imported by itself and is gone; take what came back or changed."""
        gone = [place for path, place in loose.items() if place.present and not _exists(path)]
        if gone:
            self._hide(gone)
        for path, place in loose.items():
            seen = _seen(path)
            if seen is not None and not _unchanged(place, seen):
                self._read(bytes(place.root), [seen], Found())
        return len(gone)

    def _hide(self, gone: list[Row[Any]]) -> None:
        pictures = {place.picture_id for place in gone if place.picture_id is not None}
        self._register.hide([place.id for place in gone], pictures)


def _unchanged(place: Row[Any] | None, file: Seen) -> bool:
    """Tell whether a file is as we know it; one that could not be read is always looked at again."""
    return (
        place is not None
        and place.present
        and place.reason_code is None
        and (place.bytes, place.modified_ns, place.inode) == (file.size, file.modified_ns, file.inode)
    )


def _seen(path: bytes) -> Seen | None:
    try:
        status = Path(os.fsdecode(path)).lstat()
    except OSError:
        return None
    return Seen.of(path, status)


def _exists(path: bytes) -> bool:
    return os.path.lexists(path)


def _below(root: bytes, path: bytes) -> bool:
    return path.startswith(root.rstrip(b"/") + b"/")


def _is_deeper(folder: bytes, path: bytes) -> bool:
    return b"/" in path[len(folder.rstrip(b"/")) + 1 :]


def _child(folder: bytes, path: bytes) -> bytes:
    """Return the folder directly below `folder` that a path goes through."""
    start = len(folder.rstrip(b"/")) + 1
    return path[: start + path[start:].index(b"/")]


def _hidden_from_view(path: bytes, blind: list[bytes]) -> bool:
    """Tell whether a path lies where we could not look."""
    return any(path.startswith(folder.rstrip(b"/") + b"/") for folder in blind)
