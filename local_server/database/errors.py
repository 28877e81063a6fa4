"""How the catalogue fails, told apart by the engine's own result codes (https://sqlite.org/rescode.html)."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from local_server.errors import Outage
from local_server.storage.errors import DiskFull


class CatalogueBusy(Outage):
    """Another process held the write lock for longer than we wait."""

    code = "catalogue_busy"
    title = "The catalogue is busy"
    advice = (
        "Try again in a moment. If it stays so, `vaultsecure-server doctor` names the process that holds it."
    )


class CatalogueCorrupt(Outage):
    """The file is damaged or is no database."""

    code = "catalogue_corrupt"
    title = "The catalogue is damaged"
    advice = (
        "Stop the server, move catalogue.db away and put the newest file of the folder `snapshots`, or your "
        "own backup, in its place. Your pictures are not touched: a new catalogue finds them again."
    )


class CatalogueUnreadable(Outage):
    """The file can't be opened, read or written."""

    code = "catalogue_unreadable"
    title = "The catalogue can't be opened"
    advice = (
        "Give your user read and write access to catalogue.db and its folder, and see that the disk is well."
    )


class CatalogueNewer(Outage):
    """A newer version of the program has written this catalogue."""

    code = "catalogue_newer"
    title = "The catalogue is from a newer version"
    advice = (
        "Install the newer version again, or put the snapshot that it made before its upgrade "
        "(folder `snapshots`) in the place of catalogue.db."
    )


def translated(error: DBAPIError) -> Outage | None:
    """Return the outage behind a database error, or None where it is a bug of ours."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return None
    cause = str(error.orig)
    match code & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return CatalogueBusy(cause)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return CatalogueCorrupt(cause)
        case sqlite3.SQLITE_FULL:
            return DiskFull(cause)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return CatalogueUnreadable(cause)
    return None
