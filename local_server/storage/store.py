"""Where sealed objects lie: a folder, or an S3 storage with a folder of our own before it."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Protocol

from local_server.storage.errors import BlobDamaged, BlobMissing, write_failure

NAME: Final = re.compile(r"[0-9a-f]{32,64}(-[a-z0-9-]{1,48})?")
_PARTIAL: Final = ".partial"


class Store(Protocol):
    """Keeps named bytes; any number of threads and processes may use one at once."""

    def put(self, name: str, sealed: bytes) -> None:
        """Keep bytes under a name, whole or not at all, in place of what it had."""
        ...

    def adopt(self, name: str, file: Path) -> None:
        """Take over a file under a name; it must lie on the data directory's disk, and is gone from there."""
        ...

    def read(self, name: str) -> IO[bytes]:
        """Open what a name has. Raises BlobMissing, BlobDamaged or StorageAway."""
        ...

    def exists(self, name: str) -> bool: ...

    def delete(self, name: str) -> None: ...

    def forget(self, name: str) -> bool:
        """Drop a copy that may be damaged; tell whether the object can be read anew from elsewhere."""
        ...

    def names(self, *, older_than_seconds: float) -> Iterator[str]: ...

    def sweep_partial(self, *, older_than_seconds: float) -> int: ...


class FolderStore:
    """Files under `folder/aa/bb/<name>`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, name: str, sealed: bytes) -> None:
        """Write a file, and see it to the disk: a row may point to it when this returns."""
        path = self.path(name)
        partial = self.folder / _PARTIAL / f"{name}.{secrets.token_hex(4)}"
        try:
            partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(sealed)
                    file.flush()
                    os.fsync(file.fileno())
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise write_failure(error, path) from error

    def adopt(self, name: str, file: Path) -> None:
        """Rename the file, which was seen to the disk before."""
        path = self.path(name)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.replace(path)
        except OSError as error:
            raise write_failure(error, path) from error

    def read(self, name: str) -> IO[bytes]:
        """Open the file."""
        try:
            file = self.path(name).open("rb")
        except FileNotFoundError:
            raise BlobMissing(name) from None
        except OSError as error:
            raise BlobDamaged(f"{name} cannot be read: {error.strerror or error}") from error
        return file

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return self.path(name).is_file()

    def delete(self, name: str) -> None:
        """Remove the file; one that is gone already is no error."""
        path = self.path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise write_failure(error, path) from error

    def forget(self, name: str) -> bool:
        """Return False: this is the only copy."""
        return False

    def names(self, *, older_than_seconds: float) -> Iterator[str]:
        """Yield the names of files that have not been written for a while; what others left is not ours."""
        horizon = time.time() - older_than_seconds
        for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if not NAME.fullmatch(path.name):
                continue
            try:
                if path.stat().st_mtime < horizon:
                    yield path.name
            except FileNotFoundError:
                continue  # deleted by another process since it was listed

    def sweep_partial(self, *, older_than_seconds: float) -> int:
        """Remove what writers that died left behind; return how many files that were."""
        horizon = time.time() - older_than_seconds
        removed = 0
        for path in (self.folder / _PARTIAL).glob("*"):
            try:
                if path.stat().st_mtime < horizon:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # its writer finished
        return removed

    def path(self, name: str) -> Path:
        """Return where an object lies."""
        if not NAME.fullmatch(name):
            raise ValueError(f"not a blob name: {name!r}")
        return self.folder / name[:2] / name[2:4] / name
