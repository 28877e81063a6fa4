"""The bodies that every way of signing in has in common."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import Request
from pydantic import Field, SecretStr

from local_server.accounts.models import NEW_PASSWORD, Account, Machine, Narrow, SignedIn, ViewingSession
from local_server.marks.identity import MarkId
from local_server.web.bodies import Answer, Body, Line, Secret

Name = Annotated[Line, Field(min_length=1, max_length=256)]
Password = Annotated[Secret, Field(min_length=1, max_length=1024)]
# Six digits, or a code of four groups of letters.
Code = Annotated[Secret, Field(min_length=1, max_length=64)]


class MachineBody(Body):
    """Where somebody signs in."""

    id: Annotated[Line, Field(min_length=1, max_length=64)]
    name: Annotated[Line, Field(min_length=1, max_length=128)]
    client: Literal["desktop", "kiosk", "cli"]

    def value(self, request: Request) -> Machine:
        return Machine(self.id, self.name, self.client, caller_address(request))


class AccountAnswer(Answer):
    """A person."""

    id: str
    name: str
    role: str

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(id=account.id, name=account.name, role=account.role)


class ViewingSessionAnswer(Answer):
    """A viewing session and the mark that its pixels carry."""

    id: str
    mark_id: str
    started_at: datetime

    @classmethod
    def of(cls, session: ViewingSession) -> Self:
        return cls(id=session.id, mark_id=MarkId(session.mark).text, started_at=session.started_at)


class SignedInAnswer(Answer):
    """Tokens, with their lives in seconds; `server_time` lets a client see that its own clock is wrong.

    A grace sign-in has an empty refresh token, and its access token is good for one thing alone: for a new
    password where `must_change_password` is true, for a second factor where `second_factor_setup_needed` is.
    """

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_expires_in: int
    server_time: datetime
    account: AccountAnswer
    viewing_session: ViewingSessionAnswer
    default_level: str
    must_change_password: bool = False
    second_factor_setup_needed: bool = False

    @classmethod
    def of(cls, result: SignedIn, now: datetime, default_level: str) -> Self:
        return cls(
            access_token=result.access_token,
            expires_in=int((result.access_expires_at - now).total_seconds()),
            refresh_token=result.refresh_token,
            refresh_expires_in=int((result.refresh_expires_at - now).total_seconds()),
            server_time=now,
            account=AccountAnswer.of(result.account),
            viewing_session=ViewingSessionAnswer.of(result.viewing_session),
            default_level=default_level,
            must_change_password=result.narrow in NEW_PASSWORD,
            second_factor_setup_needed=result.narrow is Narrow.SECOND_FACTOR,
        )


def plain(secret: SecretStr | None) -> str | None:
    """Return the text of a secret that may be missing."""
    return None if secret is None else secret.get_secret_value()


def caller_address(request: Request) -> str:
    """Return the address that a request comes from, seen through trusted proxies."""
    return request.client.host if request.client else ""
