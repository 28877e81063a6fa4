"""Passwords, codes and second factors on either engine, over the days of one person."""

from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from local_server.accounts.changes import Change
from local_server.accounts.errors import (
    AccountLocked,
    LastAdmin,
    PasswordUsedBefore,
    ResetCodeWrong,
    SecondFactorNeeded,
    SecondFactorWrong,
    SessionEnded,
    WrongCredentials,
)
from local_server.accounts.models import (
    ANY_NARROW,
    COMMAND_LINE,
    Actor,
    Caller,
    Machine,
    Narrow,
    Role,
    Sees,
    SignedIn,
)
from local_server.accounts.policy import Policy
from local_server.accounts.room import AccountsRoom
from local_server.accounts.tokens import Tokens
from local_server.audit.log import AuditLog
from local_server.storage.sealing import Sealer
from tests.support.clock import Clock
from tests.support.engines import ENGINES, address, opened
from tests.support.parts.fixtures import Parts

MACHINE = Machine("machine", "a machine", "desktop")
PASSWORDS = [f"seven wet geese in row {number}" for number in range(4)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=ENGINES)
def people(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[AccountsRoom]:
    # Asked for by hand: on SQLite nothing is started.
    parts: Parts = request.getfixturevalue("parts")
    with address(request.param, tmp_path, parts) as where, opened(tmp_path, where) as database:
        tokens = Tokens(bytes(range(32)), "here", clock)
        yield AccountsRoom(
            database,
            tokens,
            Sealer(bytes(32)),
            AuditLog(bytes(32), clock),
            Policy(history=2),
            clock,
        )


def caller(people: AccountsRoom, signed_in: SignedIn) -> Caller:
    return people.sessions.check(signed_in.access_token, ANY_NARROW)


def test_a_person_over_some_days(people: AccountsRoom, clock: Clock) -> None:
    admin = people.accounts.create("Zoë", PASSWORDS[0], Role.ADMIN)
    added, code = people.accounts.create_with_code(
        "Ada", Role.VIEWER, None, "ada@example.org", Actor(admin.id, admin.name)
    )
    assert added.sees is Sees.ALBUMS

    for name in ("ada", "n" * 256):
        with pytest.raises(WrongCredentials):
            people.sessions.sign_in(name, "", MACHINE)
    with pytest.raises(ResetCodeWrong):
        people.changes.redeem("ada", "AAAA-BBBB-CCCC-DDDD", MACHINE)
    held = people.changes.redeem("ada", code.code, MACHINE)
    assert held.narrow is Narrow.RESET
    whole = people.changes.change(caller(people, held), None, PASSWORDS[0])
    assert whole.narrow is None
    with pytest.raises(SessionEnded):
        caller(people, held)

    for current, new in ((0, 1), (1, 2), (2, 3)):
        whole = people.changes.change(caller(people, whole), PASSWORDS[current], PASSWORDS[new])
    with pytest.raises(PasswordUsedBefore):
        people.changes.change(caller(people, whole), PASSWORDS[3], PASSWORDS[1])
    whole = people.changes.change(caller(people, whole), PASSWORDS[3], PASSWORDS[0])

    begun = people.second_factors.begin(caller(people, whole), PASSWORDS[0])
    app = pyotp.TOTP(begun.secret)
    recovery = people.second_factors.confirm(caller(people, whole), app.at(clock())).recovery_codes
    with pytest.raises(SecondFactorNeeded):
        people.sessions.sign_in("ada", PASSWORDS[0], MACHINE)
    with pytest.raises(SecondFactorWrong):
        people.sessions.sign_in("ada", PASSWORDS[0], MACHINE, app.at(clock()))
    clock.forward(seconds=30)
    people.sessions.sign_in("ada", PASSWORDS[0], MACHINE, app.at(clock()))
    people.sessions.sign_in("ada", PASSWORDS[0], MACHINE, recovery[0])
    with pytest.raises(SecondFactorWrong):
        people.sessions.sign_in("ada", PASSWORDS[0], MACHINE, recovery[0])

    for _ in range(4):
        with pytest.raises(WrongCredentials):
            people.sessions.sign_in("ada", "wrong", MACHINE)
    with pytest.raises(AccountLocked):
        people.sessions.sign_in("ada", PASSWORDS[0], MACHINE, recovery[1])
    assert people.people.locked_until(people.people.one(added.id)) is not None
    people.accounts.remove_second_factor(added.id, COMMAND_LINE)
    people.accounts.make_reset_code(added.id, COMMAND_LINE)
    people.sessions.sign_in("ada", PASSWORDS[0], MACHINE)

    seen, cursor = [], None
    while True:
        lines, cursor = people.people.log(added.id, limit=3, cursor=cursor)
        seen += [line.event for line in lines]
        if cursor is None:
            break
    assert seen[:3] == ["reset_code_made", "second_factor_off", "locked"]
    assert seen[-4:] == ["reset_code_used", "refused", "refused", "reset_code_made"]
    assert seen.count("changed") == 5


def test_the_list_and_its_changes(people: AccountsRoom) -> None:
    names = ["Zoë", "ada", "Émile", "ÅSA", "b b"]
    made = [people.accounts.create(name, PASSWORDS[0], Role.ADMIN) for name in names]
    shown, cursor = [], None
    while True:
        page, cursor = people.people.page(limit=2, cursor=cursor)
        shown += [person.account.name for person in page]
        if cursor is None:
            break
    assert sorted(shown) == sorted(names)
    for account in made[:-1]:
        people.accounts.change(
            account.id, Change(role=Role.MANAGER, email=f"{account.id}@example.org"), COMMAND_LINE
        )
    with pytest.raises(LastAdmin):
        people.accounts.change(made[-1].id, Change(disabled=True), COMMAND_LINE)
    people.accounts.change(made[0].id, Change(email=None, disabled=True), COMMAND_LINE)
    assert people.people.one(made[0].id).account.email is None
