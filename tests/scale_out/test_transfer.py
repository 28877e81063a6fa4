"""Everything taken to PostgreSQL and an object store and back, equal row by row and byte by byte."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.engine import make_url

from local_server.audit.log import AuditLog
from local_server.backup.restore import restore
from local_server.backup.service import Backup
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import open_catalogue
from local_server.database.tables import albums, audit_entries, events, nodes, pictures
from local_server.installation import opened
from local_server.settings import Settings
from local_server.transfer import rows
from tests.support.house import PICTURES, busy, furnish, seen
from tests.support.server import command, environment, running
from tests.support.waiting import until

NOW = datetime(2026, 11, 23, 9, 40, 32, 905000, UTC)


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of a furnished installation that nobody changes."""
    data = tmp_path_factory.mktemp("house") / "data"
    furnish(data)
    database = Database(data / "catalogue.db")
    with database.write() as connection:
        # An album stands before the one above it, and a text holds what one engine compares in another way.
        for identifier, above, name in (("a" * 32, "b" * 32, "Zoë"), ("b" * 32, None, "zebra")):
            connection.execute(
                albums.insert().values(
                    id=identifier,
                    parent_id=above,
                    name=name,
                    name_folded=name.lower(),
                    created_at=NOW,
                    created_by="c" * 32,
                )
                if above is None
                else albums.insert().values(
                    id=identifier, name=name, name_folded=name.lower(), created_at=NOW, created_by="c" * 32
                )
            )
        connection.execute(albums.update().where(albums.c.id == "a" * 32).values(parent_id="b" * 32))
    database.close()
    return data


@pytest.fixture
def house(furnished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(furnished, tmp_path / "data"))


def settings_file(path: Path, **settings: str) -> Path:
    path.write_text("# where to\n\n" + "".join(f"{name}={value}\n" for name, value in settings.items()))
    path.chmod(0o600)
    return path


def move(data: Path, to: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    return command(
        *("migrate-store", "--to-settings", str(to), "--data-dir", str(data), "--json"),
        home=data.parent,
        **more,
    )


def tallies(database: Database) -> dict[str, Any]:
    with database.read() as connection:
        return {table.name: rows.tally(connection, table) for table in rows.tables()}


def tallies_at(where: Path | str) -> dict[str, Any]:
    database = Database(where if isinstance(where, Path) else make_url(where))
    try:
        return tallies(database)
    finally:
        database.close()


def objects_in(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data / "blobs").glob("??/??/*")}


@pytest.mark.parametrize("storage", ["folder", "bucket"])
def test_there_and_back_again_everything_is_the_same(
    house: Path, tmp_path: Path, database_url: str, bucket: Mapping[str, str], storage: str
) -> None:
    before, sealed = tallies_at(house / "catalogue.db"), objects_in(house)
    there = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "there")}
    there |= bucket if storage == "bucket" else {}
    done = move(house, settings_file(tmp_path / "there.env", **there))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["tables"]["pictures"]["rows"] == PICTURES
    assert told["objects"]["objects"] == len(sealed)
    assert tallies_at(database_url) == before
    if storage == "folder":
        assert objects_in(tmp_path / "there") == sealed

    # It runs there, ids go on from where they were, and the log is the same chain.
    settings = {name: value for name, value in there.items() if name != "DATA_DIR"}
    with running(tmp_path / "there", **settings) as server:
        seen(server)
        until(lambda: _last_event(database_url) is not None, "the events")
    verified = command(
        *("audit", "verify", "--json", "--data-dir", str(tmp_path / "there")), home=tmp_path, **settings
    )
    assert json.loads(verified.stdout)["intact"] is True
    _forget_nodes(database_url)

    between = tallies_at(database_url)
    back = settings_file(tmp_path / "back.env", DATA_DIR=str(tmp_path / "back"))
    done = move(tmp_path / "there", back, **settings)
    assert done.returncode == 0, done.stderr
    assert tallies_at(tmp_path / "back" / "catalogue.db") == between
    assert objects_in(tmp_path / "back").keys() >= sealed.keys()
    assert sealed.items() <= objects_in(tmp_path / "back").items()
    with running(tmp_path / "back") as server:
        seen(server)


def _last_event(url: str) -> int | None:
    database = Database(make_url(url))
    try:
        with database.read() as connection:
            return (
                connection.execute(select(events.c.sequence).order_by(events.c.sequence.desc()))
                .scalars()
                .first()
            )
    finally:
        database.close()


def _forget_nodes(url: str) -> None:
    database = Database(make_url(url))
    with database.write() as connection:
        connection.execute(nodes.delete())
    database.close()


def test_ids_go_on_after_the_highest(house: Path, tmp_path: Path, database_url: str) -> None:
    done = move(house, settings_file(tmp_path / "there.env", DATABASE_URL=database_url))
    assert done.returncode == 0, done.stderr
    database = Database(make_url(database_url))
    with database.write() as connection:
        last = connection.execute(
            select(events.c.sequence).order_by(events.c.sequence.desc()).limit(1)
        ).scalar()
        made = connection.execute(insert(events).values(time=NOW, kind="test", data={})).inserted_primary_key
    database.close()
    assert made is not None
    assert made[0] == (last or 0) + 1


def test_what_is_in_use_is_left_alone(house: Path, tmp_path: Path, database_url: str) -> None:
    there = settings_file(tmp_path / "there.env", DATABASE_URL=database_url)
    with running(house):
        done = move(house, there)
    assert (done.returncode, "in use" in done.stderr) == (2, True), done.stderr
    database = Database(house / "catalogue.db")
    with database.write() as connection:
        connection.execute(nodes.delete())
        connection.execute(
            insert(nodes).values(
                id="n",
                kind="worker",
                host="elsewhere",
                pid=1,
                version="0",
                started_at=datetime.now(UTC),
                seen_at=datetime.now(UTC),
            )
        )
    database.close()
    done = move(house, there)
    assert (done.returncode, "elsewhere" in done.stderr) == (2, True), done.stderr


def test_a_target_that_is_used_is_refused_and_left_as_it_is(
    house: Path, furnished: Path, tmp_path: Path, database_url: str
) -> None:
    first = settings_file(tmp_path / "there.env", DATABASE_URL=database_url, DATA_DIR=str(tmp_path / "there"))
    assert move(house, first).returncode == 0
    before = tallies_at(database_url)
    again = move(house, first)
    assert (again.returncode, "in use already" in again.stderr) == (2, True), again.stderr
    assert tallies_at(database_url) == before
    other = settings_file(tmp_path / "other.env", DATA_DIR=str(tmp_path / "data"))
    same = move(house, other)
    assert (same.returncode, "where everything is already" in same.stderr) == (2, True), same.stderr


def test_a_target_with_another_key_is_refused(house: Path, tmp_path: Path, database_url: str) -> None:
    key = tmp_path / "master.key"
    key.write_text("A" * 43 + "=")
    there = settings_file(
        tmp_path / "there.env",
        DATABASE_URL=database_url,
        DATA_DIR=str(tmp_path / "there"),
        MASTER_KEY_FILE=str(key),
    )
    done = move(house, there)
    assert (done.returncode, "another master key" in done.stderr) == (2, True), done.stderr


def test_a_file_for_the_key_that_is_not_there_yet_gets_it(
    house: Path, tmp_path: Path, database_url: str
) -> None:
    key = tmp_path / "master.key"
    there = {"DATABASE_URL": database_url, "MASTER_KEY_FILE": str(key)}
    done = move(house, settings_file(tmp_path / "there.env", DATA_DIR=str(tmp_path / "there"), **there))
    assert done.returncode == 0, done.stderr
    assert key.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "there" / "keys" / "where.json").exists()
    with running(tmp_path / "there", **there) as server:
        seen(server)


def test_a_run_that_was_killed_is_begun_again(house: Path, tmp_path: Path, database_url: str) -> None:
    database = Database(house / "catalogue.db")
    log = AuditLog(bytes(32), lambda: NOW)
    with database.write() as connection:
        connection.execute(audit_entries.delete())
        connection.exec_driver_sql("DELETE FROM installation WHERE key = 'audit_head'")
        for number in range(20_000):
            log.record(connection, "test", detail={"number": number})
    database.close()
    before = tallies_at(house / "catalogue.db")
    there = settings_file(tmp_path / "there.env", DATABASE_URL=database_url, DATA_DIR=str(tmp_path / "there"))
    arguments = ("migrate-store", "--to-settings", str(there), "--data-dir", str(house))
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", *arguments],
        env=environment(tmp_path),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "pictures" in process.stderr.readline()
    assert "catalogue" in process.stderr.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert tallies_at(database_url)["pictures"].rows == 0
    other = Path(shutil.copytree(house, tmp_path / "other"))
    with closing(sqlite3.connect(other / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE installation SET value = '\"somebody else\"' WHERE key = 'id'")
    somebody = move(other, there)
    assert (somebody.returncode, "in use already" in somebody.stderr) == (2, True), somebody.stderr
    done = move(house, there)
    assert done.returncode == 0, done.stderr
    assert tallies_at(database_url) == before


def test_a_row_that_the_other_engine_refuses_stops_it_all(
    house: Path, tmp_path: Path, database_url: str
) -> None:
    with closing(sqlite3.connect(house / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE pictures SET title = 'with\\0nothing' || char(0)")
    there = settings_file(tmp_path / "there.env", DATABASE_URL=database_url, DATA_DIR=str(tmp_path / "there"))
    done = move(house, there)
    assert (done.returncode, "Table pictures" in done.stderr) == (2, True), done.stderr
    assert tallies_at(database_url)["pictures"].rows == 0


@pytest.mark.parametrize(
    ("content", "mode", "word"),
    [
        ("DATABASE_URL", 0o600, "line 1"),
        ("DATABASE_UL=x", 0o600, "no setting DATABASE_UL"),
        ("LOG_LEVEL=info", 0o640, "read by others"),
        ("LOG_LEVEL=loud", 0o600, "LOG_LEVEL"),
    ],
)
def test_a_file_of_settings_is_checked(
    house: Path, tmp_path: Path, content: str, mode: int, word: str
) -> None:
    path = tmp_path / "there.env"
    path.write_text(content)
    path.chmod(mode)
    done = move(house, path)
    assert (done.returncode, word in done.stderr) == (2, True), done.stderr


def test_a_backup_of_the_larger_house_is_restored_into_either(
    house: Path, tmp_path: Path, database_url: str, bucket: Mapping[str, str]
) -> None:
    there = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "there")} | dict(bucket)
    assert move(house, settings_file(tmp_path / "there.env", **there)).returncode == 0
    settings = Settings.load(there)
    passphrase, file = b"eleven quiet otters at noon", tmp_path / "backup.vault"

    def now() -> datetime:
        return datetime.now(UTC)

    with opened(settings, make=False) as installation:
        before = tallies(installation.database)
        made = Backup(installation, AuditLog(installation.keys.derive("audit"), now), now).make(
            file, passphrase, 10
        )
    assert (made.missing, made.damaged) == ([], [])
    done = restore(file, passphrase, Settings(data_dir=tmp_path / "small"), None, now)
    assert (done.audit.intact, done.missing, done.damaged) == (True, [], [])
    after = tallies_at(tmp_path / "small" / "catalogue.db")
    changed = {name for name in before if before[name] != after[name]}
    # A restore ends every session.
    assert changed == {"audit_entries", "installation", "refresh_tokens", "viewing_sessions"}
    with running(tmp_path / "small") as server:
        seen(server)


def test_a_backup_of_a_busy_larger_house_is_of_one_moment(
    house: Path, tmp_path: Path, database_url: str
) -> None:
    there = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path / "there")}
    assert move(house, settings_file(tmp_path / "there.env", **there)).returncode == 0
    secret = str(_private(tmp_path, b"eleven quiet otters at noon"))
    file, small = str(tmp_path / "backup.vault"), tmp_path / "small"
    with running(tmp_path / "there", DATABASE_URL=database_url) as server, busy(server):
        made = command(
            *("backup", file, "--passphrase-file", secret, "--data-dir", str(tmp_path / "there")),
            home=tmp_path,
            DATABASE_URL=database_url,
        )
        assert made.returncode == 0, made.stderr
    done = command(
        *("restore", file, "--passphrase-file", secret, "--data-dir", str(small), "--json"), home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["audit_intact"] is True
    with closing(sqlite3.connect(small / "catalogue.db")) as raw:
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        reports = raw.execute("SELECT count(*), count(audit_sequence) FROM violations").fetchone()
        assert reports[0] == reports[1]


def test_a_backup_of_the_embedded_one_is_restored_into_the_larger_house(
    house: Path, tmp_path: Path, database_url: str, bucket: Mapping[str, str]
) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    passphrase, file = b"eleven quiet otters at noon", tmp_path / "backup.vault"
    with opened(Settings(data_dir=house), make=False) as installation:
        Backup(installation, AuditLog(installation.keys.derive("audit"), now), now).make(file, passphrase, 10)
    larger = {"DATABASE_URL": database_url} | dict(bucket)
    settings = Settings.load(larger, data_dir=tmp_path / "large")
    done = restore(file, passphrase, settings, None, now)
    assert (done.audit.intact, done.missing, done.damaged) == (True, [], [])
    assert not (tmp_path / "large" / "catalogue.db").exists()
    with running(tmp_path / "large", **larger) as server:
        seen(server)
    # Another time there is something already.
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(tmp_path / "large")
    again = command(
        *("restore", str(file), "--passphrase-file", str(_private(tmp_path, passphrase))),
        *("--data-dir", str(tmp_path / "large")),
        home=tmp_path,
        **larger,
    )
    assert (again.returncode, "in use already" in again.stderr) == (2, True), again.stderr


def _private(folder: Path, passphrase: bytes) -> Path:
    path = folder / "passphrase"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(passphrase)
    return path


def test_tallies_see_every_column(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.prepare()
    database = open_catalogue(data)
    with database.write() as connection:
        connection.execute(
            pictures.insert().values(
                id="a" * 32,
                content_hash="b" * 64,
                status="ready",
                bytes=1,
                added_at=NOW,
                sort_at=NOW,
                camera={"a": 1},
            )
        )
    before = tallies(database)["pictures"]
    with database.write() as connection:
        connection.execute(pictures.update().values(camera={"a": 1.0}))
    after = tallies(database)["pictures"]
    database.close()
    assert before.rows == after.rows == 1
    assert before != after
