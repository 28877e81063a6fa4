"""Receive files from a multipart body: parsed as it streams, sealed as it comes, never whole in memory.

`feed` does the work of a piece and is called on a worker thread; nothing of a file is on the disk in clear.
"""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from local_server.imaging.formats import MAGIC_BYTES
from local_server.imaging.text import clean_text
from local_server.storage.blobs import Blobs
from local_server.storage.errors import write_failure
from local_server.storage.stream import SealingWriter
from local_server.uploads.errors import NotMultipart, TooManyFiles
from local_server.uploads.models import Received, TooLarge

LONGEST_NAME: Final = 255
PARTIAL: Final = ".part"
_NAMELESS: Final = "picture"


class Receiver:
    """Turns the pieces of one body into files; call `feed` with each, then `end`, and `close` in any case."""

    def __init__(
        self, content_type: str, blobs: Blobs, folder: Path, most_bytes: int, most_files: int
    ) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(boundary) <= 70:
            raise NotMultipart
        self._blobs = blobs
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._received: list[Received | TooLarge] = []
        self._files = 0
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._disposition = b""
        self._incoming: _Incoming | None = None
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._all_ends,
            },
        )

    def feed(self, piece: bytes) -> list[Received | TooLarge]:
        """Take a piece and return the files that it completes.

        Raises NotMultipart, TooManyFiles, DiskFull or StorageUnwritable.
        """
        try:
            self._parser.write(piece)
        except MultipartParseError:
            raise NotMultipart from None
        received, self._received = self._received, []
        return received

    def end(self) -> None:
        """Say that the body is over. Raises NotMultipart where it was cut."""
        if not self._ended:
            raise NotMultipart("The body ended before its last part did.")

    def close(self) -> None:
        """Forget a file that is half received, and those that `feed` could not return."""
        for one in self._received:
            if isinstance(one, Received):
                one.path.unlink(missing_ok=True)
        self._received = []
        if self._incoming is not None:
            self._incoming.discard()
            self._incoming = None

    def _part_begins(self) -> None:
        self._disposition = b""
        self._header = (bytearray(), bytearray())

    def _header_ends(self) -> None:
        field, value = self._header
        if bytes(field).lower() == b"content-disposition":
            self._disposition = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        if b"filename" not in options:
            return  # a form's field beside the files: nothing here has one
        self._files += 1
        if self._files > self._most_files:
            raise TooManyFiles(f"More than {self._most_files} files in one request.")
        name = plain_name(options[b"filename"])
        self._incoming = _Incoming(name, self._blobs, self._folder, self._most_bytes)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._incoming is not None:
            self._incoming.write(data[start:end])

    def _part_ends(self) -> None:
        if self._incoming is not None:
            incoming, self._incoming = self._incoming, None
            self._received.append(incoming.finished())

    def _all_ends(self) -> None:
        self._ended = True


class _Incoming:
    """One file that is coming."""

    def __init__(self, name: str, blobs: Blobs, folder: Path, most_bytes: int) -> None:
        self._name = name
        self._most_bytes = most_bytes
        self._blob = f"{secrets.token_hex(16)}-original"
        self._path = folder / f"{self._blob}{PARTIAL}"
        self._digest = hashlib.sha256()
        self._head = b""
        self._size = 0
        self._kept = True
        self._sink: IO[bytes] = self._opened()
        self._writer: SealingWriter = blobs.writer(self._blob, self._sink)

    def write(self, content: bytes) -> None:
        self._size += len(content)
        if not self._kept:
            return
        if self._size > self._most_bytes:
            self.discard()
            return
        self._head += content[: MAGIC_BYTES - len(self._head)]
        self._digest.update(content)
        self._writing(lambda: self._writer.write(content))

    def finished(self) -> Received | TooLarge:
        if not self._kept:
            return TooLarge(self._name)
        self._writing(self._finish)
        return Received(self._blob, self._name, self._path, self._size, self._digest.hexdigest(), self._head)

    def discard(self) -> None:
        self._kept = False
        self._sink.close()
        self._path.unlink(missing_ok=True)

    def _opened(self) -> IO[bytes]:
        try:
            return os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except OSError as error:
            raise write_failure(error, self._path) from error

    def _finish(self) -> None:
        self._writer.finish()
        self._sink.flush()
        os.fsync(self._sink.fileno())
        self._sink.close()

    def _writing(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            self.discard()
            raise write_failure(error, self._path) from error


def plain_name(given: bytes) -> str:
    """Return the name that a sender gives a file, without any path, as text that can be stored and shown."""
    last = given.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    return clean_text(last, LONGEST_NAME).strip(". ") or _NAMELESS
