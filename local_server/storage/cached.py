"""A bucket with two folders before it: a spool, for what it has not taken yet, and a cache of what it has."""

import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Final

import structlog

from local_server.errors import Outage
from local_server.storage.bucket import Bucket
from local_server.storage.errors import BlobMissing, StorageAway, write_failure
from local_server.storage.store import FolderStore

_FULL_SHARE: Final = 0.9
# What the bucket lacks may lie in another machine's spool, which is emptied soon after an outage.
SETTLING_SECONDS: Final = 60.0
_REMEMBERED: Final = 1000
_log = structlog.get_logger("storage")


class CachedStore:
    """Writes go to the spool first and to the bucket at once, or when it is back; reads ask the bucket last.

    Processes of one data directory share both folders.
    """

    def __init__(
        self,
        bucket: Bucket,
        spool: FolderStore,
        cache: FolderStore,
        cache_bytes: int,
        *,
        settling: float = SETTLING_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.bucket = bucket
        self._spool = spool
        self._cache = cache
        self._cache_bytes = cache_bytes
        self._settling = settling
        self._monotonic = monotonic
        self._lock = Lock()
        self._missed: OrderedDict[str, float] = OrderedDict()

    def put(self, name: str, sealed: bytes) -> None:
        """Keep bytes; they are on our disk when this returns, and in the bucket if it answers."""
        self._spool.put(name, sealed)
        self._try_to_push(name)

    def adopt(self, name: str, file: Path) -> None:
        """Take over a file, in the same way."""
        self._spool.adopt(name, file)
        self._try_to_push(name)

    def read(self, name: str) -> IO[bytes]:
        """Open an object, fetched first where neither folder has it.

        One that the bucket lacks counts as away, and as missing only if it has not come after a while.
        """
        for store in (self._spool, self._cache):
            with suppress(BlobMissing):
                file = store.read(name)
                with suppress(OSError):
                    os.utime(file.fileno())  # what was used last is kept longest
                return file
        return self._fetched(name)

    def exists(self, name: str) -> bool:
        """Tell whether the spool or the bucket has an object; what is only cached is no proof of it."""
        return self._spool.exists(name) or self.bucket.exists(name)

    def delete(self, name: str) -> None:
        """Remove an object from everywhere. Raises StorageAway."""
        self._spool.delete(name)
        self._cache.delete(name)
        self.bucket.delete(name)

    def forget(self, name: str) -> bool:
        """Drop the cached copy, which may be damaged; tell whether there was one."""
        there = self._cache.exists(name)
        self._cache.delete(name)
        return there

    def names(self, *, older_than_seconds: float) -> Iterator[str]:
        """Yield the names of objects that have not been written for a while."""
        yield from self.bucket.names(older_than_seconds=older_than_seconds)
        yield from self._spool.names(older_than_seconds=older_than_seconds)

    def sweep_partial(self, *, older_than_seconds: float) -> int:
        """Remove what writers that died left behind, in both folders."""
        return self._spool.sweep_partial(older_than_seconds=older_than_seconds) + self._cache.sweep_partial(
            older_than_seconds=older_than_seconds
        )

    def waiting(self) -> int:
        """Return how many objects the bucket has not taken yet."""
        return sum(1 for _ in self._spool.names(older_than_seconds=0.0))

    def flush(self) -> int:
        """Give the bucket what waits; return how many it took. Raises StorageAway at one it does not."""
        pushed = 0
        for name in list(self._spool.names(older_than_seconds=0.0)):
            self._push(name)
            pushed += 1
        return pushed

    def trim(self) -> int:
        """Remove what was not used for longest from a cache that is too large; return how many files."""
        files = []
        for path in self._cache.folder.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            with suppress(FileNotFoundError):
                status = path.stat()
                files.append((status.st_mtime, status.st_size, path))
        total = sum(size for _, size, _ in files)
        if total <= self._cache_bytes:
            return 0
        removed = 0
        for _, size, path in sorted(files):
            if total <= self._cache_bytes * _FULL_SHARE:
                break
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise write_failure(error, path) from error
            total -= size
            removed += 1
        return removed

    def _try_to_push(self, name: str) -> None:
        try:
            self._push(name)
        except StorageAway as away:
            _log.warning("blob waits in the spool", blob=name, reason=away.detail)

    def _push(self, name: str) -> None:
        path = self._spool.path(name)
        try:
            self.bucket.put(name, path)
        except FileNotFoundError:
            return  # another process of this data directory has pushed it
        # Only now may it leave the spool; a copy in the cache saves fetching it back.
        with suppress(FileNotFoundError, Outage):
            self._cache.adopt(name, path)

    def _fetched(self, name: str) -> IO[bytes]:
        partial = self._cache.folder / ".partial" / f"{name}.{secrets.token_hex(4)}"
        try:
            partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise write_failure(error, partial) from error
        file = os.fdopen(descriptor, "w+b")
        try:
            self.bucket.fetch(name, file)
            file.flush()
            file.seek(0)
            self._cache.adopt(name, partial)
        except BaseException as error:
            file.close()
            partial.unlink(missing_ok=True)
            if isinstance(error, BlobMissing) and not self._is_lost(name):
                raise StorageAway(f"{name}: it is not in the bucket yet") from error
            raise
        with self._lock:
            self._missed.pop(name, None)
        return file

    def _is_lost(self, name: str) -> bool:
        """Note that an object was missed, and tell whether it has been for so long that nobody has it."""
        with self._lock:
            now = self._monotonic()
            first = self._missed.setdefault(name, now)
            if len(self._missed) > _REMEMBERED:
                self._missed.popitem(last=False)
            return now - first >= self._settling
