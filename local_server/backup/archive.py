"""What lies inside of a backup: parts in a fixed order, each with its kind, name and length before it.

They are: manifest (JSON), key, settings (JSON), catalogue (a SQLite file), every object as it is stored, and
the end (JSON).
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, Protocol

from local_server.backup.errors import BackupDamaged

MANIFEST, KEY, SETTINGS, CATALOGUE, OBJECT, END = b"M", b"K", b"S", b"C", b"O", b"E"
ORDER: Final = (MANIFEST, KEY, SETTINGS, CATALOGUE)
_HEAD: Final = struct.Struct("!cHQ")
_CHUNK: Final = 1 << 20
_LONGEST_TEXT: Final = 16 << 20


class Sink(Protocol):
    """Takes the content of a backup."""

    def write(self, content: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part, whose content must be read before the next part is."""

    kind: bytes
    name: str
    size: int
    content: Iterator[bytes]

    def whole(self) -> bytes:
        """Return the content of a small part."""
        if self.size > _LONGEST_TEXT:
            raise BackupDamaged(f"A part of {self.size} bytes has no place there.")
        return b"".join(self.content)

    def document(self) -> dict[str, Any]:
        """Return the content of a part that is JSON."""
        try:
            found = json.loads(self.whole())
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise BackupDamaged("A part is no JSON object.")
        return found


class Writer:
    """Puts parts into a sink."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def put(self, kind: bytes, content: bytes, name: str = "") -> None:
        """Write a small part."""
        self._begin(kind, name, len(content))
        self._sink.write(content)

    def document(self, kind: bytes, document: dict[str, Any]) -> None:
        """Write a part that is JSON."""
        self.put(kind, json.dumps(document).encode())

    def file(self, kind: bytes, file: IO[bytes], name: str = "") -> int:
        """Write what a file holds; return its size."""
        size = file.seek(0, 2)
        file.seek(0)
        self._begin(kind, name, size)
        left = size
        while left:
            chunk = file.read(min(left, _CHUNK))
            if not chunk:
                raise OSError(f"{name or 'the catalogue'} became shorter while it was read")
            self._sink.write(chunk)
            left -= len(chunk)
        return size

    def _begin(self, kind: bytes, name: str, size: int) -> None:
        written = name.encode()
        self._sink.write(_HEAD.pack(kind, len(written), size) + written)


def parts(chunks: Iterator[bytes]) -> Iterator[Part]:
    """Yield every part to the end, and see that the end is one. Raises BackupDamaged."""
    pieces = _Pieces(chunks)
    number = 0
    while True:
        kind, length, size = _HEAD.unpack(pieces.exactly(_HEAD.size))
        name = pieces.exactly(length).decode("utf-8", "replace")
        expected = {ORDER[number]} if number < len(ORDER) else {OBJECT, END}
        if kind not in expected:
            raise BackupDamaged(f"Part {number + 1} is not the one that belongs there.")
        content = pieces.next(size)
        yield Part(kind, name, size, content)
        for _ in content:  # what nobody has read
            pass
        number += 1
        if kind == END:
            pieces.ended()
            return


class _Pieces:
    """Cuts chunks of any size into pieces of the wanted ones."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = b""

    def exactly(self, size: int) -> bytes:
        return b"".join(self.next(size))

    def next(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            if not self._held:
                self._held = next(self._chunks, b"")
                if not self._held:
                    raise BackupDamaged("It ends too early.")
            piece, self._held = self._held[:left], self._held[left:]
            left -= len(piece)
            yield piece

    def ended(self) -> None:
        if self._held or next(self._chunks, b""):
            raise BackupDamaged("Something follows its end.")
