"""The folder of sealed renditions: written whole or not at all."""

import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from local_server.storage.errors import BlobDamaged, BlobMissing, write_failure
from local_server.storage.sealing import Sealer

_NAME: Final = re.compile(r"[0-9a-f]{32,64}(-[a-z0-9-]{1,48})?")
_PARTIAL: Final = ".partial"


class Blobs:
    """Named sealed objects under `folder/aa/bb/<name>`; any number of processes may use it at once."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self.folder = folder
        self._sealer = sealer

    def put(self, name: str, content: bytes) -> int:
        """Seal and store content, replacing any object of that name; return the bytes on disk.

        The object is on the disk, not only in its cache, when this returns: a row may point to it.
        """
        path = self._path(name)
        sealed = self._sealer.seal(name, content)
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
        return len(sealed)

    def get(self, name: str) -> bytes:
        """Return the opened content; BlobMissing or BlobDamaged otherwise, never anything unauthenticated."""
        try:
            sealed = self._path(name).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(name) from None
        except OSError as error:
            raise BlobDamaged(f"{name} cannot be read: {error.strerror or error}") from error
        return self._sealer.open(name, sealed)

    def exists(self, name: str) -> bool:
        """Tell whether an object of that name is stored (its seal is not checked)."""
        return self._path(name).is_file()

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        self._path(name).unlink(missing_ok=True)

    def names(self, *, older_than_seconds: float) -> Iterator[str]:
        """Yield the names of stored objects that have not been written for a while."""
        horizon = time.time() - older_than_seconds
        for path in self.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
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

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a blob name: {name!r}")
        return self.folder / name[:2] / name[2:4] / name
