"""A migrated catalogue on either engine, for tests of what must hold on both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import URL, make_url

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from tests.support.parts.fixtures import Parts
from tests.support.parts.postgresql import PostgreSQL

ENGINES = ("SQLite", "PostgreSQL")


@contextmanager
def address(engine: str, root: Path, parts: Parts) -> Iterator[Path | URL]:
    """Return where an empty catalogue of an engine can be made."""
    data = DataDirectory(root)
    data.prepare()
    if engine == "SQLite":
        yield data.catalogue
        return
    postgresql = parts.get(PostgreSQL)
    url = postgresql.new_database()
    try:
        yield make_url(url)
    finally:
        postgresql.start()
        postgresql.drop(url)


@contextmanager
def opened(root: Path, where: Path | URL) -> Iterator[Database]:
    """Open a catalogue that is brought up to date first."""
    database = open_catalogue(DataDirectory(root), where if isinstance(where, URL) else None)
    try:
        yield database
    finally:
        database.close()
