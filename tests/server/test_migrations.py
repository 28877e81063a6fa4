"""Migrations and tables agree, an upgrade keeps a copy, and odd files are refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, select

from local_server.data_directory import DataDirectory
from local_server.database import migrate
from local_server.database.engine import Database
from local_server.database.errors import CatalogueCorrupt, CatalogueNewer
from local_server.database.tables import installation, metadata
from local_server.storage.errors import DiskFull
from tests.support.server import command


@pytest.fixture
def data(data_dir: Path) -> DataDirectory:
    directory = DataDirectory(data_dir)
    directory.prepare()
    return directory


def test_from_an_empty_file_the_migrations_make_exactly_the_tables(data: DataDirectory) -> None:
    database = migrate.open_catalogue(data)
    try:
        with database.read() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, metadata) == []
            assert _written(connection) == _created(data.root / "made-from-tables.db")
    finally:
        database.close()


def _written(connection: Connection) -> dict[str, int]:
    """Return each table with the number of its indexes, automatic ones for unique columns included."""
    return {
        name: len(connection.exec_driver_sql(f"PRAGMA index_list({name})").fetchall())
        for name in metadata.tables
    }


def _created(path: Path) -> dict[str, int]:
    database = Database(path)
    try:
        with database.write() as connection:
            metadata.create_all(connection)
            return _written(connection)
    finally:
        database.close()


def test_head_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == migrate.HEAD
    assert {script.revision for script in scripts.walk_revisions()} == set(migrate.KNOWN)


def test_a_second_opening_changes_nothing(data: DataDirectory) -> None:
    first = migrate.open_catalogue(data)
    identifier = migrate.installation_id(first)
    first.close()
    before = data.catalogue.read_bytes()
    assert migrate.bring_up_to_date(data) == migrate.HEAD
    assert data.catalogue.read_bytes() == before
    second = migrate.open_catalogue(data)
    assert migrate.installation_id(second) == identifier
    second.close()
    assert not data.snapshots.exists()


def test_an_upgrade_of_an_existing_catalogue_keeps_a_copy_of_it(data: DataDirectory) -> None:
    database = migrate.open_catalogue(data)
    with database.write() as connection:
        connection.execute(insert(installation).values(key="kept", value="yes"))
    database.close()
    # The first revision has none before it; a label that Alembic knows as "base" stands for an older one.
    copy = migrate.snapshot(data, "base")
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("SELECT value FROM installation WHERE key = 'kept'").fetchone() == ('"yes"',)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_only_the_newest_copies_are_kept(data: DataDirectory) -> None:
    migrate.open_catalogue(data).close()
    copies = [migrate.snapshot(data, f"label{number}") for number in range(5)]
    kept = sorted(data.snapshots.iterdir())
    assert kept == copies[-migrate.KEPT_SNAPSHOTS :]


def test_a_newer_catalogue_is_left_as_it_is(data: DataDirectory) -> None:
    migrate.open_catalogue(data).close()
    with closing(sqlite3.connect(data.catalogue)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
        raw.commit()
    before = data.catalogue.read_bytes()
    with pytest.raises(CatalogueNewer, match="0999"):
        migrate.open_catalogue(data)
    assert data.catalogue.read_bytes() == before


def test_damage_that_comes_later_is_an_outage_too(data: DataDirectory) -> None:
    migrate.open_catalogue(data).close()
    content = bytearray(data.catalogue.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    data.catalogue.write_bytes(content)
    database = Database(data.catalogue)
    try:
        with pytest.raises(CatalogueCorrupt), database.read() as connection:
            connection.execute(select(installation)).all()
    finally:
        database.close()


def test_a_full_disk_is_an_outage_and_nothing_is_half_written(data: DataDirectory) -> None:
    database = migrate.open_catalogue(data)
    try:
        with pytest.raises(DiskFull):
            _fill(database)
    finally:
        database.close()
    again = Database(data.catalogue)
    with again.read() as connection:
        assert connection.execute(select(installation.c.key).where(installation.c.key == "large")).all() == []
    again.close()


def _fill(database: Database) -> None:
    with database.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        connection.execute(insert(installation).values(key="large", value="x" * 100_000))


def test_the_command_says_what_it_did(data_dir: Path) -> None:
    first = command("migrate", "--data-dir", str(data_dir), home=data_dir.parent)
    assert (first.returncode, "(new)" in first.stdout) == (0, True)
    again = command("migrate", "--json", "--data-dir", str(data_dir), home=data_dir.parent)
    assert again.stdout == f'{{"before": "{migrate.HEAD}", "after": "{migrate.HEAD}", "changed": false}}\n'
