"""A name that nobody has costs what one that somebody has costs: the same statements and the same hashing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from local_server.accounts.errors import ResetCodeWrong, WrongCredentials
from local_server.accounts.models import COMMAND_LINE, Machine, Role
from local_server.accounts.passwords import Passwords
from local_server.accounts.room import AccountsRoom

MACHINE = Machine("machine", "a machine", "desktop")
PASSWORD = "seven wet geese"


class Counted(Passwords):
    """Counts the hashes that are verified."""

    verified = 0

    def verify(self, stored: str | None, password: str) -> bool:
        self.verified += 1
        return super().verify(stored, password)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement that is executed within a block."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("attempts", [1, 4])
def test_a_sign_in_does_the_same_for_a_name_that_nobody_has(
    wired: Callable[..., AccountsRoom], attempts: int
) -> None:
    passwords = Counted()
    people = wired(passwords)
    people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    done: dict[str, Any] = {}
    for name in ("ada", "nobody"):
        passwords.verified = 0
        with statements() as said:
            for _ in range(attempts):
                with pytest.raises(WrongCredentials):
                    people.sessions.sign_in(name, "wrong", MACHINE)
        done[name] = (said, passwords.verified)
    assert done["ada"] == done["nobody"]


@pytest.mark.parametrize("with_code", [True, False])
def test_a_code_does_the_same_for_a_name_that_nobody_has(
    wired: Callable[..., AccountsRoom], with_code: bool
) -> None:
    people = wired()
    account = people.accounts.create("Ada", PASSWORD, Role.VIEWER)
    if with_code:
        people.accounts.make_reset_code(account.id, COMMAND_LINE)
    done = {}
    for name in ("ada", "nobody"):
        with statements() as said:
            for _ in range(4):
                with pytest.raises(ResetCodeWrong):
                    people.changes.redeem(name, "AAAA-BBBB-CCCC-DDDD", MACHINE)
        done[name] = said
    assert done["ada"] == done["nobody"]
