"""Values of the room of the guard."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from local_server.accounts.models import Exemption


class Judgement(StrEnum):
    """What an admin found a capture attempt to be."""

    FALSE_ALARM = "false_alarm"
    REAL = "real"


@dataclass(frozen=True, slots=True)
class Sentinel:
    """What a desktop says of its sentinel: which one, and how many heartbeats it has heard of it."""

    id: str
    beats: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What a desktop says that its machine can hold, and why no more."""

    holds: str
    reason: str
    sentinel: Sentinel | None
    strengthen: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a viewing session's row says of earlier claims."""

    holds: str | None
    holds_until: datetime | None
    holds_reason: str | None
    sentinel: Sentinel | None
    told_at: datetime | None
    doubted_at: datetime | None
    strengthened_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuietProgram:
    """A program that hides nothing at `guarded` until a moment, and who found it harmless."""

    id: str
    executable: str
    added_at: datetime
    added_by: str
    expires_at: datetime
    note: str
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a viewing session now; the desktop acts on it."""

    holds: str
    reason: str
    strong: bool
    trial: bool
    exemption: Exemption | None
    quiet: tuple[QuietProgram, ...]


@dataclass(frozen=True, slots=True)
class Cause:
    """One program in the ledger: how often, and what admins found."""

    executable: str | None
    name: str | None
    attempts: int
    short_shields: int
    false_alarms: int
    real: int
    last_at: datetime
