"""Say in a few words what an audit entry tells: what happened, its detail, its severity."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from local_server.accounts.lockout import lock_after
from local_server.marks.identity import MarkId
from local_server.records import guard_words
from local_server.records.models import AuditRow, Severity

Detail = Mapping[str, Any]
INFO, CAUTION, ALARM = Severity.INFO, Severity.CAUTION, Severity.ALARM


class Words(NamedTuple):
    """One line's texts."""

    what: str
    detail: str
    severity: Severity


class _Phrase(NamedTuple):
    what: str
    severity: Severity
    detail: Callable[[AuditRow], str]


def words(row: AuditRow) -> Words:
    """Return the texts of an entry; one of an unknown kind is told by its own name."""
    phrase = _PHRASES.get(row.kind)
    if row.kind == "capture_attempt" and row.detail.get("kind") in _TAMPERING:
        phrase = _Phrase("Tampering", ALARM, _tampering)
    if row.kind == "capture_attempt" and row.detail.get("kind") in _BESIDE:
        phrase = _Phrase(*_BESIDE[str(row.detail["kind"])][:2], _beside)
    if phrase is None:
        return Words(row.kind.replace("_", " ").capitalize(), _plain(row), INFO)
    return Words(phrase.what, phrase.detail(row), phrase.severity)


def program(culprit: Detail) -> str:
    """Name the program that read: with its script if an interpreter, by number where it has no name."""
    name, pid = culprit.get("name"), culprit.get("pid")
    if name:
        return f"{name} ({culprit['script']})" if culprit.get("script") else str(name)
    return f"process {pid}" if pid else "an unknown program"


def _capture(row: AuditRow) -> str:
    detail = row.detail
    region = detail.get("region")
    size = f" {region[2]}×{region[3]}" if region else " the screen"
    reads = detail.get("reads") or 1
    times = f" {reads} times" if reads > 1 else ""
    took = detail.get("shield_ms")
    hidden = f"hidden in {took:.0f} ms" if took is not None else "hidden"
    answer = guard_words.answered(detail, hidden, "marked")
    return f"{program(detail.get('culprit') or {})} read{size}{times} · {answer}"


def _tampering(row: AuditRow) -> str:
    """Say what was done to the program itself: no pixel was read, so there is no region."""
    deed = _TAMPERING[str(row.detail["kind"])]
    answer = guard_words.answered(row.detail, "hidden while it was there", "recorded")
    return f"{program(row.detail.get('culprit') or {})} {deed} · {answer}"


def _beside(row: AuditRow) -> str:
    """Say what another way than a read of the screen was used for, or could have been."""
    deed = _BESIDE[str(row.detail["kind"])][2]
    answer = guard_words.answered(row.detail, "hidden", "recorded")
    return f"{program(row.detail.get('culprit') or {})} {deed} · {answer}"


def _opened(row: AuditRow) -> str:
    parts = [str(row.detail.get("level") or "").capitalize()]
    if row.mark is not None:
        parts.append(f"mark {MarkId(row.mark)}")
    return " · ".join(part for part in parts if part)


def _sign_in_refused(row: AuditRow) -> str:
    failed = row.detail.get("failed_in_a_row")
    if not failed:
        return _reason(row)
    lock = lock_after(failed)
    locked = f", locked {_duration(lock.total_seconds())}" if lock else ""
    return f"{_ordinal(failed)} wrong {row.detail.get('what') or 'password'}{locked}"


def _machine(row: AuditRow) -> str:
    known = [row.detail.get(key) for key in ("client", "machine")]
    only = row.detail.get("only")
    return " · ".join(str(part) for part in [*known, f"for a {only} alone" if only else None] if part)


def _by(row: AuditRow) -> str:
    by = row.detail.get("by")
    return f"by {by}" if by and by != row.account else ""


def _became(row: AuditRow) -> str:
    now = row.detail.get("role") or row.detail.get("sees") or ""
    return " · ".join(part for part in (f"{row.detail.get('from')} → {now}", _by(row)) if part)


def _folder(row: AuditRow) -> str:
    return str(row.detail.get("folder") or row.detail.get("to") or "none")


def _switched(row: AuditRow) -> str:
    name = str(row.detail.get("feature") or "").replace("_", " ")
    return f"{name} {'on' if row.detail.get('enabled') else 'off'} for {row.detail.get('role')}"


def _role(row: AuditRow) -> str:
    return str(row.detail.get("role") or "")


def _reason(row: AuditRow) -> str:
    return str(row.detail.get("reason") or "").replace("_", " ")


def _file(row: AuditRow) -> str:
    return str(row.detail.get("file") or "")


def _infected(row: AuditRow) -> str:
    return f"{_file(row)} · {row.detail.get('reason') or ''}"


def _cancelled(row: AuditRow) -> str:
    return f"{row.detail.get('pictures', 0):,} pictures withdrawn"


def _email(row: AuditRow) -> str:
    return str(row.detail.get("email") or "")


def _key(row: AuditRow) -> str:
    told = [str(row.detail.get("name") or ""), ", ".join(row.detail.get("scopes") or ())]
    return " · ".join(part for part in told if part)


def _album(row: AuditRow) -> str:
    return str(row.detail.get("album") or "")


def _album_change(row: AuditRow) -> str:
    detail = row.detail
    parts = [_album(row)]
    if "was_called" in detail:
        parts.append(f"was called {detail['was_called']}")
    if "moved_to" in detail:
        parts.append(f"moved into {detail['moved_to']}" if detail["moved_to"] else "moved to the top")
    if "inherits" in detail:
        parts.append("shared with the album above" if detail["inherits"] else "shared on its own")
    return " · ".join(parts)


def _album_level(row: AuditRow) -> str:
    return f"{_album(row)} · {row.detail.get('level_before')} → {row.detail.get('level')}"


def _album_pictures(row: AuditRow) -> str:
    number = row.detail.get("pictures") or 0
    return f"{_album(row)} · {number:,} {'picture' if number == 1 else 'pictures'}"


def _grant(row: AuditRow) -> str:
    detail = row.detail
    parts = [f"{_album(row)} with {detail.get('person')}"]
    if detail.get("expires_at"):
        parts.append(f"until {str(detail['expires_at'])[:16].replace('T', ' ')} UTC")
    if detail.get("view_limit"):
        parts.append(f"{detail['view_limit']:,} views")
    return " · ".join(parts)


def _head_lost(_row: AuditRow) -> str:
    return "its sealed end was removed or forged"


def _export(row: AuditRow) -> str:
    return f"{row.detail.get('entries', 0):,} entries"


def _exported(row: AuditRow) -> str:
    what = "the original" if row.detail.get("what") == "original" else "a marked copy"
    reason = str(row.detail.get("reason") or "")
    return " · ".join(part for part in (what, str(row.detail.get("level") or ""), reason) if part)


def _traced(row: AuditRow) -> str:
    marks, pictures = row.detail.get("marks") or (), row.detail.get("pictures") or ()
    found = ", ".join(str(mark) for mark in marks) or {
        "recognised": f"no mark, {len(pictures)} known by looks",
        "cancelled": "cancelled",
        "refused": "could not be read",
    }.get(str(row.detail.get("outcome")), "nothing found")
    return f"{_file(row)} · {found}"


def _of_whom(row: AuditRow) -> str:
    return f"of {row.detail.get('of') or 'somebody'}"


def _count(row: AuditRow) -> str:
    return f"{row.detail.get('count', 0):,}, their time was over"


def _plain(row: AuditRow) -> str:
    simple = (
        f"{key.replace('_', ' ')} {value}"
        for key, value in row.detail.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    )
    return " · ".join(simple)


def _ordinal(number: int) -> str:
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def _duration(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


_TAMPERING: Final[Mapping[str, str]] = {
    "tracer_attached": "attached to the program",
    "preloaded_library": "was loaded into the program before its own parts",
    "foreign_code": "was loaded into the program and is no part of it",
    "dumpable": "opened the program's memory",
}
# What is noticed beside the screen itself: headline, severity, deed.
_BESIDE: Final[Mapping[str, tuple[str, Severity, str]]] = {
    "portal_screenshot": ("Capture attempt", ALARM, "asked the desktop for a screenshot"),
    "portal_screencast": ("Capture attempt", ALARM, "asked the desktop for a recording of the screen"),
    "portal_remote_desktop": ("Capture attempt", ALARM, "asked the desktop for control from afar"),
    "screen_stream": ("Screen watched", CAUTION, "took a video stream of the screen"),
    "recorder_running": ("Screen watched", CAUTION, "was running, which records the screen"),
    "virtual_camera": ("Screen watched", CAUTION, "could pass the screen on as a camera's picture"),
    "remote_session": ("Screen watched", CAUTION, "showed the screen elsewhere"),
    "remote_server": ("Screen could be watched", INFO, "waited to show a screen elsewhere"),
    "meeting_running": ("Screen could be watched", INFO, "was running, which can share the screen"),
    "clipboard_image": ("Capture suspected", CAUTION, "put an image into the clipboard"),
    "image_file": ("Capture suspected", CAUTION, "wrote an image into a folder for screenshots"),
}
_PHRASES: Final[Mapping[str, _Phrase]] = {
    "capture_attempt": _Phrase("Capture attempt", ALARM, _capture),
    "picture_opened": _Phrase("Opened", INFO, _opened),
    "picture_exported": _Phrase("Taken out", CAUTION, _exported),
    "album_created": _Phrase("Album made", INFO, _album),
    "album_changed": _Phrase("Album changed", INFO, _album_change),
    "album_level_changed": _Phrase("Protection of an album changed", CAUTION, _album_level),
    "album_deleted": _Phrase("Album deleted", CAUTION, _album_pictures),
    "album_pictures_added": _Phrase("Added to an album", INFO, _album_pictures),
    "album_pictures_removed": _Phrase("Taken out of an album", INFO, _album_pictures),
    "grant_made": _Phrase("Album shared", INFO, _grant),
    "grant_revoked": _Phrase("Sharing of an album ended", INFO, _grant),
    "grant_used_up": _Phrase("Views used up", INFO, _album),
    "signed_in": _Phrase("Signed in", INFO, _machine),
    "signed_out": _Phrase("Signed out", INFO, _reason),
    "sign_in_refused": _Phrase("Sign-in failed", CAUTION, _sign_in_refused),
    "token_reused": _Phrase("Stolen sign-in used", ALARM, _machine),
    "account_created": _Phrase("Person added", INFO, _role),
    "picture_uploaded": _Phrase("Uploaded", INFO, _file),
    "upload_infected": _Phrase("Virus found", ALARM, _infected),
    "upload_cancelled": _Phrase("Upload cancelled", INFO, _cancelled),
    "account_disabled": _Phrase("Account closed", CAUTION, _by),
    "account_enabled": _Phrase("Account opened", INFO, _by),
    "role_changed": _Phrase("Role changed", CAUTION, _became),
    "sight_changed": _Phrase("Sight changed", CAUTION, _became),
    "email_changed": _Phrase("Address changed", INFO, _by),
    "sessions_ended": _Phrase("Sessions ended", CAUTION, _by),
    "password_reset": _Phrase("Password reset", CAUTION, _by),
    "password_changed": _Phrase("Password changed", INFO, _machine),
    "password_expired": _Phrase("Password expired", INFO, _reason),
    "reset_code_made": _Phrase("One-time code made", CAUTION, _by),
    "reset_code_used": _Phrase("One-time code used", CAUTION, _machine),
    "reset_code_burned": _Phrase("One-time code burned", ALARM, _reason),
    "second_factor_on": _Phrase("Second factor set up", INFO, _machine),
    "second_factor_off": _Phrase("Second factor removed", CAUTION, _by),
    "organisation_linked": _Phrase("Linked to organisation", CAUTION, _email),
    "organisation_unlinked": _Phrase("Unlinked from organisation", CAUTION, _by),
    "api_key_created": _Phrase("API key made", CAUTION, _key),
    "api_key_revoked": _Phrase("API key revoked", CAUTION, _key),
    "gallery_folder_changed": _Phrase("Folder changed", CAUTION, _folder),
    "recording_read": _Phrase("Recording read", CAUTION, _of_whom),
    "records_deleted": _Phrase("Recordings deleted", INFO, _count),
    "evidence_deleted": _Phrase("Evidence deleted", INFO, _count),
    "feature_switched": _Phrase("Switch changed", CAUTION, _switched),
    "backup_made": _Phrase("Backup made", INFO, _file),
    "backup_restored": _Phrase("Backup restored", CAUTION, _plain),
    "leak_traced": _Phrase("Leak traced", CAUTION, _traced),
    "audit_exported": _Phrase("Audit log exported", CAUTION, _export),
    "audit_head_lost": _Phrase("Audit log damaged", ALARM, _head_lost),
    **{kind: _Phrase(*phrase) for kind, phrase in guard_words.PHRASES.items()},
}
