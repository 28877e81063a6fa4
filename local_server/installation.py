"""One installation, opened: what every command and the server stand on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import agree_on_key, check_current, installation_id, open_catalogue
from local_server.errors import Rejection
from local_server.external.clamd import Clamd
from local_server.external.redis import RedisPart
from local_server.settings import Settings
from local_server.storage.blobs import Blobs
from local_server.storage.bucket import Address, Bucket
from local_server.storage.cached import CachedStore
from local_server.storage.keys import Keys, system_key_store
from local_server.storage.sealing import Sealer
from local_server.storage.store import FolderStore


class NoInstallation(Rejection):
    """A mistyped data directory must not become a new installation."""

    code = "no_installation"
    title = "There is no installation here"
    advice = "Name the data directory of one with --data-dir, and set DATABASE_URL if it has one."


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts of an opened data directory."""

    settings: Settings
    data: DataDirectory
    database: Database
    keys: Keys
    blobs: Blobs
    id: str
    redis: RedisPart | None = None
    clamd: Clamd | None = None
    cached: CachedStore | None = None
    """Where the sealed objects lie in a bucket: what stands before it."""

    @property
    def queue(self) -> Path | RedisPart:
        """Where offers to workers are left."""
        return self.redis or self.data.queue


def exists(settings: Settings) -> bool:
    """Say whether there is an installation to open; with a database server there may be one elsewhere."""
    data = DataDirectory(settings.data_dir)
    catalogue = settings.database_url is not None or data.catalogue.is_file()
    key = settings.master_key_file is not None or (data.keys / "where.json").is_file()
    return catalogue and key


def demand(settings: Settings) -> None:
    """See that there is an installation, where a command has no use for a new one. Raises NoInstallation."""
    if not exists(settings):
        raise NoInstallation(f"{settings.data_dir} has no catalogue, or no key was made for it.")


@contextmanager
def opened(settings: Settings, *, make: bool = True) -> Iterator[Installation]:
    """Open the installation of the settings for the length of a block, making or upgrading what must be.

    Without `make` nothing is made or upgraded: ask `exists` first. Raises what `DataDirectory.prepare`,
    `open_catalogue` and `Keys.open` raise, all of it outages;
    without it also CatalogueOlder.
    """
    data = DataDirectory(settings.data_dir)
    if make:
        data.prepare()
        database = open_catalogue(data, settings.catalogue_url)
    else:
        database = Database(settings.catalogue_url or data.catalogue)
    try:
        if not make:
            check_current(database)
        keys = Keys.open(data.root, system_key_store(), settings.master_key_file)
        agree_on_key(database, keys.check, make=make)
        cached = _cached(settings, data)
        blobs = Blobs(cached or FolderStore(data.blobs), Sealer(keys.derive("blobs")))
        redis = None if settings.redis is None else RedisPart(settings.redis)
        clamd = None if settings.clamd_url is None else Clamd(settings.clamd_url)
        identifier = installation_id(database)
        try:
            yield Installation(settings, data, database, keys, blobs, identifier, redis, clamd, cached)
        finally:
            if redis is not None:
                redis.close()
    finally:
        database.close()


def bucket_of(settings: Settings) -> Bucket | None:
    """Return the bucket of the settings; nothing is asked of it yet."""
    host, secret = settings.minio_endpoint, settings.minio_secret_key
    if host is None or secret is None or settings.minio_access_key is None:
        return None
    address = Address(
        host=host,
        port=settings.minio_port,
        bucket=settings.minio_bucket,
        access_key=settings.minio_access_key,
        secret_key=secret.get_secret_value(),
        tls=settings.minio_use_ssl,
    )
    return Bucket(address)


def _cached(settings: Settings, data: DataDirectory) -> CachedStore | None:
    """Return the store before the bucket of the settings."""
    bucket = bucket_of(settings)
    if bucket is None:
        return None
    return CachedStore(bucket, FolderStore(data.spool), FolderStore(data.cache), settings.blob_cache_size)
