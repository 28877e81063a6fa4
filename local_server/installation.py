"""One installation, opened: what every command and the server stand on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import agree_on_key, installation_id, open_catalogue
from local_server.settings import Settings
from local_server.storage.blobs import Blobs
from local_server.storage.keys import Keys, system_key_store
from local_server.storage.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts of an opened data directory."""

    settings: Settings
    data: DataDirectory
    database: Database
    keys: Keys
    blobs: Blobs
    id: str


def exists(settings: Settings) -> bool:
    """Say whether there is an installation to open; with a database server there may be one elsewhere."""
    data = DataDirectory(settings.data_dir)
    catalogue = settings.database_url is not None or data.catalogue.is_file()
    key = settings.master_key_file is not None or (data.keys / "where.json").is_file()
    return catalogue and key


@contextmanager
def opened(settings: Settings, *, make: bool = True) -> Iterator[Installation]:
    """Open the installation of the settings for the length of a block, making or upgrading what must be.

    Without `make` nothing is made or upgraded: ask `exists` first. Raises what `DataDirectory.prepare`,
    `open_catalogue` and `Keys.open` raise, all of it outages.
    """
    data = DataDirectory(settings.data_dir)
    if make:
        data.prepare()
        database = open_catalogue(data, settings.catalogue_url)
    else:
        database = Database(settings.catalogue_url or data.catalogue)
    try:
        keys = Keys.open(data.root, system_key_store(), settings.master_key_file)
        agree_on_key(database, keys.check, make=make)
        blobs = Blobs(data.blobs, Sealer(keys.derive("blobs")))
        yield Installation(settings, data, database, keys, blobs, installation_id(database))
    finally:
        database.close()
