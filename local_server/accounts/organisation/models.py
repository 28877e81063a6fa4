"""What a provider says of itself, what it says of a person, and a sign-in under way."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from local_server.accounts.models import Machine


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's description of itself (OpenID Connect Discovery 1.0, 3), as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    secret_in_body: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Who signed in at the provider; an address only where the provider vouches for it."""

    issuer: str
    subject: str
    email: str | None
    verified: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """What must be known of a sign-in to finish it, and must be known to nobody else."""

    nonce: str
    verifier: str
    redirect_uri: str
    ticket_hash: str
    machine: Machine

    def written(self) -> bytes:
        """Return its form for sealing."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, written: bytes) -> Self:
        """Read what `written` gave."""
        fields = json.loads(written)
        return cls(**{**fields, "machine": Machine(**fields["machine"])})


@dataclass(frozen=True, slots=True)
class Started:
    """Where the browser has to go, and what finishes the sign-in; the ticket never passes the browser."""

    authorisation_url: str
    state: str
    ticket: str
