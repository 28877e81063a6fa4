"""A signed statement of how the log stood at a moment, which anybody with the public key can check."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from local_server.audit.entry import written

PURPOSE: Final = "audit checkpoints"
CHECKPOINT_TEXT: Final = "vaultsecure audit checkpoint 1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The entry it was made at, what the log up to it was, when, and the signature over all of it in hex."""

    sequence: int
    time: datetime
    hash: str
    content: str
    signature: str


def signed_text(installation: str, sequence: int, time: datetime, hash_: str, content: str) -> bytes:
    """Return what is signed: six lines, the last one without a line feed."""
    lines = (
        CHECKPOINT_TEXT,
        f"installation {installation}",
        f"sequence {sequence}",
        f"hash {hash_}",
        f"content {content}",
        f"time {written(time)}",
    )
    return "\n".join(lines).encode()


class Signer:
    """Signs checkpoints of one installation (Ed25519, RFC 8032); the seed is derived from its master key."""

    def __init__(self, seed: bytes, installation: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.installation = installation
        self.public_key = self._private.public_key().public_bytes_raw().hex()

    def sign(self, sequence: int, time: datetime, hash_: str, content: str) -> Checkpoint:
        """Return a checkpoint of the log up to an entry."""
        text = signed_text(self.installation, sequence, time, hash_, content)
        return Checkpoint(sequence, time, hash_, content, self._private.sign(text).hex())


def is_public_key(text: str) -> bool:
    """Tell whether a text can be a public key: 32 bytes in hexadecimal."""
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        return False
    return True


def holds(checkpoint: Checkpoint, public_key: str, installation: str) -> bool:
    """Tell whether a checkpoint's signature is that of the key, for this installation."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        text = signed_text(
            installation, checkpoint.sequence, checkpoint.time, checkpoint.hash, checkpoint.content
        )
        key.verify(bytes.fromhex(checkpoint.signature), text)
    except (InvalidSignature, ValueError, OverflowError):
        return False
    return True
