"""Sealing as a stream, for what is too large for memory: chunks of AES-256-GCM, in an order and to an end.

Layout: magic and version (4 bytes), nonce prefix (7), then chunks of up to 1 MiB of content, each with its
tag (16). A chunk's nonce is the prefix, its number (4 bytes) and whether it is the last (1 byte): the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015). An empty object has one empty chunk.
"""

import secrets
import struct
from collections.abc import Iterator
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local_server.storage.errors import BlobDamaged

MAGIC: Final = b"VSG\x02"
CHUNK: Final = 1 << 20
_PREFIX: Final = 7
_TAG: Final = 16


class SealingWriter:
    """Writes content to a file as the sealed object of one name; nothing of it opens before `finish`."""

    def __init__(self, key: bytes, name: str, sink: IO[bytes]) -> None:
        self._cipher = AESGCM(key)
        self._bound = MAGIC + name.encode()
        self._prefix = secrets.token_bytes(_PREFIX)
        self._sink = sink
        self._number = 0
        self._held = bytearray()
        sink.write(MAGIC + self._prefix)

    def write(self, content: bytes) -> None:
        """Add content."""
        self._held += content
        # The last chunk is sealed as such, so that as much as one is always kept back.
        while len(self._held) > CHUNK:
            self._seal(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def finish(self) -> None:
        """Write what was kept back."""
        self._seal(bytes(self._held), last=True)
        self._held.clear()

    def _seal(self, content: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._sink.write(self._cipher.encrypt(nonce, content, self._bound))
        self._number += 1


def opened(key: bytes, name: str, source: IO[bytes]) -> Iterator[bytes]:
    """Yield the content of a sealed object chunk by chunk; raise BlobDamaged at one that is not its own.

    What was yielded before is authentic, but only a walk to the end proves that nothing was cut off.
    """
    cipher, bound = AESGCM(key), MAGIC + name.encode()
    head = source.read(len(MAGIC) + _PREFIX)
    if len(head) < len(MAGIC) + _PREFIX or not head.startswith(MAGIC):
        raise BlobDamaged(f"{name} is not a sealed stream of this version")
    prefix = head[len(MAGIC) :]
    number = 0
    ahead = source.read(CHUNK + _TAG)
    while True:
        sealed, ahead = ahead, source.read(CHUNK + _TAG)
        try:
            yield cipher.decrypt(_nonce(prefix, number, last=not ahead), sealed, bound)
        except (InvalidTag, ValueError):
            raise BlobDamaged(f"the seal of {name} does not hold in chunk {number}") from None
        if not ahead:
            return
        number += 1


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack("!IB", number, last)
