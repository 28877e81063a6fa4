"""What a viewing session leaves in the catalogue, over time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from local_server.accounts.errors import AccountLocked, SessionEnded, TokenExpired, WrongCredentials
from local_server.accounts.models import Machine, Role
from local_server.accounts.passwords import Passwords
from local_server.database.tables import accounts, audit_entries, refresh_tokens, viewing_sessions
from tests.support.clock import Clock

MACHINE = Machine("machine", "a machine", "desktop")
PASSWORD = "seven wet geese"

Wired = Callable[..., Any]


def seen_at(people: Any, session_id: str) -> datetime:
    with people.database.read() as connection:
        moment = connection.execute(
            select(viewing_sessions.c.seen_at).where(viewing_sessions.c.id == session_id)
        ).scalar_one()
    assert isinstance(moment, datetime)
    return moment


def test_who_is_heard_of_is_written_later_in_one_go(wired: Wired, clock: Clock) -> None:
    people = wired()
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    first, second = (people.sessions.sign_in("ada", PASSWORD, MACHINE) for _ in range(2))
    began = clock.moment
    clock.forward(seconds=20)
    people.sessions.check(first.access_token)
    assert seen_at(people, first.viewing_session.id) == began
    people.presence.write()
    assert seen_at(people, first.viewing_session.id) == began + timedelta(seconds=20)
    assert seen_at(people, second.viewing_session.id) == began


def test_a_mark_is_never_given_twice(wired: Wired) -> None:
    drawn = iter([7, 7, 7, 8])
    people = wired(randbits=lambda bits: next(drawn) if bits == 50 else 0)
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    marks = [people.sessions.sign_in("ada", PASSWORD, MACHINE).viewing_session.mark for _ in range(2)]
    assert marks == [7, 8]


class Interrupted(Passwords):
    """Looks at a password as always, and lets something happen, once, before it answers."""

    meanwhile: Callable[[], object] = staticmethod(lambda: None)

    def verify(self, stored: str | None, password: str) -> bool:
        right = super().verify(stored, password)
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        return right


@pytest.mark.parametrize("change", ["disable", "reset"])
def test_who_is_shut_out_while_the_password_is_looked_at_does_not_come_in(wired: Wired, change: str) -> None:
    passwords = Interrupted()
    people = wired(passwords)
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    passwords.meanwhile = lambda: (
        people.accounts.disable("ada")
        if change == "disable"
        else people.accounts.reset_password("ada", "another wet goose")
    )
    with pytest.raises(WrongCredentials):
        people.sessions.sign_in("ada", PASSWORD, MACHINE)


def test_a_lock_ends_by_itself(wired: Wired, clock: Clock) -> None:
    people = wired()
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            people.sessions.sign_in("ada", "wrong", MACHINE)
    with pytest.raises(AccountLocked):
        people.sessions.sign_in("ada", PASSWORD, MACHINE)
    clock.forward(seconds=30)
    people.sessions.sign_in("ada", PASSWORD, MACHINE)


def test_a_session_outlives_its_access_token_through_refreshes(wired: Wired, clock: Clock) -> None:
    people = wired()
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    signed_in = people.sessions.sign_in("ada", PASSWORD, MACHINE)
    for _ in range(3):
        clock.forward(days=29)
        with pytest.raises(TokenExpired):
            people.sessions.check(signed_in.access_token)
        signed_in = people.sessions.refresh(signed_in.refresh_token, MACHINE)
        assert people.sessions.check(signed_in.access_token).name == "Ada"
    clock.forward(days=30)
    with pytest.raises(TokenExpired):
        people.sessions.refresh(signed_in.refresh_token, MACHINE)


def test_rows_of_tokens_long_expired_are_dropped(wired: Wired, clock: Clock) -> None:
    people = wired()
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    people.sessions.sign_in("ada", PASSWORD, MACHINE)
    clock.forward(days=61)
    people.sessions.sign_in("ada", PASSWORD, MACHINE)
    with people.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(refresh_tokens)).scalar_one() == 1


def test_an_old_hash_is_made_anew_when_its_password_comes_by(wired: Wired) -> None:
    people = wired()
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with people.database.write() as connection:
        connection.execute(update(accounts).values(password_hash=old))
    people.sessions.sign_in("ada", PASSWORD, MACHINE)
    with people.database.read() as connection:
        stored = connection.execute(select(accounts.c.password_hash)).scalar_one()
    assert "m=65536,t=3,p=4" in stored
    people.sessions.sign_in("ada", PASSWORD, MACHINE)


def test_what_happened_to_an_account_stands_in_the_audit_log(wired: Wired) -> None:
    people = wired()
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    with pytest.raises(WrongCredentials):
        people.sessions.sign_in("ada", "wrong", MACHINE)
    with pytest.raises(WrongCredentials):
        people.sessions.sign_in("mallory", "wrong", MACHINE)
    signed_in = people.sessions.sign_in("ada", PASSWORD, MACHINE)
    people.sessions.end(people.sessions.check(signed_in.access_token))
    with pytest.raises(SessionEnded):
        people.sessions.check(signed_in.access_token)
    people.accounts.reset_password("ada", "another long secret")
    people.accounts.disable("ada")
    with people.database.read() as connection:
        entries = connection.execute(
            select(audit_entries.c.kind, audit_entries.c.account_name, audit_entries.c.detail).order_by(
                audit_entries.c.sequence
            )
        ).all()
    assert [(entry.kind, entry.account_name) for entry in entries] == [
        ("account_created", "Ada"),
        ("sign_in_refused", "Ada"),
        ("sign_in_refused", "mallory"),
        ("signed_in", "Ada"),
        ("signed_out", "Ada"),
        ("password_reset", "Ada"),
        ("account_disabled", "Ada"),
    ]
    assert PASSWORD not in str(entries)
