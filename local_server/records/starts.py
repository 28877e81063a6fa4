"""How long this server runs, and how often whoever started it had to start it again."""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Final

import psutil
from sqlalchemy import delete, insert, select

from local_server.database.engine import Database
from local_server.database.tables import installation

_KEY: Final = "server_starts"


class Starts:
    """This run of the server; `restarts` counts the runs before it under the same parent process.

    The parent is the desktop that launched the server, or a service manager: while it lives, every further
    start is a restart. A new parent counts from nought.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.started_at = clock()
        self.restarts = 0

    def note(self, parent: str) -> None:
        """Count this start in the catalogue."""
        statement = select(installation.c.value).where(installation.c.key == _KEY)
        with self._database.write() as connection:
            stored = connection.execute(statement).scalar()
            if stored is not None and stored["parent"] == parent:
                self.restarts = stored["restarts"] + 1
            value = {"parent": parent, "restarts": self.restarts}
            connection.execute(delete(installation).where(installation.c.key == _KEY))
            connection.execute(insert(installation).values(key=_KEY, value=value))


def parent_identity() -> str:
    """Return what tells the parent process from any other, before and after it, with the same number."""
    parent = os.getppid()
    try:
        return f"{parent}:{psutil.Process(parent).create_time():.2f}"
    except psutil.Error:
        return f"{parent}:gone"
