"""Take a whole installation elsewhere: from the embedded parts to a house of many machines, or back."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select

from local_server.data_directory import AlreadyRunning, DataDirectory
from local_server.database.engine import Database
from local_server.database.tables import installation, nodes
from local_server.installation import Installation, opened
from local_server.settings import Settings
from local_server.storage.errors import KeyWrong
from local_server.storage.keys import Keys, KeyStore
from local_server.transfer import objects, rows
from local_server.transfer.errors import InUse, NotEmpty, NotTheSame, OtherKey, SamePlace
from local_server.transfer.objects import Objects
from local_server.transfer.rows import Tally

# At the target while a transfer is under way; its value is the source's id.
MARK: Final = "transfer_from"
ALIVE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Transferred:
    """What is the same on both sides, counted and hashed on each."""

    tables: dict[str, Tally]
    objects: Objects


@contextmanager
def alone(data: DataDirectory) -> Iterator[None]:
    """Hold off every server and worker of a data directory. Raises InUse."""
    with ExitStack() as stack:
        try:
            for name in ("server", "worker"):
                stack.enter_context(data.hold(name))
        except AlreadyRunning as running:
            raise InUse(f"{data.root}: {running.detail}") from running
        yield


@contextmanager
def opened_target(
    source: Installation, settings: Settings, key_store: KeyStore | None
) -> Iterator[Installation]:
    """Open where everything is to go, under the source's key. Raises SamePlace, OtherKey or InUse."""
    here = source.settings
    same_directory = settings.data_dir == here.data_dir
    if settings.catalogue_url == here.catalogue_url and (same_directory or here.catalogue_url is not None):
        raise SamePlace(f"Both have their catalogue in {source.database.kind} at the same place.")
    data = DataDirectory(settings.data_dir)
    data.prepare()
    with ExitStack() as stack:
        if not same_directory:
            stack.enter_context(alone(data))
        try:
            Keys.hand_over(source.keys, data.root, key_store, settings.master_key_file)
        except KeyWrong as wrong:
            raise OtherKey(wrong.detail) from wrong
        yield stack.enter_context(opened(settings))


def transfer(
    source: Installation, target: Installation, clock: Callable[[], datetime], say: Callable[[str], None]
) -> Transferred:
    """Copy objects, then rows in one transaction, and compare both sides; the source stays as it is.

    Broken off, it can be begun again: the target's mark says whose objects are there. Raises InUse, NotEmpty,
    NotMovable or NotTheSame.
    """
    refuse_while_used(source.database, clock())
    for data in (source.data, target.data):
        objects.sweep(data)
    shared = objects.same_store(source.settings, target.settings)
    _begin(source, target, shared=shared)
    if not shared:
        say("Copying the sealed pictures.")
        objects.copy(source, target)
    say("Copying the catalogue.")
    tables = copy_rows(source.database, target.database)
    say("Comparing what arrived.")
    refuse_while_used(source.database, clock())
    before = objects.tally(source)
    after = before if shared else objects.tally(target)
    if before != after:
        raise NotTheSame(f"There are {before.objects} objects at the source, {after.objects} at the target.")
    return Transferred(tables, before)


def copy_rows(source: Database, target: Database) -> dict[str, Tally]:
    """Copy every table in one transaction, which is undone where one side does not equal the other.

    Raises NotEmpty, NotMovable or NotTheSame.
    """
    tallies = {}
    with source.read() as there, target.write() as here:
        if not rows.is_fresh(here, frozenset({MARK})):
            raise NotEmpty(f"The {target.kind} database of the target is in use already.")
        rows.copy_all(there, here)
        for table in rows.tables():
            sent, arrived = rows.tally(there, table), rows.tally(here, table)
            if sent != arrived:
                raise NotTheSame(f"Table {table.name} has {sent.rows} rows at the source.")
            tallies[table.name] = sent
    return tallies


def refuse_while_used(database: Database, now: datetime) -> None:
    """Raise InUse where a server or worker has said lately that it lives, on whatever machine."""
    with database.read() as connection:
        alive = connection.execute(
            select(nodes.c.kind, nodes.c.host, nodes.c.pid).where(nodes.c.seen_at > now - ALIVE).limit(1)
        ).one_or_none()
    if alive is not None:
        raise InUse(f"A {alive.kind} runs on {alive.host} as process {alive.pid}.")


def _begin(source: Installation, target: Installation, *, shared: bool) -> None:
    with target.database.write() as connection:
        if _marked(connection) == source.id:
            return
        if not rows.is_fresh(connection):
            raise NotEmpty(f"The {target.database.kind} database of the target is in use already.")
        if not shared and next(iter(objects.names(target.blobs)), None) is not None:
            raise NotEmpty("There are sealed pictures at the target already.")
        connection.execute(insert(installation).values(key=MARK, value=source.id))


def _marked(connection: Connection) -> str | None:
    """Return whose transfer was begun; none once rows have come, which take the mark's place."""
    if rows.has_rows(connection):
        return None
    return connection.execute(
        select(installation.c.value).where(installation.c.key == MARK)
    ).scalar_one_or_none()
