"""Copy sealed objects from one store into another as they are, and compare what lies in both."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from local_server.data_directory import DataDirectory
from local_server.installation import Installation
from local_server.settings import Settings
from local_server.storage import stream
from local_server.storage.blobs import Blobs
from local_server.storage.errors import BlobDamaged, BlobMissing, write_failure

CHUNK: Final = 1 << 20
TRANSFERRING: Final = ".transfer-"
# Files may carry a time that is a little ahead.
EVERY_AGE: Final = -3600.0


@dataclass(frozen=True, slots=True)
class Objects:
    """How many objects a store has, how many bytes, and the SHA-256 over all names and their hashes."""

    objects: int
    bytes: int
    sha256: str


def names(blobs: Blobs) -> list[str]:
    """Return the names of all objects in their order."""
    return sorted(set(blobs.names(older_than_seconds=EVERY_AGE)))


def same_store(one: Settings, other: Settings) -> bool:
    """Tell whether the objects of both settings lie in the same place."""
    if one.minio_endpoint is None and other.minio_endpoint is None:
        return one.data_dir == other.data_dir
    return (one.minio_endpoint, one.minio_port, one.minio_bucket) == (
        other.minio_endpoint,
        other.minio_port,
        other.minio_bucket,
    )


def copy(source: Installation, target: Installation) -> None:
    """Bring every object over; one that is there already, to the byte, is not sent again."""
    there = set(names(target.blobs))
    with workspace(target.data) as folder:
        for name in names(source.blobs):
            if name in there and _hash_at(target, name, folder) == _hash(source.blobs, name):
                continue
            with closing(source.blobs.store.read(name)) as file:
                put(target.blobs, name, chunks(file, name), folder)
    if target.cached is not None:
        target.cached.flush()


def tally(installation: Installation) -> Objects:
    """Count and hash all objects; those of a bucket as they come from there, not from its cache."""
    count = total = 0
    digest = hashlib.sha256()
    with workspace(installation.data) as folder:
        for name in names(installation.blobs):
            size, hash_ = _hash_at(installation, name, folder)
            count, total = count + 1, total + size
            digest.update(f"{name} {size} {hash_}\n".encode())
    return Objects(count, total, digest.hexdigest())


def put(blobs: Blobs, name: str, content: Iterator[bytes], folder: Path) -> None:
    """Store what comes in chunks as a sealed object."""
    path = folder / "object"
    try:
        with path.open("wb") as file:
            for chunk in content:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise write_failure(error, path) from error
    blobs.adopt(name, path)


def chunks(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield what is left of an opened object."""
    try:
        while chunk := file.read(CHUNK):
            yield chunk
    except OSError as error:
        raise BlobDamaged(f"{name} cannot be read: {error.strerror or error}") from error


def opens(blobs: Blobs, name: str) -> bool:
    """Tell whether an object is there and its seal holds, to its end."""
    try:
        with closing(blobs.store.read(name)) as file:
            is_stream = file.read(len(stream.MAGIC)) == stream.MAGIC
        if is_stream:
            for _ in blobs.stream(name):
                pass
        else:
            blobs.get(name)
    except (BlobMissing, BlobDamaged):
        return False
    return True


def sweep(data: DataDirectory, prefix: str = TRANSFERRING) -> None:
    """Remove the workspaces of runs that were killed; whoever does so must be the only one at work."""
    for left in data.root.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def workspace(data: DataDirectory, prefix: str = TRANSFERRING) -> Iterator[Path]:
    """Make a folder on the data directory's disk that is gone afterwards."""
    try:
        with tempfile.TemporaryDirectory(prefix=prefix, dir=data.root) as folder:
            yield Path(folder)
    except OSError as error:
        raise write_failure(error, data.root) from error


def _hash(blobs: Blobs, name: str) -> tuple[int, str]:
    with closing(blobs.store.read(name)) as file:
        return _of(file, name)


def _hash_at(installation: Installation, name: str, folder: Path) -> tuple[int, str]:
    if installation.cached is None:
        return _hash(installation.blobs, name)
    path = folder / "fetched"
    with path.open("w+b") as file:
        installation.cached.bucket.fetch(name, file)
        file.seek(0)
        return _of(file, name)


def _of(file: IO[bytes], name: str) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    for chunk in chunks(file, name):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()
