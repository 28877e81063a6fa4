"""One object for the catalogue's database: how it is opened, read and written."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from local_server.database import postgresql
from local_server.database.errors import CatalogueBusy, translated

BUSY_TIMEOUT_MS: Final = 15_000
# No statement of ours waits longer in silence than for a lock.
SILENT_SECONDS: Final = 20.0
# The option that a connection has once its transaction holds an event to be told.
ANNOUNCED: Final = "announced"
# Any number will do, as long as it is every process's: who holds it is the one writer (see `write`).
_WRITER: Final = 0x5641554C54


class Database:
    """The catalogue: a SQLite file in WAL mode, or PostgreSQL; shared by servers, workers and commands.

    What the engine says of a full disk, a damaged file, a lock that never came or a server that is away is
    raised as an Outage; every call tries anew, so that it recovers by itself.
    """

    def __init__(
        self, where: Path | URL, *, references_checked: bool = True, silence: float = SILENT_SECONDS
    ) -> None:
        """Name a file or a server.

        Only a migration may do without the check of foreign keys, on SQLite, and wait for longer in silence
        for a server, which otherwise counts as away.
        """
        self.path = where if isinstance(where, Path) else None
        self._engine = (
            _sqlite(where, references_checked)
            if isinstance(where, Path)
            else postgresql.engine(where, lock_ms=BUSY_TIMEOUT_MS, silence=silence)
        )
        self._listeners: list[Callable[[], None]] = []

    @property
    def kind(self) -> str:
        """The engine's name as people know it."""
        return "SQLite" if self.path is not None else "PostgreSQL"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a snapshot for reading; it never waits for a writer."""
        with _outages(), self._engine.connect() as connection:
            if self.path is None:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that has the write lock from its start, and so can't fail half-way for one.

        One at a time over all processes and machines: what is read in it stays true to its end, sequences are
        committed in their order, and the audit log keeps one chain.
        """
        with (
            _outages(),
            self._engine.connect().execution_options(immediate=True) as connection,
            connection.begin(),
        ):
            if self.path is None:
                connection.execute(select(func.pg_advisory_xact_lock(_WRITER)))
            yield connection
            announced = connection.get_execution_options().get(ANNOUNCED, False)
        if announced:
            for told in self._listeners:
                told()

    def on_announced(self, told: Callable[[], None]) -> None:
        """Have a function called, on its thread, after each `write` that announced; it must not fail."""
        self._listeners.append(told)

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


def _sqlite(path: Path, references_checked: bool) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        # As many as the thread pool of the server has threads: none waits for a connection.
        pool_size=8,
        max_overflow=40,
        # Parameters hold names and hashes; they have no place in an error message.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    if not references_checked:
        event.listen(engine, "connect", _leave_references)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise CatalogueBusy("every connection to the database is in use") from error
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
        # What is deleted is overwritten: recordings must be gone when their time is over.
        "secure_delete=ON",
    ):
        try:
            raw.execute(f"PRAGMA {pragma}")
        except sqlite3.Error:
            raw.close()  # the pool never saw it, so nobody else would
            raise


def _leave_references(raw: Any, _record: object) -> None:
    raw.execute("PRAGMA foreign_keys=OFF")


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
