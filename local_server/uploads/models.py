"""What is known of a file that was sent, and of the files that were sent together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class Outcome(StrEnum):
    """What became of a file when it was received."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came whole, sealed for the blob name `blob` in `path`; `head` is how its content begins."""

    blob: str
    name: str
    path: Path
    size: int
    content_hash: str
    head: bytes


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A file that was longer than is taken; nothing of it was kept."""

    name: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer about one file; `picture_id` is that of the picture it is or doubles."""

    name: str
    outcome: Outcome
    picture_id: str | None = None
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch: how its files were received, and what became of the accepted ones since."""

    id: str
    account_id: str
    name: str
    started_at: datetime
    cancelled_at: datetime | None
    total: int
    duplicate: int
    waiting: int
    ready: int
    refused: int
    cancelled: int
