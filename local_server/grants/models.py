"""Grants as this room tells of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from local_server.accounts.models import Role
from local_server.library.rights import Scope


class GrantState(StrEnum):
    """Whether a grant gives anything."""

    VALID = "valid"
    EXPIRED = "expired"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant that was not revoked; `album_id` is the album it was made for."""

    id: str
    album_id: str
    album_name: str
    account_id: str
    account_name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    view_limit: int | None
    views_used: int

    @property
    def views_left(self) -> int | None:
        """How many pictures may still be opened; None for any number."""
        return None if self.view_limit is None else max(0, self.view_limit - self.views_used)

    def state(self, now: datetime) -> GrantState:
        """Return whether it gives anything at a moment."""
        if self.expires_at is not None and self.expires_at <= now:
            return GrantState.EXPIRED
        return GrantState.USED_UP if self.views_left == 0 else GrantState.VALID


@dataclass(frozen=True, slots=True)
class Way:
    """An album that a person may see, by one grant; `granted_on` is the grant's album: this or one above."""

    album_id: str
    album_name: str
    pictures: int
    grant_id: str
    granted_on_id: str
    granted_on_name: str
    expires_at: datetime | None
    view_limit: int | None
    views_left: int | None


@dataclass(frozen=True, slots=True)
class Access:
    """What a person may see: the scope, how many different pictures in all, and a page of ways to them."""

    scope: Scope
    total: int
    ways: list[Way]
    next: str | None
