"""One object for the catalogue's database: how it is opened, read and written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from local_server.database.errors import translated

BUSY_TIMEOUT_MS = 15_000


class Database:
    """The catalogue; SQLite in WAL mode, shared by server, worker and command line.

    What the engine says of a full disk, a damaged file or a lock that never came is raised as an Outage.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
            # As many as the thread pool of the server has threads: none waits for a connection.
            pool_size=8,
            max_overflow=40,
            # Parameters hold names and hashes; they have no place in an error message.
            hide_parameters=True,
        )
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a snapshot for reading; it never waits for a writer."""
        with _outages(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that has the write lock from its start, and so can't fail half-way for one."""
        with (
            _outages(),
            self._engine.connect().execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        outage = translated(error)
        if outage is None:
            raise
        raise outage from error


def _prepare(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # we say BEGIN ourselves; the driver would start deferred transactions only
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    ):
        try:
            raw.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            raw.close()  # the pool never saw it, so nobody else would
            raise


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
