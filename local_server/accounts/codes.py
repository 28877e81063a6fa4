"""One-time codes that people read from a screen or a note and type: reset codes and recovery codes."""

import base64
import hashlib
import secrets
from typing import Final

_BYTES: Final = 10
_TYPED: Final = str.maketrans("018", "OIB", "- \t\u2010\u2011\u2013")


def new_code() -> str:
    """Return 80 random bits as four groups of four letters of base32 (RFC 4648)."""
    letters = base64.b32encode(secrets.token_bytes(_BYTES)).decode()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def code_hash(account_id: str, code: str) -> str:
    """Return the SHA-256 of a code for one account, however it was typed.

    The code has 80 random bits of its own, so a slow hash would add nothing. Digits that base32 lacks are
    read as the letters they look like.
    """
    plain = code.upper().translate(_TYPED)
    return hashlib.sha256(f"{account_id}:{plain}".encode()).hexdigest()
