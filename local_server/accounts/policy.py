"""What a house asks of passwords and second factors, as the settings say it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from local_server.accounts.models import Credentials, Narrow, Role
from local_server.accounts.passwords import SHORTEST, check_policy
from local_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """How long passwords must be, how old they may get, which can't return, and who needs a second factor."""

    shortest: int = SHORTEST
    history: int = 5
    max_age: timedelta | None = None
    second_factor_roles: frozenset[Role] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Read it from the settings."""
        days = settings.password_max_age_days
        return cls(
            settings.password_min_length,
            settings.password_history,
            timedelta(days=days) if days else None,
            frozenset(Role(word) for word in settings.require_second_factor),
        )

    def check(self, password: str, name: str) -> None:
        """Raise PasswordWeak unless the password is good enough for the account of this name."""
        check_policy(password, name, self.shortest)

    def expires_at(self, changed_at: datetime) -> datetime | None:
        """Return when a password that was set then must be changed, or None for never."""
        return None if self.max_age is None else changed_at + self.max_age

    def expired(self, credentials: Credentials, now: datetime) -> bool:
        """Say whether the password is older than passwords may become."""
        end = self.expires_at(credentials.password_changed_at)
        return end is not None and end <= now

    def narrowing(self, credentials: Credentials, now: datetime) -> Narrow | None:
        """Return what alone a sign-in is good for: a password that is due, or a second factor that lacks."""
        if credentials.must_change_password or self.expired(credentials, now):
            return Narrow.CHANGE
        if credentials.account.role in self.second_factor_roles and not credentials.second_factor_on:
            return Narrow.SECOND_FACTOR
        return None


DEFAULT: Final = Policy()
