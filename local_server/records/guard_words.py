"""What activity says of the capture guard's own affairs: levels, exemptions, judgements, quiet programs."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from local_server.records.models import AuditRow, Severity

_SPARED: Final[Mapping[str, str]] = {
    "assistive": "visible by an assistive exemption",
    "trial": "the guard is on trial, else hidden",
    "quiet": "on the quiet list, else hidden",
}


def answered(detail: Mapping[str, Any], hidden: str, otherwise: str) -> str:
    """Say what the guard did: one of two words, or why it did nothing."""
    spared = _SPARED.get(str(detail.get("spared")))
    return spared or (hidden if detail.get("hidden") else otherwise)


def _short_shield(row: AuditRow) -> str:
    name = (row.detail.get("culprit") or {}).get("name") or "a program"
    reads = row.detail.get("reads") or 1
    times = f" {reads} times" if reads > 1 else ""
    deed = _SIGNS.get(str(row.detail.get("kind")), "did what may come before a read")
    return f"{name} {deed}{times} · hidden for a moment"


def _holds(row: AuditRow) -> str:
    reason = f" · {row.detail['reason']}" if row.detail.get("reason") else ""
    return f"{row.detail.get('machine')} holds up to {row.detail.get('level')}{reason}"


def _doubted(row: AuditRow) -> str:
    return f"{row.detail.get('machine')} claims {row.detail.get('claimed')}: {row.detail.get('reason')}"


def _machine(row: AuditRow) -> str:
    return str(row.detail.get("machine") or "")


def _granted(row: AuditRow) -> str:
    until = row.detail.get("expires_at")
    ends = f" · until {str(until)[:16].replace('T', ' ')} UTC" if until else ""
    return f"{row.detail.get('reason')} · by {row.detail.get('by')}{ends}"


def _by(row: AuditRow) -> str:
    return f"by {row.detail.get('by')}"


def _judged(row: AuditRow) -> str:
    found = "a false alarm" if row.detail.get("judgement") == "false_alarm" else "real"
    return f"{row.detail.get('program') or 'an unknown program'} was {found} · {row.detail.get('note')}"


def _quiet(row: AuditRow) -> str:
    until = row.detail.get("expires_at")
    ends = f" · until {str(until)[:10]}" if until else ""
    return f"{row.detail.get('executable')}{ends}"


_SIGNS: Final[Mapping[str, str]] = {
    "client_started": "connected to the display",
    "authority_opened": "opened the key of the display",
    "library_opened": "loaded a library of the display",
    "capture_program": "is a capture program, and was started",
    "reader_alive": "had read the screen before, and still ran",
    "focus_lost": "took the keyboard",
    "screen_covered": "covered the screen",
}
PHRASES: Final[Mapping[str, tuple[str, Severity, Callable[[AuditRow], str]]]] = {
    "short_shield": ("Short shield", Severity.INFO, _short_shield),
    "machine_holds": ("Machine level", Severity.INFO, _holds),
    "machine_doubted": ("Machine in doubt", Severity.ALARM, _doubted),
    "mark_strengthened": ("Mark strengthened", Severity.CAUTION, _machine),
    "assistive_granted": ("Exemption granted", Severity.CAUTION, _granted),
    "assistive_ended": ("Exemption ended", Severity.INFO, _by),
    "capture_judged": ("Capture judged", Severity.CAUTION, _judged),
    "quiet_program_added": ("Program quieted", Severity.CAUTION, _quiet),
    "quiet_program_ended": ("Quiet time ended", Severity.CAUTION, _quiet),
}
