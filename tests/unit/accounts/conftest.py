"""The services of this room on a real catalogue, with a clock that can be moved."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_server.accounts.passwords import Passwords
from local_server.accounts.policy import DEFAULT, Policy
from local_server.accounts.room import AccountsRoom
from local_server.accounts.tokens import Tokens
from local_server.audit.log import AuditLog
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.storage.sealing import Sealer
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


@pytest.fixture
def wired(database: Database, clock: Clock) -> Callable[..., AccountsRoom]:
    """Return what wires the room as the program does; `randbits` is where marks come from."""

    def wire(
        passwords: Passwords | None = None, policy: Policy = DEFAULT, **how: Callable[[int], int]
    ) -> AccountsRoom:
        tokens = Tokens(bytes(range(32)), "here", clock)
        audit = AuditLog(bytes(32), clock)
        return AccountsRoom(database, tokens, Sealer(bytes(32)), audit, policy, clock, passwords, **how)

    return wire
