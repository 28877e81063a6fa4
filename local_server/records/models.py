"""Values of the records room: a reported capture attempt, and a line of the activity list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from local_server.accounts.models import Role

STAFF = frozenset({Role.ADMIN, Role.MANAGER, Role.AUDITOR})


class Severity(StrEnum):
    """How much a line of the activity list asks for attention."""

    INFO = "info"
    CAUTION = "caution"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Culprit:
    """The program that read, as far as it could be found out."""

    pid: int | None
    name: str | None
    executable: str | None
    script: str | None = None


@dataclass(frozen=True, slots=True)
class CaptureReport:
    """What a desktop's guard says of a capture attempt; `region` is x, y, width, height in device pixels."""

    id: str
    time: datetime
    kind: str
    level: str
    culprit: Culprit
    confidence: float
    region: tuple[int, int, int, int] | None
    picture_id: str | None
    shield_ms: float | None
    hidden: bool
    count: int
    evidence: bytes | None
    answers: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    spared: str | None = None

    @property
    def brief(self) -> bool:
        """Say whether it was no attempt: the shield went up for a moment because one might have followed."""
        return "brief" in self.answers


@dataclass(frozen=True, slots=True)
class ServerFigures:
    """How this server has done since its start; what has no value yet is None."""

    pictures_asked: int
    picture_success: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    client_errors: int
    client_errors_per_hour: float
    uptime_seconds: float
    restarts: int


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One audit entry as a person reads it."""

    sequence: int
    time: datetime
    account: str | None
    kind: str
    severity: Severity
    what: str
    detail: str
    picture_id: str | None
    evidence: bool
    judgement: str | None
    executable: str | None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An audit entry joined with what names it: the account's name and its evidence."""

    sequence: int
    time: datetime
    kind: str
    account: str | None
    picture_id: str | None
    mark: int | None
    detail: dict[str, Any]
    evidence: bool
    judgement: str | None = None
