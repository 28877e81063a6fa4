"""What encrypts a backup: a key from the passphrase (scrypt, RFC 7914), then a sealed stream.

Layout: magic (6 bytes), format version (1), scrypt's N as a power of two, r and p (1 each), salt (16), a
check of the key (16), and a stream as in `storage.stream`, under the key and bound to the 42 bytes before it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from typing import IO, Final

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from local_server.backup.errors import (
    BackupDamaged,
    BackupNewer,
    NotABackup,
    PassphraseUnfit,
    WrongPassphrase,
)
from local_server.storage import stream
from local_server.storage.errors import BlobDamaged

MAGIC: Final = b"VSGBAK"
VERSION: Final = 1
SHORTEST: Final = 12
# 128 MiB and about half a second a guess.
COST: Final = 17
_R, _P, _SALT, _CHECK = 8, 1, 16, 16
HEADER: Final = len(MAGIC) + 4 + _SALT + _CHECK
# What a header may ask for: no file shall make us take more than a gigabyte.
_COSTS: Final = range(10, 21)


def passphrase_of(text: str) -> bytes:
    """Return the passphrase of a file's text: its only line. Raises PassphraseUnfit."""
    line = text.rstrip("\r\n")
    if len(line) < SHORTEST or "\n" in line:
        raise PassphraseUnfit(f"It must be one line of {SHORTEST} characters or more.")
    return line.encode()


def sealing(sink: IO[bytes], passphrase: bytes, cost: int = COST) -> stream.SealingWriter:
    """Write the header, and return what seals everything after it; its `finish` ends the backup."""
    salt = secrets.token_bytes(_SALT)
    key, check = _derived(passphrase, salt, cost)
    header = MAGIC + bytes((VERSION, cost, _R, _P)) + salt + check
    sink.write(header)
    return stream.SealingWriter(key, _bound(header), sink)


def opening(source: IO[bytes], passphrase: bytes) -> Iterator[bytes]:
    """Yield the content in chunks, each as it was written.

    Raises NotABackup, BackupNewer, WrongPassphrase, or BackupDamaged at the first chunk that is not its own.
    """
    header = source.read(HEADER)
    if not header.startswith(MAGIC) or len(header) < HEADER:
        raise NotABackup("It does not begin as one does.")
    version, cost, r, p = header[len(MAGIC) : len(MAGIC) + 4]
    if version != VERSION:
        raise BackupNewer(f"It has format {version}; this version knows {VERSION}.")
    if cost not in _COSTS or (r, p) != (_R, _P):
        raise BackupDamaged("Its header says what no version has written.")
    salt, check = header[-_SALT - _CHECK : -_CHECK], header[-_CHECK:]
    key, expected = _derived(passphrase, salt, cost)
    if not hmac.compare_digest(check, expected):
        raise WrongPassphrase
    try:
        yield from stream.opened(key, _bound(header), source)
    except BlobDamaged as damaged:
        raise BackupDamaged(damaged.detail) from damaged


def _derived(passphrase: bytes, salt: bytes, cost: int) -> tuple[bytes, bytes]:
    both = Scrypt(salt=salt, length=32 + _CHECK, n=1 << cost, r=_R, p=_P).derive(passphrase)
    return both[:32], both[32:]


def _bound(header: bytes) -> str:
    return f"backup {hashlib.sha256(header).hexdigest()}"
