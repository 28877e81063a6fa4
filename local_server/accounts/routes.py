"""HTTP of set-up and sign-in."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from local_server import VERSION
from local_server.accounts.bodies import (
    AccountAnswer,
    Code,
    MachineBody,
    Name,
    Password,
    SignedInAnswer,
    ViewingSessionAnswer,
    caller_address,
    plain,
)
from local_server.accounts.errors import SetupDone, TokenMissing
from local_server.accounts.gate import Credentials, Gate
from local_server.accounts.models import ANY_NARROW, EVERYONE, Caller, SignedIn, folded
from local_server.accounts.service import Accounts
from local_server.accounts.sessions import Sessions
from local_server.accounts.setup_code import SetupCode
from local_server.web.bodies import Answer, Body, Secret
from local_server.web.rates import Rate


class FirstGallery(Protocol):
    """What set-up asks of the gallery folder."""

    def check(self, folder: str | None, *, samples: bool) -> None:
        """Raise a Rejection when the folder can't be the gallery."""

    def choose(self, folder: str | None, *, samples: bool) -> None:
        """Make it the gallery folder."""


class SignInBody(Body):
    """A name, a password and a machine, and the second factor where the account has one."""

    name: Name
    password: Password
    machine: MachineBody
    second_factor: Code | None = None


class SetupBody(Body):
    """The first admin and the gallery folder."""

    name: Name
    password: Password
    gallery_folder: Annotated[str, Field(min_length=1, max_length=4096)] | None
    samples: bool
    machine: MachineBody
    setup_code: Annotated[Secret, Field(max_length=64)] | None = None


class RefreshBody(Body):
    """A refresh token and the machine it was given to."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=2048)]
    machine: MachineBody


class SessionAnswer(Answer):
    """The session of an access token."""

    account: AccountAnswer
    viewing_session: ViewingSessionAnswer
    expires_at: datetime
    server_time: datetime
    default_level: str


class TestAnswer(Answer):
    """The server is there, and whether it was set up."""

    status: Literal["ok"]
    name: str
    version: str
    api: str
    first_run: bool
    time: datetime


def routes(
    accounts: Accounts,
    sessions: Sessions,
    gate: Gate,
    sign_in_rate: Rate,
    gallery: FirstGallery,
    clock: Callable[[], datetime],
    default_level: str,
    setup_code: SetupCode | None,
) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["session"])

    def answered(result: SignedIn) -> SignedInAnswer:
        return SignedInAnswer.of(result, clock(), default_level)

    def spend(request: Request, name: str) -> None:
        sign_in_rate.spend("address", caller_address(request))
        sign_in_rate.spend("name", folded(name))

    @router.get("/test")
    def test() -> TestAnswer:
        """Say that the server is there."""
        return TestAnswer(
            status="ok",
            name="VaultSecure Gallery",
            version=VERSION,
            api="v1",
            first_run=accounts.none_yet(),
            time=clock(),
        )

    @router.post("/setup", status_code=201)
    def setup(request: Request, body: SetupBody) -> SignedInAnswer:
        """Make the first admin, choose the gallery folder and sign in; once only."""
        spend(request, body.name)
        if not accounts.none_yet():
            raise SetupDone
        if setup_code is not None:
            setup_code.check(None if body.setup_code is None else body.setup_code.get_secret_value())
        gallery.check(body.gallery_folder, samples=body.samples)
        password = body.password.get_secret_value()
        accounts.create_first_admin(body.name, password)
        gallery.choose(body.gallery_folder, samples=body.samples)
        return answered(sessions.sign_in(body.name, password, body.machine.value(request)))

    @router.post("/session", status_code=201)
    def sign_in(request: Request, body: SignInBody) -> SignedInAnswer:
        """Sign in."""
        spend(request, body.name)
        return answered(
            sessions.sign_in(
                body.name,
                body.password.get_secret_value(),
                body.machine.value(request),
                plain(body.second_factor),
            )
        )

    @router.get("/session")
    def session(
        caller: Annotated[Caller, Depends(gate.require(EVERYONE))], credentials: Credentials
    ) -> SessionAnswer:
        """Describe the session of the access token."""
        if credentials is None:
            raise TokenMissing
        viewing_session, expires_at = sessions.described(credentials.credentials)
        return SessionAnswer(
            account=AccountAnswer(id=caller.account_id, name=caller.name, role=caller.role),
            viewing_session=ViewingSessionAnswer.of(viewing_session),
            expires_at=expires_at,
            server_time=clock(),
            default_level=default_level,
        )

    @router.post("/session/refresh", status_code=201)
    def refresh(request: Request, body: RefreshBody) -> SignedInAnswer:
        """Exchange the refresh token for new tokens."""
        sign_in_rate.spend("refresh", caller_address(request))
        return answered(sessions.refresh(body.refresh_token, body.machine.value(request)))

    @router.delete("/session", status_code=204)
    def sign_out(caller: Annotated[Caller, Depends(gate.require(EVERYONE, admits=ANY_NARROW))]) -> None:
        """Sign out."""
        sessions.end(caller)

    return router
