"""HTTP of one's own password and second factor, and of the way back in with a one-time code."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from local_server.accounts.bodies import (
    Code,
    MachineBody,
    Name,
    Password,
    SignedInAnswer,
    caller_address,
    plain,
)
from local_server.accounts.gate import Gate
from local_server.accounts.models import EVERYONE, NEW_PASSWORD, Caller, Narrow, folded
from local_server.accounts.password_changes import PasswordChanges
from local_server.accounts.second_factors import SecondFactors
from local_server.web.bodies import Answer, Body
from local_server.web.rates import Rate

SETUP = frozenset({Narrow.SECOND_FACTOR})


class NewPasswordBody(Body):
    """A new password, and the present one unless a one-time code stood in for it."""

    current: Password | None = None
    new: Password


class ResetBody(Body):
    """A one-time code, and the second factor where the account has one."""

    name: Name
    code: Code
    machine: MachineBody
    second_factor: Code | None = None


class BeginBody(Body):
    """The present password; who may only set up a second factor has just given it."""

    password: Password | None = None


class ConfirmBody(Body):
    """The six digits that the authenticator shows."""

    code: Annotated[str, Field(min_length=6, max_length=16)]


class RemoveBody(Body):
    """The present password, or a code of the authenticator or a recovery code."""

    password: Password | None = None
    code: Code | None = None


class BegunAnswer(Answer):
    """The secret, shown this once: as text to be typed, and as the address that a QR code holds."""

    secret: str
    otpauth: str


class ConfirmedAnswer(Answer):
    """Recovery codes, shown this once; `session` is the full sign-in of who could only set this up before."""

    recovery_codes: list[str]
    session: SignedInAnswer | None


def routes(
    changes: PasswordChanges,
    second_factors: SecondFactors,
    gate: Gate,
    sign_in_rate: Rate,
    clock: Callable[[], datetime],
    default_level: str,
) -> APIRouter:
    """Return the routes of passwords, codes and second factors."""
    router = APIRouter(tags=["session"])

    @router.put("/session/password")
    def change_password(
        caller: Annotated[Caller, Depends(gate.require(EVERYONE, rate=sign_in_rate, admits=NEW_PASSWORD))],
        body: NewPasswordBody,
    ) -> SignedInAnswer:
        """Choose a new password; it ends the other sessions of the account."""
        changed = changes.change(caller, plain(body.current), body.new.get_secret_value())
        return SignedInAnswer.of(changed, clock(), default_level)

    @router.post("/session/reset", status_code=201)
    def sign_in_with_code(request: Request, body: ResetBody) -> SignedInAnswer:
        """Sign in with a one-time code of an admin, to choose a new password and for nothing else."""
        sign_in_rate.spend("address", caller_address(request))
        sign_in_rate.spend("name", folded(body.name))
        redeemed = changes.redeem(
            body.name, body.code.get_secret_value(), body.machine.value(request), plain(body.second_factor)
        )
        return SignedInAnswer.of(redeemed, clock(), default_level)

    Own = Annotated[Caller, Depends(gate.require(EVERYONE, rate=sign_in_rate))]
    OwnOrSetup = Annotated[Caller, Depends(gate.require(EVERYONE, rate=sign_in_rate, admits=SETUP))]

    @router.post("/session/second-factor", status_code=201)
    def begin_second_factor(caller: OwnOrSetup, body: BeginBody) -> BegunAnswer:
        """Begin to set up a second factor; the first code confirms it."""
        begun = second_factors.begin(caller, plain(body.password))
        return BegunAnswer(secret=begun.secret, otpauth=begun.address)

    @router.put("/session/second-factor")
    def confirm_second_factor(caller: OwnOrSetup, body: ConfirmBody) -> ConfirmedAnswer:
        """Confirm the second factor with its first code."""
        confirmed = second_factors.confirm(caller, body.code)
        full = confirmed.signed_in
        return ConfirmedAnswer(
            recovery_codes=confirmed.recovery_codes,
            session=None if full is None else SignedInAnswer.of(full, clock(), default_level),
        )

    @router.delete("/session/second-factor", status_code=204)
    def remove_second_factor(caller: Own, body: RemoveBody) -> None:
        """Remove one's own second factor."""
        second_factors.remove(caller, plain(body.password), plain(body.code))

    return router
