"""Values of the health room: the state of one part, and of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Status(StrEnum):
    """How a part is; one that is not configured makes nothing worse."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"
    NOT_CONFIGURED = "not configured"


@dataclass(frozen=True, slots=True)
class PartState:
    """What a check found; `reason` says in a sentence why a part is not healthy."""

    status: Status
    facts: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None


class Part(Protocol):
    """One part that the server stands on; without a vital one it cannot serve."""

    @property
    def name(self) -> str: ...

    @property
    def vital(self) -> bool: ...

    def check(self) -> PartState:
        """Look at the part now; an expected failure is a state, not an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """All parts at one moment."""

    time: datetime
    status: Status
    parts: Mapping[str, PartState]
    reasons: tuple[str, ...]
