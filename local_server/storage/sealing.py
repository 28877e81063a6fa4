"""AES-256-GCM around each stored object, bound to the object's name."""

import secrets
from collections.abc import Iterator
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from local_server.storage import stream
from local_server.storage.errors import BlobDamaged

MAGIC: Final = b"VSG\x01"
_NONCE: Final = 12
_TAG: Final = 16
OVERHEAD: Final = len(MAGIC) + _NONCE + _TAG


class Sealer:
    """Seals and opens bytes under one key; the name is authenticated, so a moved blob does not open.

    Layout: magic and version (4 bytes), nonce (12), ciphertext, tag (16). Random nonces are safe for 2**32
    objects a key (NIST SP 800-38D, 8.3), far more than one catalogue's renditions.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("AES-256 needs a key of 32 bytes")
        self._cipher = AESGCM(key)
        # Nonces of streams are made in another way, so that they have a key of their own.
        derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vaultsecure/1/streams")
        self._stream_key = derivation.derive(key)

    def seal(self, name: str, content: bytes) -> bytes:
        """Encrypt and authenticate content for the blob of this name."""
        nonce = secrets.token_bytes(_NONCE)
        return MAGIC + nonce + self._cipher.encrypt(nonce, content, MAGIC + name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Return the content; raise BlobDamaged unless all is as it was sealed under this name and key."""
        if len(sealed) < OVERHEAD or not sealed.startswith(MAGIC):
            raise BlobDamaged(f"{name} is not a sealed object of this version")
        nonce = sealed[len(MAGIC) : len(MAGIC) + _NONCE]
        try:
            return self._cipher.decrypt(nonce, sealed[len(MAGIC) + _NONCE :], MAGIC + name.encode())
        except InvalidTag:
            raise BlobDamaged(f"the seal of {name} does not hold") from None

    def writer(self, name: str, sink: IO[bytes]) -> stream.SealingWriter:
        """Return what seals a large object of this name into a file as its content comes."""
        return stream.SealingWriter(self._stream_key, name, sink)

    def open_stream(self, name: str, source: IO[bytes]) -> Iterator[bytes]:
        """Yield the content of a large object; see `stream.opened`."""
        return stream.opened(self._stream_key, name, source)
