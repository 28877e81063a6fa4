"""From every released level to the newest in one step, on both engines; one that dies undoes itself."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, inspect, select, text
from sqlalchemy.engine import URL

from local_server.audit.log import AuditLog
from local_server.data_directory import DataDirectory
from local_server.database import migrate
from local_server.database.engine import Database
from local_server.database.errors import CatalogueCorrupt, CatalogueNewer
from local_server.database.migrate import RELEASED, Revisions, bring_up_to_date
from local_server.database.tables import (
    audit_entries,
    events,
    installation,
    metadata,
    pictures,
    places,
    violations,
)
from tests.support.engines import ENGINES, address
from tests.support.filling import fill, identifier
from tests.support.parts.fixtures import Parts
from tests.support.server import ROOT, environment
from tests.support.waiting import until

KEY = bytes(32)
NOW = datetime(2026, 11, 23, 9, 40, 32, tzinfo=UTC)
EACH = 40
LARGE = 50_000

Where = tuple[DataDirectory, Path | URL]


@pytest.fixture(params=ENGINES)
def where(request: pytest.FixtureRequest, tmp_path: Path, parts: Parts) -> Iterator[Where]:
    """Return where a catalogue can be made, on each engine."""
    with address(request.param, tmp_path / "data", parts) as found:
        yield DataDirectory(tmp_path / "data"), found


def up_to(place: Where, revisions: Revisions = RELEASED) -> str | None:
    data, found = place
    return bring_up_to_date(data, found if isinstance(found, URL) else None, revisions)


@contextmanager
def opened(place: Where) -> Iterator[Database]:
    database = Database(place[1])
    try:
        yield database
    finally:
        database.close()


def level(revision: str) -> Revisions:
    """Return the migrations as the version of that revision had them."""
    return Revisions(RELEASED.folder, revision, RELEASED.known[: RELEASED.known.index(revision) + 1])


def with_one_more(folder: Path, upgrade: str) -> Revisions:
    """Return our migrations and one more, whose `upgrade` has these lines."""
    copy = folder / "migrations"
    shutil.copytree(RELEASED.folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / "9999_more.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision = "9999"\ndown_revision = "{migrate.HEAD}"\nbranch_labels = None\ndepends_on = None\n\n\n'
        "def upgrade() -> None:\n" + "".join(f"    {line}\n" for line in upgrade.splitlines())
    )
    return Revisions(copy, "9999", (*RELEASED.known, "9999"))


def contents(connection: Connection, columns: Mapping[str, Sequence[str]]) -> dict[str, Sequence[Any]]:
    """Return the rows of tables, with the columns that are named."""
    return {
        name: connection.execute(
            select(*(metadata.tables[name].c[column] for column in names)).order_by(
                *metadata.tables[name].primary_key.columns
            )
        ).all()
        for name, names in columns.items()
    }


def known_columns(connection: Connection) -> dict[str, list[str]]:
    there = inspect(connection)
    return {
        name: sorted(column["name"] for column in there.get_columns(name))
        for name in there.get_table_names()
        if name != "alembic_version"
    }


@pytest.mark.parametrize("revision", RELEASED.known[:-1])
def test_every_level_comes_to_the_newest_in_one_step_with_all_its_rows(where: Where, revision: str) -> None:
    assert up_to(where, level(revision)) is None
    with opened(where) as database:
        log = AuditLog(KEY, lambda: NOW)
        with database.write() as connection:
            columns = known_columns(connection)
            fill(connection, {name: EACH for name in columns if name != "audit_entries"})
            for number in range(EACH):
                log.record(connection, "capture_attempt", detail={"violation": identifier(number)})
        with database.read() as connection:
            before = contents(connection, columns)
            assert all(before.values()), "each table has rows"

    assert up_to(where) == revision

    with opened(where) as database:
        with database.read() as connection:
            assert contents(connection, columns) == before
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
            assert log.verify(connection).intact
            linked = connection.execute(
                select(violations.c.id, violations.c.audit_sequence).order_by(violations.c.id)
            ).all()
            assert [tuple(row) for row in linked] == [(identifier(n), n + 1) for n in range(EACH)]
        with database.write() as connection:
            # A new row finds its number.
            key = connection.execute(
                insert(events).values(time=NOW, kind="test", data={})
            ).inserted_primary_key
            assert key is not None
    data, found = where
    copies = list(data.snapshots.glob("*.db")) if data.snapshots.exists() else []
    assert len(copies) == (1 if isinstance(found, Path) else 0)
    for copy in copies:
        with closing(sqlite3.connect(copy)) as raw:
            assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == (revision,)
            assert raw.execute("SELECT count(*) FROM pictures").fetchone() == (EACH,)


def test_from_empty_the_migrations_make_the_tables(where: Where) -> None:
    assert up_to(where) is None
    with opened(where) as database, database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert up_to(where) == migrate.HEAD


def test_the_old_program_refuses_a_newer_catalogue_and_leaves_it(where: Where, tmp_path: Path) -> None:
    newer = with_one_more(
        tmp_path, 'op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))'
    )
    up_to(where, newer)
    with pytest.raises(CatalogueNewer, match="9999"):
        up_to(where)
    with opened(where) as database:
        with pytest.raises(CatalogueNewer):
            migrate.check_current(database)
        with database.read() as connection:
            assert inspect(connection).has_table("later")
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


REBUILD = """\
with op.batch_alter_table("pictures", recreate="auto") as batch:
    batch.add_column(sa.Column("more", sa.Text(), nullable=False, server_default="x"))
    batch.alter_column("title", type_=sa.String(300))
op.execute("UPDATE events SET kind = 'changed'")
op.execute("DELETE FROM installation")
"""


def small_house(where: Where) -> None:
    up_to(where)
    with opened(where) as database, database.write() as connection:
        fill(connection, {"events": LARGE, "pictures": EACH, "places": EACH, "installation": 3})


def assert_as_before(where: Where) -> None:
    """See that the program of before works on, and that nothing of the migration stayed."""
    assert up_to(where) == migrate.HEAD
    with opened(where) as database:
        with database.read() as connection:
            assert connection.execute(select(func.count()).select_from(events)).scalar() == LARGE
            kinds = connection.execute(select(func.count(events.c.kind.distinct()))).scalar()
            assert kinds == LARGE
            assert len(connection.execute(select(installation)).all()) == 4
            columns = {column["name"] for column in inspect(connection).get_columns("pictures")}
            assert "more" not in columns
            assert connection.execute(select(func.count()).select_from(places)).scalar() == EACH
        with database.write() as connection:
            connection.execute(insert(events).values(time=NOW, kind="test", data={}))
            connection.execute(events.delete().where(events.c.kind == "test"))


def test_a_migration_that_fails_half_way_is_undone(where: Where, tmp_path: Path) -> None:
    small_house(where)
    failing = with_one_more(tmp_path, REBUILD + 'raise RuntimeError("half-way")')
    with pytest.raises(RuntimeError, match="half-way"):
        up_to(where, failing)
    assert_as_before(where)


def test_a_table_that_others_refer_to_can_be_made_anew(where: Where, tmp_path: Path) -> None:
    small_house(where)
    up_to(where, with_one_more(tmp_path, REBUILD))
    with opened(where) as database, database.write() as connection:
        assert connection.execute(text("SELECT count(*) FROM pictures WHERE more = 'x'")).scalar() == EACH
        assert connection.execute(select(func.count()).select_from(places)).scalar() == EACH
    # The references are watched over again: none can be left hanging.
    with (
        opened(where) as database,
        pytest.raises(Exception, match=r"(?i)foreign key"),
        database.write() as connection,
    ):
        connection.execute(pictures.delete())


def test_a_migration_that_leaves_references_hanging_is_undone(tmp_path: Path) -> None:
    where = DataDirectory(tmp_path / "data"), tmp_path / "data" / "catalogue.db"
    where[0].prepare()
    small_house(where)
    with pytest.raises(CatalogueCorrupt, match="places"):
        up_to(where, with_one_more(tmp_path, 'op.execute("DELETE FROM pictures")'))
    assert_as_before(where)


UPGRADE = """
import sys
from pathlib import Path
from sqlalchemy.engine import make_url
from local_server.data_directory import DataDirectory
from local_server.database.migrate import RELEASED, Revisions, bring_up_to_date

url = sys.stdin.readline().strip()
revisions = Revisions(Path(sys.argv[1]), "9999", (*RELEASED.known, "9999"))
bring_up_to_date(DataDirectory(Path(sys.argv[2])), make_url(url) if url else None, revisions)
"""


def test_a_migration_that_is_killed_half_way_is_undone(where: Where, tmp_path: Path) -> None:
    small_house(where)
    data, found = where
    marker = tmp_path / "half-way"
    slow = with_one_more(
        tmp_path, REBUILD + f"import pathlib, time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", UPGRADE, str(slow.folder), str(data.root)],
        env=environment(tmp_path),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(
        (found.render_as_string(hide_password=False) if isinstance(found, URL) else "") + "\n"
    )
    process.stdin.flush()
    try:
        until(lambda: marker.exists() or process.poll() is not None, "the migration to be half-way")
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert_as_before(where)
    # And the next attempt of the newer program gets to its end.
    shutil.rmtree(slow.folder)
    up_to(where, with_one_more(tmp_path, REBUILD))
    with opened(where) as database, database.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
        assert connection.execute(select(func.count()).select_from(audit_entries)).scalar() == 0
