"""Sealed objects by name: small ones whole, large ones as a stream; where they lie is the store's affair."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO

from local_server.storage.errors import BlobDamaged
from local_server.storage.sealing import Sealer
from local_server.storage.store import FolderStore, Store
from local_server.storage.stream import SealingWriter


class Blobs:
    """Seals on the way in and opens on the way out; nothing unauthenticated ever leaves."""

    def __init__(self, store: Store | Path, sealer: Sealer) -> None:
        self.store: Store = FolderStore(store) if isinstance(store, Path) else store
        self._sealer = sealer

    def put(self, name: str, content: bytes) -> int:
        """Seal and store content, replacing any object of that name; return the bytes stored.

        The object is kept for good when this returns: a row may point to it.
        """
        sealed = self._sealer.seal(name, content)
        self.store.put(name, sealed)
        return len(sealed)

    def get(self, name: str) -> bytes:
        """Return the opened content. Raises BlobMissing, BlobDamaged or StorageAway."""
        try:
            return self._sealer.open(name, self.sealed(name))
        except BlobDamaged:
            if not self.store.forget(name):
                raise
        return self._sealer.open(name, self.sealed(name))

    def sealed(self, name: str) -> bytes:
        """Return an object as it is stored."""
        with closing(self.store.read(name)) as source:
            try:
                return source.read()
            except OSError as error:
                raise BlobDamaged(f"{name} cannot be read: {error.strerror or error}") from error

    def put_sealed(self, name: str, sealed: bytes) -> None:
        """Store an object that `sealed` of this or another installation with the same key returned."""
        self.store.put(name, sealed)

    def writer(self, name: str, sink: IO[bytes]) -> SealingWriter:
        """Return what seals a large object into a file, for `adopt`."""
        return self._sealer.writer(name, sink)

    def opened(self, name: str, source: IO[bytes]) -> Iterator[bytes]:
        """Yield the content of a file that `writer` has written. Raises BlobDamaged."""
        return self._sealer.open_stream(name, source)

    def adopt(self, name: str, file: Path) -> None:
        """Take over a file that `writer` has written for this name."""
        self.store.adopt(name, file)

    def stream(self, name: str) -> Iterator[bytes]:
        """Yield the content of a large object. Raises as `get` does, at any chunk."""
        with closing(self.store.read(name)) as source:
            try:
                yield from self._sealer.open_stream(name, source)
            except OSError as error:
                raise BlobDamaged(f"{name} cannot be read: {error.strerror or error}") from error

    def exists(self, name: str) -> bool:
        """Tell whether an object of that name is stored (its seal is not checked). Raises StorageAway."""
        return self.store.exists(name)

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        self.store.delete(name)

    def names(self, *, older_than_seconds: float) -> Iterator[str]:
        """Yield the names of stored objects that have not been written for a while."""
        return self.store.names(older_than_seconds=older_than_seconds)

    def sweep_partial(self, *, older_than_seconds: float) -> int:
        """Remove what writers that died left behind; return how many files that were."""
        return self.store.sweep_partial(older_than_seconds=older_than_seconds)
