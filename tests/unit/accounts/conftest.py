"""The services of this room on a real catalogue, with a clock that can be moved."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local_server.accounts.lockout import Lockout
from local_server.accounts.passwords import Passwords
from local_server.accounts.presence import Presence
from local_server.accounts.service import Accounts
from local_server.accounts.sessions import Sessions
from local_server.accounts.tokens import Tokens
from local_server.audit.log import AuditLog
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from tests.support.clock import Clock


@pytest.fixture
def database(data_dir: Path) -> Iterator[Database]:
    data = DataDirectory(data_dir)
    data.prepare()
    opened = open_catalogue(data)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass(frozen=True)
class People:
    """The room, wired as the program wires it."""

    accounts: Accounts
    sessions: Sessions
    presence: Presence
    database: Database


@pytest.fixture
def wired(database: Database, clock: Clock) -> Callable[..., People]:
    """Return what wires the room; `randbits` is where marks come from."""

    def wire(passwords: Passwords | None = None, **how: Callable[[int], int]) -> People:
        audit = AuditLog(bytes(32), clock)
        passwords = passwords or Passwords()
        presence = Presence(database, clock)
        sessions = Sessions(
            database,
            Tokens(bytes(range(32)), "here", clock),
            passwords,
            Lockout(database, clock),
            presence,
            audit,
            clock,
            **how,
        )
        return People(Accounts(database, passwords, audit, clock), sessions, presence, database)

    return wire
