"""The original files of pictures, opened for reading and proven to be the content that was catalogued."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import select

from local_server.database.engine import Database
from local_server.database.tables import pictures, places
from local_server.library.errors import OriginalMissing
from local_server.storage.blobs import Blobs
from local_server.storage.errors import BlobDamaged, BlobMissing

_READ: Final = (
    os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
# A larger upload than this is opened into a nameless file instead of memory.
_IN_MEMORY: Final = 64 << 20
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

    def __init__(self, database: Database, blobs: Blobs, uploads: Path) -> None:
        """Look for files and sealed uploads; large ones of these are opened into the folder `uploads`."""
        self._database = database
        self._blobs = blobs
        self._uploads = uploads

    @contextmanager
    def open(self, picture_id: str) -> Iterator[int]:
        """Yield a descriptor of a file with exactly this picture's content.

        Raises OriginalMissing, or the outage of a storage that may have it.
        """
        with self._database.read() as connection:
            wanted = connection.execute(
                select(pictures.c.content_hash).where(pictures.c.id == picture_id)
            ).scalar_one()
            candidates = connection.execute(
                select(places.c.path, places.c.blob, places.c.bytes)
                .where(places.c.picture_id == picture_id, places.c.present)
                .order_by(places.c.id)
            ).all()
        lost: BlobMissing | BlobDamaged | None = None
        for path, blob, size in candidates:
            try:
                descriptor = open_file(bytes(path)) if blob is None else self._unsealed(blob, size)
            except OSError:
                continue  # gone or locked away: another copy may serve
            except (BlobMissing, BlobDamaged) as outage:
                # It may still be in another machine's spool: unlike a file it is not gone for being away.
                lost = outage
                continue
            try:
                if _has_content(descriptor, wanted):
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
        if lost is not None:
            raise lost
        raise OriginalMissing(f"picture {picture_id} has {len(candidates)} places, none with its content")

    def _unsealed(self, blob: str, size: int) -> int:
        """Return a descriptor of an upload's content, in a file that has no name."""
        if size <= _IN_MEMORY and hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("original", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile(dir=self._uploads) as unnamed:
                descriptor = os.dup(unnamed.fileno())
        try:
            with os.fdopen(os.dup(descriptor), "wb") as sink:
                for chunk in self._blobs.stream(blob):
                    sink.write(chunk)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor
