"""The original files of pictures, opened for reading and proven to be the content that was catalogued."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import select

from local_server.database.engine import Database
from local_server.database.tables import pictures, places
from local_server.library.errors import OriginalMissing

_READ: Final = (
    os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0)


def open_file(path: bytes) -> int:
    """Open a file for reading; a link is not followed, a pipe not waited for. Raises OSError."""
    return os.open(path, _READ | _NO_WAIT)


def content_hash(descriptor: int) -> str:
    """Return the SHA-256 of an open file's content, hexadecimal."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    with os.fdopen(os.dup(descriptor), "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _has_content(descriptor: int, wanted: str) -> bool:
    try:
        return content_hash(descriptor) == wanted
    except OSError:
        return False  # its disk fails or was pulled out: another copy may serve


class Originals:
    """Finds the file of a picture among its places."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def open(self, picture_id: str) -> Iterator[int]:
        """Yield a descriptor of a file with exactly this picture's content. Raises OriginalMissing."""
        with self._database.read() as connection:
            wanted = connection.execute(
                select(pictures.c.content_hash).where(pictures.c.id == picture_id)
            ).scalar_one()
            paths = connection.execute(
                select(places.c.path)
                .where(places.c.picture_id == picture_id, places.c.present)
                .order_by(places.c.id)
            ).scalars()
            candidates = [bytes(path) for path in paths]
        for path in candidates:
            try:
                descriptor = open_file(path)
            except OSError:
                continue  # gone or locked away: another copy may serve
            try:
                if _has_content(descriptor, wanted):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
        raise OriginalMissing(f"picture {picture_id} has {len(candidates)} places, none with its content")
