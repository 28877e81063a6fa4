"""People, what they may see and what happened to their passwords, in the words of the people page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from desktop.admin.wording import plural
from desktop.client.people import Access, LogLine, Person, Way

ROLES: Final[Mapping[str, str]] = {
    "admin": "Admin",
    "manager": "Manager",
    "viewer": "Viewer",
    "kiosk": "Kiosk",
    "auditor": "Auditor",
}
ROLES_EXPLAINED: Final[Mapping[str, str]] = {
    "admin": "May do everything: people, settings, records, pictures.",
    "manager": "Curates: rates, tags, imports, makes albums and lets people see them.",
    "viewer": "Looks at pictures.",
    "kiosk": "Looks at pictures on a screen that the public can reach.",
    "auditor": "Reads records and logs, and sees no pictures.",
}
SEES: Final[Mapping[str, str]] = {"library": "Every picture", "albums": "Granted albums"}
NARROWED: Final = frozenset({"viewer", "kiosk"})
EVENTS: Final[Mapping[str, str]] = {
    "set": "Password set",
    "changed": "Password changed",
    "expired": "Password found too old",
    "refused": "Wrong password or code",
    "locked": "Locked",
    "reset_code_made": "One-time code made",
    "reset_code_used": "One-time code used",
    "reset_code_burned": "One-time code burned by wrong tries",
    "second_factor_on": "Second factor set up",
    "second_factor_off": "Second factor removed",
    "second_factor_used": "Second factor used",
    "second_factor_refused": "Second factor wrong",
    "recovery_code_used": "Recovery code used",
}
ALARMING: Final = frozenset(
    {"refused", "locked", "reset_code_burned", "second_factor_refused", "second_factor_off"}
)


def role_words(role: str) -> str:
    """Name a role; one that a newer server has is named as it names it."""
    return ROLES.get(role, role.capitalize())


def sees_words(person: Person) -> str:
    """Say which pictures somebody may look at."""
    if person.role == "auditor":
        return "No pictures"
    return SEES["library"] if person.role not in NARROWED else SEES.get(person.sees, person.sees)


def moment_words(moment: datetime, now: datetime) -> str:
    """Write a moment as short as it stays clear: today by the clock, this year without the year."""
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"Today, {local:%H:%M}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def moment_in_full(moment: datetime) -> str:
    """Write a moment with all that is known of it."""
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y, %H:%M}"


def seen_words(person: Person, now: datetime) -> str:
    """Say when somebody was here last."""
    return "Never" if person.last_seen_at is None else moment_words(person.last_seen_at, now)


def state_words(person: Person, now: datetime) -> tuple[str, str]:
    """Say whether somebody can sign in, and in which colour token; what keeps them out comes first."""
    if person.disabled_at is not None:
        return "Closed", "normal"
    if person.locked_until is not None and person.locked_until > now:
        return f"Locked until {person.locked_until.astimezone():%H:%M}", "alarm"
    if person.must_change_password:
        return "Must set a password", "caution"
    if person.password_expires_at is not None and person.password_expires_at <= now:
        return "Password is due", "caution"
    return "Open", "good"


def matches(person: Person, typed: str) -> bool:
    """Say whether every typed word is in the name, the address, the role or what they see."""
    shown = " ".join((person.name, person.email or "", role_words(person.role), sees_words(person)))
    return all(word in shown.casefold() for word in typed.casefold().split())


def access_words(person: Person, access: Access) -> str:
    """Sum up what somebody may see."""
    if person.disabled_at is not None:
        return "The account is closed: nothing, until it is opened. Its grants are kept."
    if access.sees == "library":
        return f"Every picture: {plural(access.total, 'picture')} at this moment."
    if access.sees == "nothing":
        return "No pictures: this role reads records and logs."
    if not access.items:
        return "Nothing yet: no album has been granted."
    return f"{plural(access.total, 'different picture')} in the albums below."


def until_words(end: datetime) -> str:
    """Say when something ends; an end at midnight is the end of the day before."""
    local = end.astimezone()
    if (local.hour, local.minute) == (0, 0):
        local -= timedelta(days=1)
        return f"until the end of {local.day} {local:%b %Y}"
    return f"until {moment_in_full(end)}"


def way_words(way: Way) -> str:
    """Say how many pictures an album gives, by which grant, until when and how often."""
    parts = [plural(way.pictures, "picture")]
    if way.inherited:
        parts.append(f"through {way.granted_on}")
    if way.expires_at is not None:
        parts.append(until_words(way.expires_at))
    if way.views_left is not None:
        parts.append(f"{plural(way.views_left, 'view')} left")
    return " · ".join(parts)


def event_words(line: LogLine) -> tuple[str, str]:
    """Say what happened and by whom, and in which colour token."""
    words = EVENTS.get(line.event, line.event.replace("_", " ").capitalize())
    by = f", by {line.by}" if line.by else ""
    return f"{words}{by}", "caution" if line.event in ALARMING else "strong"
