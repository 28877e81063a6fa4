"""Who is asking: roles, accounts, viewing sessions, and the caller that a checked access token stands for."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; each route names the roles it serves, and no role is served by default."""

    ADMIN = "admin"
    MANAGER = "manager"
    VIEWER = "viewer"
    KIOSK = "kiosk"
    AUDITOR = "auditor"


class Sees(StrEnum):
    """Which pictures somebody may look at: all of the library, or those of albums that were granted."""

    LIBRARY = "library"
    ALBUMS = "albums"

    @classmethod
    def by_default(cls, role: Role) -> "Sees":
        """Return what a new account sees unless somebody says otherwise."""
        return cls.ALBUMS if role in (Role.VIEWER, Role.KIOSK) else cls.LIBRARY


class KeyScope(StrEnum):
    """What an API key may be used for, as far as its account's role goes; docs/api.md says more."""

    PICTURES_READ = "pictures:read"
    PICTURES_WRITE = "pictures:write"
    RECORDS_READ = "records:read"
    RECORDS_WRITE = "records:write"
    PEOPLE_READ = "people:read"
    QUEUE_READ = "queue:read"


LOOKS_AT_PICTURES = frozenset({Role.ADMIN, Role.MANAGER, Role.VIEWER, Role.KIOSK})
CURATES = frozenset({Role.ADMIN, Role.MANAGER})
READS_RECORDS = frozenset({Role.ADMIN, Role.AUDITOR})
EVERYONE = frozenset(Role)


class Narrow(StrEnum):
    """What alone a grace sign-in is good for."""

    CHANGE = "new password"
    RESET = "new password by code"  # a one-time code stood in for the present password
    SECOND_FACTOR = "second factor"


ANY_NARROW = frozenset(Narrow)
NEW_PASSWORD = frozenset({Narrow.CHANGE, Narrow.RESET})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something to an account: a person, or the owner of the data directory at a terminal."""

    account_id: str | None
    name: str


COMMAND_LINE = Actor(None, "command line")


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person on one machine: account, viewing session, and the mark all their pixels carry.

    `sees` is "library" (every picture) or "albums" (those of granted albums); see `library.rights`. `holds`
    is the strictest level whose pictures its machine may be sent; see `guard.claims`. A program with an API
    key has the key's id and scopes.
    """

    account_id: str
    name: str
    role: Role
    viewing_session_id: str
    mark: int
    machine_name: str
    sees: str
    narrow: Narrow | None = None
    api_key_id: str | None = None
    scopes: frozenset[KeyScope] = frozenset()
    # What the machine can hold by its own word, and whether all pixels carry a stronger mark.
    holds: str = "marked"
    holds_reason: str = "it has not said what it can hold."
    strong: bool = False

    @property
    def actor(self) -> Actor:
        """Return the caller as who did something."""
        return Actor(self.account_id, self.name)

    def may(self, scope: KeyScope) -> bool:
        """Say whether this is a person, whom the role alone limits, or a key with the scope."""
        return self.api_key_id is None or scope in self.scopes


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in."""

    id: str
    name: str
    role: Role
    sees: Sees
    email: str | None
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account signs in with; `password_hash` is empty where no password was ever set."""

    account: Account
    password_hash: str
    password_changed_at: datetime
    must_change_password: bool
    totp_sealed: str | None
    totp_confirmed_at: datetime | None
    totp_last_step: int | None

    @property
    def second_factor_on(self) -> bool:
        """Say whether a sign-in needs a second factor."""
        return self.totp_sealed is not None and self.totp_confirmed_at is not None


@dataclass(frozen=True, slots=True)
class Exemption:
    """That the capture guard hides nothing from a person, until a moment or until it is taken back."""

    reason: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """An account as an admin sees it."""

    account: Account
    has_password: bool
    password_changed_at: datetime
    must_change_password: bool
    second_factor: bool
    last_seen_at: datetime | None
    locked_until: datetime | None
    exemption: Exemption | None


@dataclass(frozen=True, slots=True)
class Machine:
    """Where somebody signs in: an id the client keeps, a name for people, the kind of client, its address."""

    id: str
    name: str
    client: str
    address: str = ""

    @property
    def facts(self) -> dict[str, object]:
        """What the audit log says of it."""
        address = {"address": self.address} if self.address else {}
        return {"machine": self.name, "client": self.client, **address}


@dataclass(frozen=True, slots=True)
class ViewingSession:
    """One person's looking on one machine, from sign-in to its end; all its pixels carry its mark."""

    id: str
    mark: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in or a refresh gives; a narrow one has no refresh token."""

    account: Account
    viewing_session: ViewingSession
    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime
    narrow: Narrow | None = None


def readable(name: str) -> str:
    """Return a name in its compatible composed form, one space between its words."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def folded(name: str) -> str:
    """Return the form in which two names that look alike in case or width are the same."""
    return unicodedata.normalize("NFKC", readable(name).casefold())
