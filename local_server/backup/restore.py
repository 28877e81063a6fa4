"""Make an installation from a backup, whole or not at all."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, update

from local_server.audit.checkpoint import PURPOSE, Signer
from local_server.audit.log import AuditLog
from local_server.audit.walk import Verification
from local_server.backup import archive, envelope
from local_server.backup.errors import BackupDamaged, BackupNewer
from local_server.backup.service import Verified, verify
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import KNOWN, bring_up_to_date
from local_server.database.tables import (
    nodes,
    refresh_tokens,
    reset_codes,
    sign_in_flows,
    viewing_sessions,
)
from local_server.installation import Installation, opened
from local_server.settings import Settings
from local_server.storage.errors import KeyWrong, write_failure
from local_server.storage.keys import Keys, KeyStore
from local_server.storage.store import NAME
from local_server.transfer import objects, rows
from local_server.transfer.errors import NotEmpty, OtherKey
from local_server.transfer.service import copy_rows

# Written beside the catalogue: what the installation ran with, its secrets left out.
SETTINGS_FILE: Final = "settings-of-the-backup.env"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, what of it does not open, and whether its audit log verifies."""

    backup: Verified
    damaged: list[str]
    missing: list[str]
    audit: Verification


def restore(
    backup: Path,
    passphrase: bytes,
    settings: Settings,
    key_store: KeyStore | None,
    clock: Callable[[], datetime],
) -> Restored:
    """Restore into the data directory of the settings, which must be new, and into their database and bucket.

    The backup is read to its end before anything is written. Everybody has to sign in anew: what was revoked
    since the backup must not come back to life. Raises NotEmpty, BackupNewer, OtherKey and all that `verify`
    does.
    """
    target = settings.data_dir
    if target.exists() and (not target.is_dir() or next(target.iterdir(), None) is not None):
        raise NotEmpty(f"{target} is not empty.")
    found = verify(backup, passphrase)
    if found.manifest.get("revision") not in KNOWN:
        raise BackupNewer(f"Its catalogue has revision {found.manifest.get('revision')}.")
    with _staging(target) as staging:
        staged = settings.model_copy(update={"data_dir": staging})
        return _fill(backup, passphrase, staged, key_store, clock, found)


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Make a directory that becomes the target when the block has done well, and is gone where it has not."""
    staging = target.with_name(f".{target.name}.restoring")
    shutil.rmtree(staging, ignore_errors=True)  # of one that was killed
    try:
        staging.mkdir(mode=0o700, parents=True)
        yield staging
        if target.exists():
            target.rmdir()
        staging.rename(target)
    except OSError as error:
        raise write_failure(error, target) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fill(
    backup: Path,
    passphrase: bytes,
    settings: Settings,
    key_store: KeyStore | None,
    clock: Callable[[], datetime],
    found: Verified,
) -> Restored:
    data = DataDirectory(settings.data_dir)
    data.prepare()
    with backup.open("rb") as file:
        parts = archive.parts(envelope.opening(file, passphrase))
        for part in parts:
            if part.kind == archive.KEY:
                _take_key(settings, key_store, part.whole())
            elif part.kind == archive.SETTINGS:
                _write_settings(data.root, part.document())
            elif part.kind == archive.CATALOGUE:
                _write_catalogue(data, part.content)
                break
        if settings.catalogue_url is not None:
            bring_up_to_date(data)
        with opened(settings) as installation:
            _refuse_what_is_used(installation)
            names = _put_objects(installation, parts)
            if settings.catalogue_url is not None:
                with _undoing(installation, names):
                    _take_rows(installation, data)
            return _looked_at(installation, names, clock, found)


def _refuse_what_is_used(installation: Installation) -> None:
    if installation.database.path is None:
        with installation.database.read() as connection:
            if not rows.is_fresh(connection):
                raise NotEmpty("The database of DATABASE_URL is in use already.")
    if next(iter(objects.names(installation.blobs)), None) is not None:
        raise NotEmpty("There are sealed pictures in the storage already.")


def _put_objects(installation: Installation, parts: Iterator[archive.Part]) -> list[str]:
    """Put the objects where they belong, all or none, and return their names."""
    names: list[str] = []
    with _undoing(installation, names), objects.workspace(installation.data) as folder:
        for part in parts:
            if part.kind != archive.OBJECT:
                continue
            if not NAME.fullmatch(part.name):
                raise BackupDamaged(f"{part.name!r} is no name of a picture.")
            names.append(part.name)
            objects.put(installation.blobs, part.name, part.content, folder)
        if installation.cached is not None:
            installation.cached.flush()
    return names


@contextmanager
def _undoing(installation: Installation, names: list[str]) -> Iterator[None]:
    """Remove the objects where the block fails: what is outside of the staging does not go with it."""
    try:
        yield
    except BaseException:
        if installation.cached is not None:
            for name in names:
                installation.blobs.delete(name)
        raise


def _looked_at(
    installation: Installation, names: list[str], clock: Callable[[], datetime], found: Verified
) -> Restored:
    """See what there is, and end what must not go on from where it was."""
    log = AuditLog(installation.keys.derive("audit"), clock)
    signer = Signer(installation.keys.derive(PURPOSE), installation.id)
    with installation.database.read() as connection:
        audit = log.verify(connection, None, signer)
        missing = sorted(rows.blob_names(connection) - set(names))
    with installation.database.write() as connection:
        connection.execute(delete(nodes))
        # Access tokens are good for as long as their session is, and a code may have been used since.
        connection.execute(delete(sign_in_flows))
        connection.execute(delete(reset_codes))
        connection.execute(
            update(viewing_sessions)
            .where(viewing_sessions.c.ended_at.is_(None))
            .values(ended_at=clock(), end_reason="backup_restored")
        )
        connection.execute(
            update(refresh_tokens).where(refresh_tokens.c.revoked_at.is_(None)).values(revoked_at=clock())
        )
        log.record(connection, "backup_restored", detail={"made_at": found.manifest.get("made_at")})
    damaged = [name for name in names if not objects.opens(installation.blobs, name)]
    return Restored(found, damaged, missing, audit)


def _take_key(settings: Settings, key_store: KeyStore | None, master: bytes) -> None:
    if len(master) != 32:
        raise BackupDamaged("Its key is no key.")
    try:
        Keys.hand_over(Keys(master, "file"), settings.data_dir, key_store, settings.master_key_file)
    except KeyWrong as wrong:
        raise OtherKey(wrong.detail) from wrong


def _write_settings(folder: Path, document: dict[str, object]) -> None:
    lines = [f"{name}={value}\n" for name, value in sorted(document.items())]
    (folder / SETTINGS_FILE).write_text("".join(lines))


def _write_catalogue(data: DataDirectory, content: Iterator[bytes]) -> None:
    with data.catalogue.open("wb") as file:
        for piece in content:
            file.write(piece)


def _take_rows(installation: Installation, data: DataDirectory) -> None:
    """Bring the rows of the restored file into the database server."""
    source = Database(data.catalogue)
    try:
        copy_rows(source, installation.database)
    finally:
        source.close()
    data.catalogue.unlink()
