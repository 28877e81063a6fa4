"""A backup while the server runs, every way to damage it, and an installation made from it."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local_server.audit.log import AuditLog
from local_server.backup import envelope, service
from local_server.backup.errors import (
    BackupDamaged,
    BackupExists,
    BackupNewer,
    NotABackup,
    PassphraseUnfit,
    WrongPassphrase,
)
from local_server.backup.restore import SETTINGS_FILE, restore
from local_server.installation import opened
from local_server.settings import Settings
from local_server.storage.errors import DiskFull
from local_server.transfer import objects
from local_server.transfer.errors import NotEmpty
from tests.support.house import PICTURES, busy, furnish, seen
from tests.support.server import command, running

PASSPHRASE = b"eleven quiet otters at noon"
# As quick as the format allows: what guards the passphrase is not what is tested here.
COST = 10


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of a furnished installation that nobody changes."""
    data = tmp_path_factory.mktemp("house") / "data"
    furnish(data)
    return data


@contextmanager
def backing_up(data: Path) -> Iterator[service.Backup]:
    with opened(Settings(data_dir=data), make=False) as installation:
        yield service.Backup(installation, AuditLog(installation.keys.derive("audit"), now), now)


@pytest.fixture(scope="module")
def backup(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of it."""
    path = tmp_path_factory.mktemp("backups") / "backup.vault"
    with backing_up(house) as backups:
        made = backups.make(path, PASSPHRASE, COST)
    assert (made.missing, made.damaged) == ([], [])
    assert made.objects > 2 * PICTURES
    return path


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE + b"\n")
    path.chmod(0o600)
    return path


def test_one_command_each_while_the_server_runs(house: Path, tmp_path: Path, passphrase_file: Path) -> None:
    file, new = tmp_path / "backup.vault", tmp_path / "new"
    secret = ("--passphrase-file", str(passphrase_file))
    with running(house) as server:
        ids = seen(server)
        with busy(server):
            made = command("backup", str(file), *secret, "--data-dir", str(house), "--json", home=tmp_path)
        assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    verified = command("backup", "verify", str(file), *secret, home=tmp_path)
    assert (verified.returncode, "is whole" in verified.stdout) == (0, True), verified.stderr
    restored = command("restore", str(file), *secret, "--data-dir", str(new), home=tmp_path)
    assert (restored.returncode, "verifies" in restored.stdout) == (0, True), restored.stderr
    audit = command("audit", "verify", "--json", "--data-dir", str(new), home=tmp_path)
    assert json.loads(audit.stdout)["intact"] is True
    with opened(Settings(data_dir=new), make=False) as installation:
        names = objects.names(installation.blobs)
        assert len(names) == json.loads(made.stdout)["objects"]
        assert all(objects.opens(installation.blobs, name) for name in names)
    with closing(sqlite3.connect(new / "catalogue.db")) as raw:
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        # What a row of that moment names is in the backup, and no report is there by half.
        reports = raw.execute("SELECT count(*), count(audit_sequence) FROM violations").fetchone()
        assert reports[0] == reports[1]
    with running(new) as server:
        assert sorted(seen(server)) == sorted(ids)
    kinds = command(
        "audit", "list", "--kind", "backup_restored", "--json", "--data-dir", str(new), home=tmp_path
    )
    assert len(kinds.stdout.splitlines()) == 1
    again = command("restore", str(file), *secret, "--data-dir", str(new), home=tmp_path)
    assert (again.returncode, "not empty" in again.stderr) == (2, True)


def test_every_damaged_byte_is_refused_and_nothing_is_left(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    copy = tmp_path / "damaged"
    size = len(content)
    header = range(envelope.HEADER + 11)
    middle = range(envelope.HEADER + 11, size, size // 60)
    for position in (*header, *middle, *range(size - 20, size)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << position % 8
        # Another cost would be another key, and may be a very slow one.
        if position == len(envelope.MAGIC) + 1:
            damaged[position] = COST + 1
        copy.write_bytes(damaged)
        with pytest.raises((BackupDamaged, WrongPassphrase, NotABackup, BackupNewer)):
            service.verify(copy, PASSPHRASE)
    for position in (envelope.HEADER + 100, size // 2, size - 1):
        damaged = bytearray(content)
        damaged[position] ^= 1
        copy.write_bytes(damaged)
        with pytest.raises(BackupDamaged):
            restore(copy, PASSPHRASE, Settings(data_dir=tmp_path / "new"), None, now)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged"]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda content: content[:-1],
        lambda content: content[:-16],
        lambda content: content[: len(content) // 2],
        lambda content: content[: envelope.HEADER + 11],
        lambda content: content[: envelope.HEADER],
        lambda content: content[:20],
        lambda content: b"",
        lambda content: content + b"\0",
        lambda content: content + content,
        lambda content: content[: envelope.HEADER + 11] + content[envelope.HEADER + 11 + (1 << 20) + 16 :],
    ],
    ids=["one", "tag", "half", "stream", "header", "salt", "all", "longer", "twice", "chunk"],
)
def test_a_cut_or_lengthened_backup_is_refused(
    backup: Path, tmp_path: Path, tamper: Callable[[bytes], bytes]
) -> None:
    copy = tmp_path / "damaged"
    copy.write_bytes(tamper(backup.read_bytes()))
    with pytest.raises((BackupDamaged, NotABackup)):
        service.verify(copy, PASSPHRASE)


def test_another_passphrase_is_refused(backup: Path) -> None:
    with pytest.raises(WrongPassphrase):
        service.verify(backup, PASSPHRASE + b"!")


@pytest.mark.parametrize("text", ["", "short", "eleven chars\nand a second line"])
def test_an_unfit_passphrase_is_refused(text: str) -> None:
    with pytest.raises(PassphraseUnfit):
        envelope.passphrase_of(text)


def test_a_file_that_cannot_be_used_is_told_for_what_it_is(
    backup: Path, tmp_path: Path, passphrase_file: Path
) -> None:
    gone = command(
        "backup", "verify", str(tmp_path / "gone"), "--passphrase-file", str(passphrase_file), home=tmp_path
    )
    assert (gone.returncode, "That is not a backup" in gone.stderr) == (2, True), gone.stderr
    passphrase_file.chmod(0o644)
    shared = command(
        "backup", "verify", str(backup), "--passphrase-file", str(passphrase_file), home=tmp_path
    )
    assert (shared.returncode, "chmod 600" in shared.stderr) == (2, True), shared.stderr
    assert "settings" not in shared.stderr


def test_nothing_of_the_installation_can_be_read_in_it(house: Path, backup: Path) -> None:
    content = backup.read_bytes()
    assert b"SQLite format" not in content
    assert b"geese" not in content
    with opened(Settings(data_dir=house), make=False) as installation:
        assert installation.keys.reveal() not in content
        assert installation.id.encode() not in content


def test_what_is_there_is_not_overwritten(house: Path, tmp_path: Path, passphrase_file: Path) -> None:
    file = tmp_path / "backup.vault"
    file.write_text("kept")
    with backing_up(house) as backups, pytest.raises(BackupExists):
        backups.make(file, PASSPHRASE, COST)
    assert file.read_text() == "kept"
    passphrase_file.chmod(0o644)
    open_to_all = command(
        *("backup", str(tmp_path / "other"), "--passphrase-file", str(passphrase_file)),
        *("--data-dir", str(house)),
        home=tmp_path,
    )
    assert (open_to_all.returncode, "read by others" in open_to_all.stderr) == (2, True)


def test_a_full_disk_leaves_nothing_behind(house: Path, tmp_path: Path) -> None:
    class Full(service.Backup):
        """Finds no room half-way, as the file system would say it."""

        def _write_objects(self, writer: object) -> service.Made:
            raise OSError(28, os.strerror(28))

    with opened(Settings(data_dir=house), make=False) as installation:
        backups = Full(installation, AuditLog(installation.keys.derive("audit"), now), now)
        with pytest.raises(DiskFull):
            backups.make(tmp_path / "backup.vault", PASSPHRASE, COST)
    assert list(tmp_path.iterdir()) == []
    assert list(house.glob(".backup-*")) == []


def test_a_link_at_the_half_written_file_is_not_followed(house: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("kept")
    (tmp_path / ".backup.vault.partial").symlink_to(tmp_path / "other")
    with backing_up(house) as backups:
        backups.make(tmp_path / "backup.vault", PASSPHRASE, COST)
    assert (tmp_path / "other").read_text() == "kept"
    assert service.verify(tmp_path / "backup.vault", PASSPHRASE).objects > 0


def test_what_was_lost_or_damaged_before_is_named(house: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(house, tmp_path / "data"))
    lost, damaged = sorted(data.glob("blobs/??/??/*"))[:2]
    lost.unlink()
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"\0")
    with backing_up(data) as backups:
        made = backups.make(tmp_path / "backup.vault", PASSPHRASE, COST)
    assert (made.missing, made.damaged) == ([lost.name], [damaged.name])
    done = restore(tmp_path / "backup.vault", PASSPHRASE, Settings(data_dir=tmp_path / "new"), None, now)
    assert (done.missing, done.damaged) == ([lost.name], [damaged.name])
    assert done.audit.intact


def test_settings_come_along_and_secrets_do_not(house: Path, tmp_path: Path) -> None:
    settings = Settings.load(
        {
            "PICTURE_RATE": "7/second",
            "TRUSTED_PROXIES": "10.0.0.0/8",
            "METRICS_TOKEN": "very-secret",
            "DATA_DIR": str(house),
        }
    )
    with opened(settings, make=False) as installation:
        backups = service.Backup(installation, AuditLog(installation.keys.derive("audit"), now), now)
        backups.make(tmp_path / "backup.vault", PASSPHRASE, COST)
    restore(tmp_path / "backup.vault", PASSPHRASE, Settings(data_dir=tmp_path / "new"), None, now)
    written = (tmp_path / "new" / SETTINGS_FILE).read_text()
    assert written == "PICTURE_RATE=7/second\nTRUSTED_PROXIES=10.0.0.0/8\n"


def test_a_backup_of_a_newer_version_is_refused(house: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(house, tmp_path / "data"))

    class Newer(service.Backup):
        """What a later version would say of its catalogue."""

        revision = "0999"

    with opened(Settings(data_dir=data), make=False) as installation:
        backups = Newer(installation, AuditLog(installation.keys.derive("audit"), now), now)
        backups.make(tmp_path / "backup.vault", PASSPHRASE, COST)
    with pytest.raises(BackupNewer):
        restore(tmp_path / "backup.vault", PASSPHRASE, Settings(data_dir=tmp_path / "new"), None, now)
    assert not (tmp_path / "new").exists()


def test_nobody_stays_signed_in_through_a_restore(backup: Path, tmp_path: Path) -> None:
    restore(backup, PASSPHRASE, Settings(data_dir=tmp_path / "new"), None, now)
    with closing(sqlite3.connect(tmp_path / "new" / "catalogue.db")) as raw:
        assert raw.execute("SELECT count(*) FROM refresh_tokens").fetchone()[0] > 0
        assert raw.execute("SELECT count(*) FROM refresh_tokens WHERE revoked_at IS NULL").fetchone() == (0,)
        assert raw.execute("SELECT count(*) FROM viewing_sessions").fetchone()[0] > 0
        assert raw.execute("SELECT count(*) FROM viewing_sessions WHERE ended_at IS NULL").fetchone() == (0,)


def test_a_folder_with_something_in_it_is_no_target(backup: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    (new / "note").touch()
    with pytest.raises(NotEmpty):
        restore(backup, PASSPHRASE, Settings(data_dir=new), None, now)
    (new / "note").unlink()
    assert restore(backup, PASSPHRASE, Settings(data_dir=new), None, now).audit.intact
