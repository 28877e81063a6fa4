"""One entry of the audit log: its canonical form, and the hashes that tie it to the entries before it."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

GENESIS_TEXT: Final = b"vaultsecure audit genesis"
HEAD_TEXT: Final = b"vaultsecure audit head"
CONTENT_TEXT: Final = b"vaultsecure audit content"

# Made once: a walk along the log spends most of its time here.
_ENCODE: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """What is hashed: every column of an entry but the two hashes."""

    sequence: int
    time: datetime
    kind: str
    account_id: str | None
    account_name: str | None
    picture_id: str | None
    viewing_session_id: str | None
    detail: Mapping[str, Any]

    def canonical(self) -> bytes:
        """Return the one byte string that stands for this entry.

        A JSON object with sorted keys, no spaces, and every character outside ASCII escaped (so that a file
        name which is not Unicode has a form too); the time in UTC with six decimals and a `Z`.
        """
        return _ENCODE(
            {
                "account_id": self.account_id,
                "account_name": self.account_name,
                "detail": self.detail,
                "kind": self.kind,
                "picture_id": self.picture_id,
                "sequence": self.sequence,
                "time": written(self.time),
                "viewing_session_id": self.viewing_session_id,
            }
        ).encode("ascii")


def written(time: datetime) -> str:
    """Return a moment as the canonical form has it: 2026-11-23T09:40:32.905000Z."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def genesis(key: bytes) -> str:
    """Return the hash that the first entry follows; the key makes it this installation's own."""
    return hmac.digest(key, GENESIS_TEXT, "sha256").hex()


def chain(key: bytes, previous_hash: str, canonical: bytes) -> str:
    """Return an entry's hash: HMAC-SHA-256 over the previous hash, a line feed, and the canonical form."""
    return hmac.digest(key, previous_hash.encode() + b"\n" + canonical, "sha256").hex()


def no_content() -> str:
    """Return the content hash of a log without entries."""
    return hashlib.sha256(CONTENT_TEXT).hexdigest()


def add_content(content: str, previous_hash: str, canonical: bytes) -> str:
    """Return the content hash of a log with one more entry: it needs no key, and checkpoints sign it.

    SHA-256 over the content hash before, the entry's previous hash and its canonical form, a line each.
    """
    return hashlib.sha256(f"{content}\n{previous_hash}\n".encode() + canonical).hexdigest()


def seal_head(key: bytes, count: int, last_hash: str) -> str:
    """Return the code that proves how long the log was and how it ended, so that a cut tail is noticed."""
    return hmac.digest(key, HEAD_TEXT + f"\n{count}\n{last_hash}".encode(), "sha256").hex()
