"""HTTP of the people of a gallery, for its admins, and of the log of their passwords."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import Field

from local_server.accounts.bodies import Name, Password
from local_server.accounts.changes import UNCHANGED, Change
from local_server.accounts.exemptions import Exemptions
from local_server.accounts.gate import Gate
from local_server.accounts.models import (
    READS_RECORDS,
    Caller,
    Exemption,
    KeyScope,
    Person,
    Role,
    Sees,
)
from local_server.accounts.people import LogLine, People
from local_server.accounts.reset_codes import ResetCode
from local_server.accounts.service import Accounts
from local_server.web.bodies import Answer, Body, Line, Moment

AccountId = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Email = Annotated[Line, Field(min_length=3, max_length=254)]
# Bodies are strict: a role comes as its text.
RoleText = Annotated[Role, Field(strict=False)]
SeesText = Annotated[Sees, Field(strict=False)]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=512)]


class UserBody(Body):
    """A new person; without a password a one-time code is made, by which the person chooses one."""

    name: Name
    role: RoleText
    sees: SeesText | None = None
    email: Email | None = None
    password: Password | None = None


class UserChangeBody(Body):
    """What is to be different; an address of null takes it away."""

    role: RoleText | None = None
    sees: SeesText | None = None
    email: Email | None = None
    disabled: bool | None = None

    def change(self) -> Change:
        email = self.email if "email" in self.model_fields_set else UNCHANGED
        return Change(self.role, self.sees, email, self.disabled)


class ExemptionBody(Body):
    """Why the capture guard is to hide nothing from a person, and until when; null for no end."""

    reason: Annotated[Line, Field(min_length=1, max_length=500)]
    expires_at: Moment | None = None


class ExemptionAnswer(Answer):
    """An assistive exemption: nothing is hidden, the mark is stronger, and every use is recorded."""

    reason: str
    granted_at: datetime
    granted_by: str
    expires_at: datetime | None

    @classmethod
    def of(cls, exemption: Exemption) -> Self:
        return cls(
            reason=exemption.reason,
            granted_at=exemption.granted_at,
            granted_by=exemption.granted_by,
            expires_at=exemption.expires_at,
        )


class UserAnswer(Answer):
    """A person, as an admin sees them."""

    id: str
    name: str
    role: str
    sees: str
    email: str | None
    created_at: datetime
    disabled_at: datetime | None
    last_seen_at: datetime | None
    second_factor: bool
    password_expires_at: datetime | None
    must_change_password: bool
    locked_until: datetime | None
    assistive: ExemptionAnswer | None

    @classmethod
    def of(cls, person: Person, people: People) -> Self:
        account = person.account
        return cls(
            id=account.id,
            name=account.name,
            role=account.role.value,
            sees=account.sees.value,
            email=account.email,
            created_at=account.created_at,
            disabled_at=account.disabled_at,
            last_seen_at=person.last_seen_at,
            second_factor=person.second_factor,
            password_expires_at=people.password_expires_at(person),
            must_change_password=person.must_change_password,
            locked_until=people.locked_until(person),
            assistive=None if person.exemption is None else ExemptionAnswer.of(person.exemption),
        )


class UsersAnswer(Answer):
    """A page of people by name; send `next` as cursor for the following one."""

    items: list[UserAnswer]
    next: str | None


class ResetCodeAnswer(Answer):
    """A one-time code, shown this once."""

    code: str
    expires_at: datetime

    @classmethod
    def of(cls, made: ResetCode) -> Self:
        return cls(code=made.code, expires_at=made.expires_at)


class NewUserAnswer(Answer):
    """The person, and the one-time code where no password was given."""

    user: UserAnswer
    reset_code: ResetCodeAnswer | None


class LogLineAnswer(Answer):
    """Something that happened to a password, a code or a second factor."""

    id: int
    time: datetime
    event: str
    by: str | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, line: LogLine) -> Self:
        return cls(id=line.id, time=line.time, event=line.event, by=line.by, detail=line.detail)


class LogAnswer(Answer):
    """A page of the log, newest first; send `next` as cursor for the following one."""

    items: list[LogLineAnswer]
    next: str | None


def routes(accounts: Accounts, people: People, exemptions: Exemptions, gate: Gate) -> APIRouter:
    """Return the routes of people."""
    router = APIRouter(tags=["users"])
    Admin = Annotated[Caller, Depends(gate.require({Role.ADMIN}))]
    Lister = Annotated[Caller, Depends(gate.require({Role.ADMIN}, scope=KeyScope.PEOPLE_READ))]
    Reader = Annotated[Caller, Depends(gate.require(READS_RECORDS))]

    def told(account_id: str) -> UserAnswer:
        return UserAnswer.of(people.one(account_id), people)

    @router.get("/users")
    def users(_caller: Lister, limit: Limit = 100, cursor: Cursor = None) -> UsersAnswer:
        """Return a page of the people of this gallery, by name."""
        found, following = people.page(limit=limit, cursor=cursor)
        return UsersAnswer(items=[UserAnswer.of(person, people) for person in found], next=following)

    @router.post("/users", status_code=201)
    def add_user(caller: Admin, body: UserBody) -> NewUserAnswer:
        """Add a person; a password that is given here must be changed at the first sign-in."""
        if body.password is not None:
            account = accounts.create(
                body.name,
                body.password.get_secret_value(),
                body.role,
                body.sees,
                body.email,
                by=caller.actor,
                must_change=True,
            )
            return NewUserAnswer(user=told(account.id), reset_code=None)
        account, made = accounts.create_with_code(body.name, body.role, body.sees, body.email, caller.actor)
        return NewUserAnswer(user=told(account.id), reset_code=ResetCodeAnswer.of(made))

    @router.get("/users/{account_id}")
    def user(_caller: Lister, account_id: AccountId) -> UserAnswer:
        """Return one person."""
        return told(account_id)

    @router.patch("/users/{account_id}")
    def change_user(caller: Admin, account_id: AccountId, body: UserChangeBody) -> UserAnswer:
        """Change role, sight or address, close or open the account; sessions end where rights shrink."""
        accounts.change(account_id, body.change(), caller.actor)
        return told(account_id)

    @router.post("/users/{account_id}/reset-code", status_code=201)
    def make_reset_code(caller: Admin, account_id: AccountId) -> ResetCodeAnswer:
        """Make a one-time code by which somebody chooses a new password; it is good for a day."""
        return ResetCodeAnswer.of(accounts.make_reset_code(account_id, caller.actor))

    @router.delete("/users/{account_id}/sessions", status_code=204)
    def end_sessions(caller: Admin, account_id: AccountId) -> None:
        """End every session of a person."""
        accounts.end_sessions(account_id, caller.actor)

    @router.delete("/users/{account_id}/second-factor", status_code=204)
    def remove_users_second_factor(caller: Admin, account_id: AccountId) -> None:
        """Remove the second factor of a person whose authenticator is lost."""
        accounts.remove_second_factor(account_id, caller.actor)

    @router.put("/users/{account_id}/assistive")
    def grant_exemption(caller: Admin, account_id: AccountId, body: ExemptionBody) -> UserAnswer:
        """Let a person see through the guard's shield, with a stronger mark; every use is recorded."""
        exemptions.grant(account_id, body.reason, body.expires_at, caller.actor)
        return told(account_id)

    @router.delete("/users/{account_id}/assistive")
    def end_exemption(caller: Admin, account_id: AccountId) -> UserAnswer:
        """Take an assistive exemption back."""
        exemptions.end(account_id, caller.actor)
        return told(account_id)

    @router.get("/users/{account_id}/password-log")
    def password_log(
        _caller: Reader, account_id: AccountId, limit: Limit = 100, cursor: Cursor = None
    ) -> LogAnswer:
        """Return what happened to a person's password, codes and second factor, newest first."""
        lines, following = people.log(account_id, limit=limit, cursor=cursor)
        return LogAnswer(items=[LogLineAnswer.of(line) for line in lines], next=following)

    return router
