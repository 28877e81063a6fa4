"""One installation, opened: what every command and the server stand on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import installation_id, open_catalogue
from local_server.settings import Settings
from local_server.storage.keys import Keys, system_key_store


@dataclass(frozen=True, slots=True)
class Installation:
    """The parts of an opened data directory."""

    settings: Settings
    data: DataDirectory
    database: Database
    keys: Keys
    id: str


@contextmanager
def opened(settings: Settings) -> Iterator[Installation]:
    """Open the data directory of the settings for the length of a block, making what is missing.

    Raises what `DataDirectory.prepare`, `open_catalogue` and `Keys.open` raise, all of it outages.
    """
    data = DataDirectory(settings.data_dir)
    data.prepare()
    database = open_catalogue(data)
    try:
        keys = Keys.open(data.root, system_key_store())
        yield Installation(settings, data, database, keys, installation_id(database))
    finally:
        database.close()
