"""What the keeper is told: activity, its sums and the health of the services, as the API names them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desktop.client.answers import Model


@dataclass(frozen=True, slots=True)
class ActivityEntry(Model):
    """One line of the activity page."""

    sequence: int
    time: datetime
    account: str | None
    kind: str
    severity: str
    what: str
    detail: str
    picture_id: str | None
    view_token: str | None
    evidence: bool
    judgement: str | None = None
    executable: str | None = None


@dataclass(frozen=True, slots=True)
class ActivityPage(Model):
    """GET /activity."""

    items: tuple[ActivityEntry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class ViewingNow(Model):
    """How many sessions look at pictures, by kind of client."""

    total: int
    by_client: dict[str, int]


@dataclass(frozen=True, slots=True)
class Captures(Model):
    """Capture attempts of seven days, and how many found a hidden picture."""

    total: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Shown(Model):
    """Pictures delivered today, and to how many people."""

    pictures: int
    people: int


@dataclass(frozen=True, slots=True)
class AuditState(Model):
    """Length of the hash-chained log and whether it verifies."""

    entries: int
    intact: bool


@dataclass(frozen=True, slots=True)
class ServerFigures(Model):
    """How the server has done since its start; what has no value yet is None."""

    pictures_asked: int
    picture_success: float | None
    response_p50_ms: float | None
    response_p95_ms: float | None
    response_p99_ms: float | None
    client_errors: int
    client_errors_per_hour: float
    uptime_s: float
    restarts: int


@dataclass(frozen=True, slots=True)
class ActivitySummary(Model):
    """GET /activity/summary: the number cards."""

    viewing_now: ViewingNow
    captures_7d: Captures
    shown_today: Shown
    response_p95_ms: float | None
    uptime_s: float
    restarts: int
    audit: AuditState
    # None from a server that is older than they are.
    violations_by_kind_7d: dict[str, int] | None
    server: ServerFigures | None


@dataclass(frozen=True, slots=True)
class Health(Model):
    """GET /health under /api: each service's state; members differ by service."""

    status: str
    timestamp: datetime | None
    version: str | None
    services: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OwnRecord(Model):
    """One thing that is recorded about the one who is signed in; facts differ by kind."""

    time: datetime
    kind: str
    id: str
    picture_id: str | None
    facts: dict[str, Any]
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class OwnRecordsPage(Model):
    """GET /session/records."""

    items: tuple[OwnRecord, ...]
    next: str | None
