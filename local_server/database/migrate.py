"""Bring a catalogue to this version's tables, in place; a file gets a snapshot before any upgrade."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import uuid4

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.errors import (
    CatalogueBusy,
    CatalogueCorrupt,
    CatalogueNewer,
    CatalogueOlder,
    CatalogueUnreadable,
)
from local_server.errors import Failure
from local_server.storage.errors import KeyWrong, write_failure
from local_server.storage.lock import FileLock

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.engine import URL

# The newest revision in migrations/versions, said here too: a start without an upgrade needs no Alembic.
HEAD: Final = "0004"
KNOWN: Final = ("0001", "0002", "0003", "0004")

_KEY_CHECK: Final = "key_check"
KEPT_SNAPSHOTS: Final = 3
# A full check of a file of this size takes about 0.1 s; a larger one is checked after an unclean end alone.
CHECKED_ALWAYS: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Revisions:
    """The migrations of a version of the program: where they lie, the newest, and all that it knows."""

    folder: Path
    head: str
    known: tuple[str, ...]


RELEASED: Final = Revisions(Path(__file__).parent / "migrations", HEAD, KNOWN)


def open_catalogue(data: DataDirectory, url: "URL | None" = None) -> Database:
    """Check the catalogue, upgrade it where it is older, and open it: the one at `url`, else the file.

    Raises CatalogueCorrupt, CatalogueNewer, CatalogueUnreadable, DiskFull, CatalogueBusy, DatabaseAway or
    DatabaseRefused.
    """
    bring_up_to_date(data, url)
    return Database(data.catalogue if url is None else url)


def bring_up_to_date(
    data: DataDirectory, url: "URL | None" = None, revisions: Revisions = RELEASED
) -> str | None:
    """Upgrade the catalogue to the newest revision; return the one it had before, None for a new one."""
    if url is not None:
        return _upgrade(url, revisions)
    existed = data.catalogue.exists()
    with _sqlite(data.catalogue) as raw:
        if existed:
            _check(data.catalogue, raw)
        revision = _revision(raw)
    if revision == revisions.head:
        return revision
    _check_known(revision, revisions)
    with FileLock(data.locks / "migrate.lock", wait=True):
        if revision is not None:
            snapshot(data, revision)
        return _upgrade(data.catalogue, revisions)


def check_current(database: Database) -> None:
    """Raise CatalogueOlder or CatalogueNewer unless the catalogue has this version's tables."""
    from alembic.runtime.migration import MigrationContext

    with database.read() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
    _check_known(revision, RELEASED)
    if revision != HEAD:
        raise CatalogueOlder(f"The catalogue has revision {revision or '(none)'}, not {HEAD}.")


def installation_id(database: Database) -> str:
    """Return the identifier that was drawn when this catalogue was made."""
    from sqlalchemy import select

    from local_server.database.tables import installation

    with database.read() as connection:
        return str(
            connection.execute(select(installation.c.value).where(installation.c.key == "id")).scalar_one()
        )


def agree_on_key(database: Database, check: str, *, make: bool) -> None:
    """Remember which master key this catalogue goes with, the first time; raise KeyWrong for another one.

    Several servers share a catalogue, and one with a key of its own would seal what no other can open.
    """
    from sqlalchemy import insert, select

    from local_server.database.tables import installation

    known = select(installation.c.value).where(installation.c.key == _KEY_CHECK)
    with database.read() as connection:
        agreed = connection.execute(known).scalar_one_or_none()
    if agreed is None and make:
        with database.write() as connection:
            agreed = connection.execute(known).scalar_one_or_none()
            if agreed is None:
                connection.execute(insert(installation).values(key=_KEY_CHECK, value=check))
                return
    if agreed is not None and agreed != check:
        raise KeyWrong("the catalogue was made with another master key")


def snapshot(data: DataDirectory, label: str) -> Path:
    """Copy the catalogue as it is now into `snapshots/`, keep the newest few, and return the copy's path."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    target = data.snapshots / f"catalogue-{moment}-{label}.db"
    partial = target.with_suffix(".partial")
    try:
        data.snapshots.mkdir(mode=0o700, exist_ok=True)
        for left in data.snapshots.glob("*.partial"):
            left.unlink()  # of one that was killed
        copy_catalogue(data.catalogue, partial)
        partial.replace(target)
        for old in sorted(data.snapshots.glob("catalogue-*.db"))[:-KEPT_SNAPSHOTS]:
            old.unlink()
    except OSError as error:
        raise write_failure(error, data.snapshots) from error
    return target


def copy_catalogue(source: Path, target: Path) -> None:
    """Copy a catalogue's file as it is at this moment, whoever writes to it meanwhile."""
    with _sqlite(source) as original, _sqlite(target) as copy:
        original.backup(copy)


def settle(path: Path) -> None:
    """Make a copy whole without a log beside it, and see that it is not damaged. Raises CatalogueCorrupt."""
    with _sqlite(path) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
        findings = [row[0] for row in raw.execute("PRAGMA quick_check(5)")]
    if findings != ["ok"]:
        raise CatalogueCorrupt("; ".join(findings))


def _check(path: Path, raw: sqlite3.Connection) -> None:
    unclean = Path(f"{path}-wal").exists()
    if not unclean and path.stat().st_size > CHECKED_ALWAYS:
        return
    findings = [row[0] for row in raw.execute("PRAGMA quick_check(5)")]
    if findings != ["ok"]:
        raise CatalogueCorrupt("; ".join(findings))


def _revision(raw: sqlite3.Connection) -> str | None:
    tables = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "alembic_version" not in tables:
        if tables - {"sqlite_sequence"}:
            raise CatalogueUnreadable("The file is a database, but not one of this program.")
        return None
    row = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _check_known(revision: str | None, revisions: Revisions) -> None:
    if revision is not None and revision not in revisions.known:
        known = revisions.head
        raise CatalogueNewer(f"The catalogue has revision {revision}; this version knows up to {known}.")


def _upgrade(where: "Path | URL", revisions: Revisions) -> str | None:
    """Run what is missing in one transaction, which a crash leaves undone; return the revision before."""
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import insert, select

    from local_server.database.tables import installation

    # Where SQLite can't alter a table, it is made anew under its name, whoever refers to it; PostgreSQL may
    # rebuild a large one in silence, for as long as it takes.
    database = Database(where, references_checked=False, silence=inf)
    try:
        with database.write() as connection:
            # Under the write lock: of two replicas that start at once, the second finds it done.
            revision = MigrationContext.configure(connection).get_current_revision()
            _check_known(revision, revisions)
            if revision != revisions.head:
                _run(connection, revisions)
                _check_references(connection)
            known = select(installation.c.key).where(installation.c.key == "id")
            if connection.execute(known).first() is None:
                connection.execute(insert(installation).values(key="id", value=uuid4().hex))
    finally:
        database.close()
    return revision


def _check_references(connection: "Connection") -> None:
    if connection.dialect.name != "sqlite":
        return  # it never stopped to check
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if dangling is not None:
        raise CatalogueCorrupt(f"A row of table {dangling[0]} refers to one of {dangling[2]} that is gone.")


def _run(connection: "Connection", revisions: Revisions) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(revisions.folder))
    config.attributes["connection"] = connection
    command.upgrade(config, revisions.head)


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file with the driver alone, in the way that needs the least of it to be in order."""
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}", uri=True, timeout=15)) as raw:
            yield raw
    except sqlite3.Error as error:
        raise _told(error) from error


def _told(error: sqlite3.Error) -> Failure:
    from sqlalchemy.exc import DBAPIError

    from local_server.database.errors import translated

    return translated(DBAPIError(None, None, error)) or CatalogueBusy(str(error))
