"""An S3 bucket as the one object that speaks to it; what lies there is sealed like what lies in a folder."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Final

from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from local_server.external.link import Away, Link
from local_server.storage.errors import BlobMissing, StorageAway
from local_server.storage.store import NAME

_PREFIX: Final = "blobs/"
_ONE_REQUEST: Final = 8 << 20
_PAGE: Final = 1000
# The library says it in either way.
_MISSING: Final = (NotFoundError, FileNotFoundError)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a bucket is and how it is entered."""

    host: str
    port: int
    bucket: str
    access_key: str
    secret_key: str
    tls: bool

    def __repr__(self) -> str:
        return f"Address({self.host}:{self.port}/{self.bucket})"


class Bucket:
    """Objects under `blobs/`; threads may share it. A bucket that does not answer raises StorageAway."""

    def __init__(self, address: Address) -> None:
        scheme = "https" if address.tls else "http"
        self.link = Link("minio", (BaseError, OSError))
        self._store = S3Store(
            address.bucket,
            endpoint=f"{scheme}://{address.host}:{address.port}",
            access_key_id=address.access_key,
            secret_access_key=address.secret_key,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": not address.tls, "timeout": "20s", "connect_timeout": "2s"},
            # The link asks again by itself, and nobody is to wait for minutes here.
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=2)},
        )

    def probe(self) -> None:
        """Ask whether the bucket is there and may be read. Raises Away."""
        with self.link.calling(probe=True):
            next(iter(self._store.list(f"{_PREFIX}probe", chunk_size=1)), None)

    def put(self, name: str, file: Path) -> None:
        """Store a file's content whole; a large one in parts that count only when all are there.

        Raises FileNotFoundError where the file is gone, which says nothing of the bucket.
        """
        try:
            source = file.open("rb")
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageAway(f"{name} waits: {error.strerror or error}") from error
        with source, _outage(name), self.link.calling():
            large = os.fstat(source.fileno()).st_size > _ONE_REQUEST
            self._store.put(_PREFIX + name, source, use_multipart=large)

    def fetch(self, name: str, sink: IO[bytes]) -> None:
        """Write an object into a file. Raises BlobMissing or StorageAway."""
        with _outage(name), self.link.calling():
            try:
                for chunk in self._store.get(_PREFIX + name):
                    sink.write(chunk)
                return
            except _MISSING:
                pass
        raise BlobMissing(name)

    def exists(self, name: str) -> bool:
        """Ask whether there is such an object."""
        with _outage(name), self.link.calling():
            try:
                self._store.head(_PREFIX + name)
            except _MISSING:
                return False
            return True

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        with _outage(name), self.link.calling():
            try:
                self._store.delete(_PREFIX + name)
            except _MISSING:
                return

    def names(self, *, older_than_seconds: float) -> Iterator[str]:
        """Yield the names of objects that were not written for a while."""
        horizon = time.time() - older_than_seconds
        with _outage("a list"), self.link.calling():
            for page in self._store.list(_PREFIX, chunk_size=_PAGE):
                for meta in page:
                    name = meta["path"].removeprefix(_PREFIX)
                    if NAME.fullmatch(name) and meta["last_modified"].timestamp() < horizon:
                        yield name


@contextmanager
def _outage(name: str) -> Iterator[None]:
    try:
        yield
    except Away as away:
        raise StorageAway(f"{name}: {away}") from away
