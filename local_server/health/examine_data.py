"""What the doctor asks of the data directory: folder, disk, key, catalogue, audit log, gallery folder."""

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from local_server.health.doctor import Finding, Patient, Verdict

_LITTLE_SPACE: Final = 1 << 30
_NO_SPACE: Final = 64 << 20
OK, WARNING, PROBLEM = Verdict.OK, Verdict.WARNING, Verdict.PROBLEM


def directory(patient: Patient) -> Iterator[Finding]:
    """Is it a folder of this user alone that can be written?"""
    root = patient.root
    if not os.path.lexists(root):
        above = _nearest_folder(root)
        if above is None or not os.access(above, os.W_OK):
            sentence = f"{root} does not exist and cannot be made in {above or root.anchor}."
            yield Finding("data directory", PROBLEM, sentence, "Choose another folder with --data-dir.")
        else:
            yield Finding("data directory", OK, f"{root} does not exist yet; the first start makes it.")
        return
    if not root.is_dir():
        sentence = f"{root} is not a folder."
        yield Finding("data directory", PROBLEM, sentence, "Move it away, or choose another folder.")
        return
    for folder in (root, *(root / name for name in ("blobs", "logs", "keys", "locks"))):
        if not os.path.lexists(folder):
            continue
        if trouble := _trouble_writing(folder):
            advice = (
                "Give your user read and write access to it, and free some space on its disk if it is full."
            )
            yield Finding("data directory", PROBLEM, f"{folder} cannot be written: {trouble}.", advice)
            return
    mode = stat.S_IMODE(root.stat().st_mode)
    if os.name == "posix" and mode & 0o077:
        sentence = f"Other users of this computer can look into {root} (mode {mode:04o})."
        yield Finding("data directory", WARNING, sentence, f"chmod 700 '{root}'")
    else:
        yield Finding("data directory", OK, f"{root} can be read and written, by this user alone.")


def disk(patient: Patient) -> Iterator[Finding]:
    """Is there space?"""
    folder = _nearest_folder(patient.root)
    if folder is None:
        return
    free = shutil.disk_usage(folder).free
    advice = "Free some space on the disk that holds the data directory."
    if free < _NO_SPACE:
        yield Finding("disk", PROBLEM, f"The disk is full: {_size(free)} are left.", advice)
    elif free < _LITTLE_SPACE:
        yield Finding("disk", WARNING, f"The disk is nearly full: {_size(free)} are left.", advice)
    else:
        yield Finding("disk", OK, f"{_size(free)} of the disk are free.")


def key(patient: Patient) -> Iterator[Finding]:
    """Is the master key where it was put? It is never made here."""
    from local_server.errors import Outage
    from local_server.storage.keys import Keys, system_key_store

    given = _given_key(patient)
    if given is None and not (patient.root / "keys" / "where.json").exists():
        if any((patient.root / "blobs").glob("??/??/*")):
            sentence = "There are sealed pictures, but keys/where.json is missing."
            yield Finding("key", PROBLEM, sentence, "Put the folder keys back from a backup.")
        else:
            yield Finding("key", OK, "No key was made yet; the first start makes it.")
        return
    try:
        keys = Keys.open(patient.root, system_key_store(), given)
    except Outage as outage:
        yield Finding("key", PROBLEM, f"{outage.title}: {outage.detail}.", outage.advice)
    else:
        yield Finding("key", OK, keys.explanation)


def catalogue(patient: Patient) -> Iterator[Finding]:
    """Is the file a whole database of a version that we know?"""
    from local_server.database.errors import CatalogueCorrupt, CatalogueNewer
    from local_server.database.migrate import HEAD, KNOWN

    if patient.elsewhere:
        return  # its server is examined in the place of a file
    path = patient.root / "catalogue.db"
    if not os.path.lexists(path):
        yield Finding("catalogue", OK, "There is no catalogue yet; the first start makes it.")
        return
    try:
        with closing(_opened(path)) as raw:
            faults = [row[0] for row in raw.execute("PRAGMA quick_check(3)") if row[0] != "ok"]
            revision = raw.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        yield Finding("catalogue", PROBLEM, f"{path} cannot be read: {error}.", CatalogueCorrupt.advice)
        return
    if faults:
        yield Finding(
            "catalogue", PROBLEM, f"{path} is damaged: {'; '.join(faults)}.", CatalogueCorrupt.advice
        )
    elif revision is None or revision[0] not in KNOWN:
        sentence = f"The catalogue has revision {revision and revision[0]}; this version knows up to {HEAD}."
        yield Finding("catalogue", PROBLEM, sentence, CatalogueNewer.advice)
    elif revision[0] != HEAD:
        sentence = f"The catalogue has revision {revision[0]}; the next start brings it to {HEAD}."
        yield Finding("catalogue", OK, sentence)
    else:
        yield Finding("catalogue", OK, f"The catalogue is whole and has revision {HEAD}.")


def queue(patient: Patient) -> Iterator[Finding]:
    """Can the job queue be read? Nothing is lost with it, but no server starts on a damaged one."""
    path = patient.root / "queue.db"
    if not os.path.lexists(path):
        return
    try:
        with closing(_opened(path)) as raw:
            fault = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        fault = str(error)
    if fault == "ok":
        yield Finding("queue", OK, "The job queue is whole.")
    else:
        advice = f"Stop the program and remove {path}: nothing is lost with it."
        yield Finding("queue", PROBLEM, f"The job queue cannot be used: {fault}.", advice)


def audit_log(patient: Patient) -> Iterator[Finding]:
    """Does the chain hold?"""
    from datetime import UTC, datetime

    from local_server.audit.log import AuditLog
    from local_server.database.engine import Database
    from local_server.errors import Outage
    from local_server.health.examine_parts import chosen
    from local_server.storage.keys import Keys, system_key_store

    path, given = patient.root / "catalogue.db", _given_key(patient)
    if given is None and not (patient.root / "keys" / "where.json").exists():
        return
    settings = chosen(patient)
    url = None if settings is None else settings.catalogue_url
    if url is None and (patient.elsewhere or not path.is_file()):
        return
    database = Database(url or path)
    try:
        log = AuditLog(
            Keys.open(patient.root, system_key_store(), given).derive("audit"), lambda: datetime.now(UTC)
        )
        with database.read() as connection:
            verification = log.verify(connection)
    except Outage:
        return  # said already of the key or of the catalogue
    finally:
        database.close()
    if verification.intact:
        yield Finding("audit log", OK, f"All {verification.entries:,} entries of the audit log verify.")
    else:
        advice = "Keep a copy of catalogue.db as evidence, and find out who could write to it."
        yield Finding("audit log", WARNING, f"The audit log was tampered with. {verification.what}", advice)


def gallery_folder(patient: Patient) -> Iterator[Finding]:
    """Can the folder of originals be read?"""
    if patient.elsewhere:
        return  # whichever server watches it knows
    folder = chosen_gallery(patient.root)
    if folder is None:
        yield Finding("gallery folder", OK, "No gallery folder was chosen yet.")
        return
    advice = "Connect its disk, give your user read access, or choose another gallery folder in the settings."
    try:
        with os.scandir(folder) as entries:
            next(entries, None)
    except OSError as error:
        sentence = f"The gallery folder {folder} cannot be read: {error.strerror}."
        yield Finding("gallery folder", PROBLEM, sentence, advice)
    else:
        yield Finding("gallery folder", OK, f"The gallery folder {folder} can be read.")


def chosen_gallery(root: Path) -> Path | None:
    """Return the gallery folder, or None where none was chosen (or the catalogue cannot tell)."""
    try:
        with closing(_opened(root / "catalogue.db")) as raw:
            row = raw.execute("SELECT value FROM installation WHERE key = 'gallery_folder'").fetchone()
        chosen: Any = json.loads(row[0]) if row else None
    except (sqlite3.DatabaseError, ValueError):
        return None
    return Path(chosen) if isinstance(chosen, str) else None


def _given_key(patient: Patient) -> Path | None:
    written = patient.environment.get("MASTER_KEY_FILE", "").strip()
    return Path(written) if written else None


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=5)


def _nearest_folder(path: Path) -> Path | None:
    return next((folder for folder in (path, *path.parents) if folder.is_dir()), None)


def _trouble_writing(folder: Path) -> str | None:
    probe = folder / f".doctor-{os.getpid()}"
    try:
        probe.write_bytes(b"written by the doctor to see whether this folder can be written")
    except OSError as error:
        return error.strerror or str(error)
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return None


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"
