"""How long this server runs, and how often whoever started it had to start it again."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

import psutil
from sqlalchemy import delete, insert, select

from local_server.database.engine import Database
from local_server.database.tables import installation

_KEY: Final = "server_starts"


@dataclass(frozen=True, slots=True)
class Starts:
    """This run of the server; `restarts` counts the runs before it under the same parent process.

    The parent is the desktop that launched the server, or a service manager: while it lives, every further
    start is a restart. A new parent counts from nought.
    """

    started_at: datetime
    restarts: int

    @classmethod
    def note(cls, database: Database, clock: Callable[[], datetime], parent: str) -> Self:
        """Count this start in the catalogue."""
        with database.write() as connection:
            statement = select(installation.c.value).where(installation.c.key == _KEY)
            stored = connection.execute(statement).scalar()
            restarts = stored["restarts"] + 1 if stored and stored["parent"] == parent else 0
            connection.execute(delete(installation).where(installation.c.key == _KEY))
            connection.execute(
                insert(installation).values(key=_KEY, value={"parent": parent, "restarts": restarts})
            )
        return cls(clock(), restarts)


def parent_identity() -> str:
    """Return what tells the parent process from any other, before and after it, with the same number."""
    parent = os.getppid()
    try:
        return f"{parent}:{psutil.Process(parent).create_time():.2f}"
    except psutil.Error:
        return f"{parent}:gone"
