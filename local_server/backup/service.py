"""Write a backup while everything runs."""

import hashlib
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, ClassVar, Final

from local_server import VERSION
from local_server.audit.entry import written
from local_server.audit.log import AuditLog
from local_server.backup import archive, envelope
from local_server.backup.errors import BackupDamaged, BackupExists, NotABackup
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import HEAD, copy_catalogue, open_catalogue, settle
from local_server.installation import Installation
from local_server.settings import Settings
from local_server.settings.loading import SECRETS
from local_server.storage.errors import BlobMissing, write_failure
from local_server.transfer import objects, rows

_PREFIX: Final = ".backup-"


@dataclass(slots=True)
class Made:
    """What a backup holds, and which objects are gone from the installation or have a broken seal."""

    objects: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a backup that is whole says of itself."""

    manifest: dict[str, Any]
    objects: int
    bytes: int


class Backup:
    """Makes backups of one installation, one at a time."""

    revision: ClassVar[str] = HEAD

    def __init__(self, installation: Installation, audit: AuditLog, clock: Callable[[], datetime]) -> None:
        self._installation = installation
        self._audit = audit
        self._clock = clock

    def make(self, target: Path, passphrase: bytes, cost: int = envelope.COST) -> Made:
        """Write the whole installation, as it is at one moment, into one encrypted file.

        The file has its name only once it is whole and on the disk. Objects are copied after the rows: what
        came meanwhile is in the backup too, and is swept up after a restore. Raises BackupExists, DiskFull,
        StorageUnwritable, AlreadyRunning and what the catalogue and the storage raise.
        """
        if os.path.lexists(target):
            raise BackupExists(str(target))
        partial = target.with_name(f".{target.name}.partial")
        data = self._installation.data
        with data.hold("backup"):
            objects.sweep(data, _PREFIX)
            with objects.workspace(data, _PREFIX) as folder:
                catalogue = self._catalogue(folder)
                try:
                    partial.unlink(missing_ok=True)  # of one that was killed, or somebody's link elsewhere
                    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with os.fdopen(descriptor, "wb") as file:
                        made = self._write(file, catalogue, passphrase, cost)
                        file.flush()
                        os.fsync(file.fileno())
                    partial.replace(target)
                except OSError as error:
                    raise write_failure(error, target) from error
                finally:
                    partial.unlink(missing_ok=True)
        self._note(target, made)
        return made

    def _catalogue(self, folder: Path) -> Path:
        """Copy the catalogue of this moment into a file, from whatever engine."""
        path = folder / "catalogue.db"
        database = self._installation.database
        if database.path is not None:
            copy_catalogue(database.path, path)
        else:
            copy = open_catalogue(DataDirectory(folder))
            try:
                with database.read() as source, copy.write() as target:
                    rows.copy_all(source, target)
            finally:
                copy.close()
        settle(path)
        return path

    def _write(self, file: IO[bytes], catalogue: Path, passphrase: bytes, cost: int) -> Made:
        installation = self._installation
        sink = envelope.sealing(file, passphrase, cost)
        writer = archive.Writer(sink)
        with catalogue.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
            manifest = {
                "program": VERSION,
                "revision": self.revision,
                "installation": installation.id,
                "made_at": written(self._clock()),
                "engine": installation.database.kind,
                "catalogue_sha256": digest,
            }
            writer.document(archive.MANIFEST, manifest)
            writer.put(archive.KEY, installation.keys.reveal())
            writer.document(archive.SETTINGS, open_settings(installation.settings))
            writer.file(archive.CATALOGUE, source)
        made = self._write_objects(writer)
        self._find_missing(catalogue, made)
        writer.document(
            archive.END,
            {"objects": made.objects, "bytes": made.bytes, "missing": made.missing, "damaged": made.damaged},
        )
        sink.finish()
        return made

    def _write_objects(self, writer: archive.Writer) -> Made:
        made, blobs = Made(), self._installation.blobs
        for name in objects.names(blobs):
            whole = objects.opens(blobs, name)
            try:
                with closing(blobs.store.read(name)) as source:
                    made.bytes += writer.file(archive.OBJECT, source, name)
            except BlobMissing:
                continue  # deleted since it was listed
            made.objects += 1
            if not whole:
                made.damaged.append(name)
        return made

    def _find_missing(self, catalogue: Path, made: Made) -> None:
        """Find what rows name and nobody has: then and now, since what retention deletes is no loss."""
        copy = Database(catalogue)
        try:
            with copy.read() as connection:
                named = rows.blob_names(connection)
        finally:
            copy.close()
        with self._installation.database.read() as connection:
            named &= rows.blob_names(connection)
        made.missing = sorted(name for name in named if not self._installation.blobs.exists(name))

    def _note(self, target: Path, made: Made) -> None:
        with self._installation.database.write() as connection:
            self._audit.record(
                connection,
                "backup_made",
                detail={"file": target.name, "objects": made.objects, "bytes": made.bytes},
            )


def open_settings(settings: Settings) -> dict[str, str]:
    """Return the settings that were chosen and are no secrets, as variables."""
    chosen = settings.model_dump(mode="json", exclude_defaults=True, exclude={*SECRETS, "data_dir"})
    return {
        name.upper(): ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in chosen.items()
        if value is not None
    }


def verify(path: Path, passphrase: bytes) -> Verified:
    """Read a backup to its end, and see that every byte is as it was written.

    Raises NotABackup, BackupNewer, WrongPassphrase or BackupDamaged.
    """
    manifest: dict[str, Any] = {}
    ending: dict[str, Any] = {}
    found = total = 0
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            for part in archive.parts(envelope.opening(file, passphrase)):
                match part.kind:
                    case archive.MANIFEST:
                        manifest = part.document()
                    case archive.CATALOGUE:
                        for piece in part.content:
                            digest.update(piece)
                    case archive.OBJECT:
                        found, total = found + 1, total + part.size
                    case archive.END:
                        ending = part.document()
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise NotABackup(f"{path}: {error.strerror}") from error
    except OSError as error:
        raise BackupDamaged(f"{path}: {error.strerror or error}") from error
    if manifest.get("catalogue_sha256") != digest.hexdigest():
        raise BackupDamaged("Its catalogue is not the one that it names.")
    if (ending.get("objects"), ending.get("bytes")) != (found, total):
        raise BackupDamaged("It does not hold as many pictures as it says.")
    return Verified(manifest, found, total)
