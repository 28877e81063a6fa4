"""Values of a recording: what a client sends, and what is known of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

# What one recording may hold; a client that has more to tell ends it and begins another.
MAX_INTERACTIONS: Final = 50_000
MAX_SCREENSHOTS: Final = 1_000
MAX_SCREENSHOT_BYTES: Final = 256 * 1024
# How far ahead of what is acknowledged an interaction may be: a gap is waited for, but not for ever.
WINDOW: Final = 10_000


@dataclass(frozen=True, slots=True)
class Interaction:
    """One thing that somebody did; `region` is x, y, width, height in the picture's pixels."""

    sequence: int
    time: datetime
    kind: str
    picture_id: str | None = None
    region: tuple[float, float, float, float] | None = None
    modifiers: tuple[str, ...] | None = None
    offset_ms: float | None = None
    visible: bool | None = None
    context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Every interaction up to this sequence is stored; `new` of those that were sent had not been before."""

    sequence: int
    new: int


@dataclass(frozen=True, slots=True)
class Screenshot:
    """What is known of a picture of the screen, beside its pixels."""

    id: str
    time: datetime
    trigger: str
    sequence: int | None = None
    picture_id: str | None = None
    burst_id: str | None = None
    burst_index: int | None = None
    burst_total: int | None = None
    compression_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """One sitting as the catalogue has it; `kept_until` is known once it has ended."""

    id: str
    viewing_session_id: str
    account_id: str
    account: str
    started_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    context: dict[str, Any]
    acknowledged: int
    interactions: int
    screenshots: int
    archive_blob: str | None
    kept_until: datetime | None
