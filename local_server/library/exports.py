"""The one way out for whole pictures: the original, or a full-size copy with the mark of who takes it."""

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Final

from PIL import Image

from local_server.accounts.audit import Audit
from local_server.accounts.models import CURATES, Caller
from local_server.database.engine import Database
from local_server.imaging.text import clean_text
from local_server.imaging.tiles import SIDE, TilePack
from local_server.library.delivery import Delivery
from local_server.library.encoding import encoded
from local_server.library.errors import CopyTooLarge, ExportReasonMissing, PictureUnknown
from local_server.library.models import Picture
from local_server.library.originals import Originals
from local_server.library.protection import Level
from local_server.library.service import Library

MOST_COPIED: Final = 64_000_000
_CHUNK: Final = 1 << 18
_LONGEST_NAME: Final = 200
_QUALITY: Final = 92


class What(StrEnum):
    """What of a picture is taken out."""

    ORIGINAL = "original"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file on its way out; `chunks` must be read or closed."""

    name: str
    size: int
    chunks: Iterator[bytes]


class Exports:
    """Lets those who curate take pictures out; threads may share it."""

    def __init__(
        self, database: Database, library: Library, delivery: Delivery, originals: Originals, audit: Audit
    ) -> None:
        self._database = database
        self._library = library
        self._delivery = delivery
        self._originals = originals
        self._audit = audit
        self._copying = Lock()

    def export(self, caller: Caller, picture_id: str, what: What, reason: str) -> Exported:
        """Return a picture's file, once the audit log says who takes it and why.

        Raises PictureUnknown, ExportReasonMissing for what is protected, CopyTooLarge, and the outages of
        blobs and originals.
        """
        if caller.role not in CURATES:
            raise PictureUnknown(picture_id)
        picture = self._library.details(caller, picture_id).picture
        if picture.level is not Level.OPEN and not reason:
            raise ExportReasonMissing(f"The picture is {picture.level}.")
        made = self._original if what is What.ORIGINAL else self._copy
        exported = made(caller, picture)
        try:
            self._record(caller, picture, what, reason, exported.size)
        except BaseException:
            _close(exported.chunks)
            raise
        return exported

    def _original(self, caller: Caller, picture: Picture) -> Exported:
        with ExitStack() as stack:
            descriptor = stack.enter_context(self._originals.open(picture.id))
            size = os.fstat(descriptor).st_size
            chunks = _chunks(descriptor, stack.pop_all())
            next(chunks)  # from here on its end closes the file, whether or not anybody reads it
        return Exported(_name(picture, picture.place.name), size, chunks)

    def _copy(self, caller: Caller, picture: Picture) -> Exported:
        if picture.width * picture.height > MOST_COPIED:
            raise CopyTooLarge(f"It has {picture.width:,} × {picture.height:,} pixels.")
        # One at a time: the whole picture is in memory.
        with self._copying:
            content = _joined(self._delivery.marked_tiles(caller, picture.id))
        stem = picture.place.name.rpartition(".")[0] or picture.place.name
        return Exported(_name(picture, f"{stem} (marked).jpg"), len(content), iter((content,)))

    def _record(self, caller: Caller, picture: Picture, what: What, reason: str, size: int) -> None:
        detail = {"what": what.value, "level": picture.level.value, "reason": reason, "bytes": size}
        with self._database.write() as connection:
            self._audit.record(
                connection,
                "picture_exported",
                account_id=caller.account_id,
                account_name=caller.name,
                viewing_session_id=caller.viewing_session_id,
                picture_id=picture.id,
                detail=detail,
            )


def _chunks(descriptor: int, stack: ExitStack) -> Iterator[bytes]:
    """Yield nothing first, then the file's content; holds `stack` open until it ends or is closed."""
    with stack:
        yield b""
        os.lseek(descriptor, 0, os.SEEK_SET)
        while chunk := os.read(descriptor, _CHUNK):
            yield chunk


def _close(chunks: Iterator[bytes]) -> None:
    close = getattr(chunks, "close", None)
    if close is not None:
        close()


def _joined(marked: tuple[TilePack, Iterator[tuple[int, int, bytes]]]) -> bytes:
    """Return the whole picture of its tiles, as a JPEG."""
    pack, tiles = marked
    whole = Image.new("RGB", (pack.width, pack.height))
    for column, row, content in tiles:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as tile:
            whole.paste(tile, (column * SIDE, row * SIDE))
    return encoded(whole, _QUALITY)


def _name(picture: Picture, wanted: str) -> str:
    """Return a file's name that no file system, header or reader can be misled by."""
    plain = clean_text(wanted, _LONGEST_NAME).replace("/", "_").replace("\\", "_").lstrip(".")
    return plain or f"{picture.id}.{picture.format.lower()}"
