"""HTTP of organisation sign-in."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from local_server.accounts.bodies import MachineBody, SignedInAnswer, caller_address
from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, Caller
from local_server.accounts.organisation.service import Organisation
from local_server.web.bodies import Answer, Body, Line, Secret
from local_server.web.rates import Rate


class OrganisationAnswer(Answer):
    """Whether people of an organisation may sign in, and what it is called."""

    configured: bool
    name: str | None


class StartBody(Body):
    """Where the browser comes back to (this machine, any port), and where somebody signs in."""

    redirect_uri: Annotated[Line, Field(max_length=64)]
    machine: MachineBody


class StartedAnswer(Answer):
    """Where the browser has to go; `state` comes back with it, `ticket` stays with the program."""

    authorisation_url: str
    state: str
    ticket: str


class FinishBody(Body):
    """What the browser brought back, and the ticket of the program that sent it."""

    state: Annotated[Line, Field(min_length=1, max_length=128)]
    code: Annotated[Secret, Field(min_length=1, max_length=4096)]
    ticket: Annotated[Secret, Field(min_length=1, max_length=128)]


class LogoutAnswer(Answer):
    """Where the browser signs out at the provider, for somebody who signed in there and if it has a page."""

    logout_url: str | None


def routes(
    organisation: Organisation,
    gate: Gate,
    sign_in_rate: Rate,
    clock: Callable[[], datetime],
    default_level: str,
) -> APIRouter:
    """Return the routes of this room."""
    router = APIRouter(tags=["session"])

    @router.get("/session/organisation")
    def organisation_offered() -> OrganisationAnswer:
        """Say whether people of an organisation may sign in."""
        return OrganisationAnswer(configured=organisation.name is not None, name=organisation.name)

    @router.post("/session/organisation/start", status_code=201)
    def start_organisation_sign_in(request: Request, body: StartBody) -> StartedAnswer:
        """Begin a sign-in in the browser."""
        sign_in_rate.spend("address", caller_address(request))
        started = organisation.start(body.redirect_uri, body.machine.value(request))
        return StartedAnswer(
            authorisation_url=started.authorisation_url, state=started.state, ticket=started.ticket
        )

    @router.post("/session/organisation/finish", status_code=201)
    def finish_organisation_sign_in(request: Request, body: FinishBody) -> SignedInAnswer:
        """Finish a sign-in with what the browser brought back; once, within ten minutes."""
        address = caller_address(request)
        sign_in_rate.spend("address", address)
        signed_in = organisation.finish(
            body.state, body.ticket.get_secret_value(), body.code.get_secret_value(), address
        )
        return SignedInAnswer.of(signed_in, clock(), default_level)

    @router.get("/session/organisation/logout")
    def organisation_logout(caller: Annotated[Caller, Depends(gate.require(EVERYONE))]) -> LogoutAnswer:
        """Say where the browser signs out at the organisation; DELETE /session signs out here."""
        return LogoutAnswer(logout_url=organisation.logout_url(caller))

    return router
