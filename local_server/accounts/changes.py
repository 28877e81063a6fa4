"""What an admin may change of an account, and what a name, an address and a change of rights amount to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from local_server.accounts.errors import EmailUnusable, NameUnusable
from local_server.accounts.models import Account, Role, Sees, folded, readable

LONGEST_NAME: Final = 64
LONGEST_EMAIL: Final = 254

# Who can do all that another can. Auditors see records and no pictures, so only admins rank above.
_RANKS: Final = (Role.KIOSK, Role.VIEWER, Role.MANAGER, Role.ADMIN)


class Unchanged(Enum):
    """Says that an address stays as it is; None takes it away."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; None leaves as is."""

    role: Role | None = None
    sees: Sees | None = None
    email: str | Unchanged | None = UNCHANGED
    disabled: bool | None = None

    def applied(self, account: Account, now: datetime) -> Account:
        """Return the account as it will be. Raises EmailUnusable."""
        closed = account.disabled_at
        if self.disabled is not None:
            closed = (closed or now) if self.disabled else None
        return replace(
            account,
            role=self.role or account.role,
            sees=self.sees or account.sees,
            email=account.email if isinstance(self.email, Unchanged) else checked_email(self.email),
            disabled_at=closed,
        )

    @staticmethod
    def told(before: Account, after: Account) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the kinds and details of the audit entries that the change is worth."""
        if (before.disabled_at is None) != (after.disabled_at is None):
            yield ("account_enabled" if after.disabled_at is None else "account_disabled"), {}
        if before.role is not after.role:
            yield "role_changed", {"from": before.role.value, "role": after.role.value}
        if before.sees is not after.sees:
            yield "sight_changed", {"from": before.sees.value, "sees": after.sees.value}
        if before.email != after.email:
            yield "email_changed", {}


def shrinks(before: Account, after: Account) -> bool:
    """Say whether somebody may do or see less after a change than before it."""
    if after.disabled_at is not None:
        return True
    if before.sees is Sees.LIBRARY and after.sees is Sees.ALBUMS:
        return True
    if before.role is after.role or after.role is Role.ADMIN:
        return False
    if Role.AUDITOR in (before.role, after.role):
        return True
    return _RANKS.index(after.role) < _RANKS.index(before.role)


def checked_name(name: str) -> str:
    """Return the name as it will be shown; raises NameUnusable."""
    shown = readable(name)
    if not shown:
        raise NameUnusable("The name is empty.")
    if max(len(shown), len(folded(shown))) > LONGEST_NAME:
        raise NameUnusable(f"The name has more than {LONGEST_NAME} characters.")
    if not shown.isprintable():
        raise NameUnusable("The name holds characters that can't be seen.")
    return shown


def checked_email(email: str | None) -> str | None:
    """Return an address in the form that addresses are compared in; raises EmailUnusable."""
    if email is None:
        return None
    plain = email.strip().casefold()
    name, at, domain = plain.rpartition("@")
    if not at or not name or "." not in domain.strip(".") or " " in plain or not plain.isprintable():
        raise EmailUnusable
    if len(plain) > LONGEST_EMAIL:
        raise EmailUnusable(f"It has more than {LONGEST_EMAIL} characters.")
    return plain
