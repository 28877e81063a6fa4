"""How the catalogue fails, told apart by the engines' own codes (SQLite: https://sqlite.org/rescode.html)."""

import re
import sqlite3
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from local_server.errors import Failure, Outage, Rejection
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


class DatabaseAway(Outage):
    """The database server does not answer, or ended the connection."""

    code = "database_away"
    title = "The database does not answer"
    advice = "See that PostgreSQL runs and can be reached from here; work goes on by itself when it is back."


class DatabaseRefused(Outage):
    """The database server does not let us in."""

    code = "database_refused"
    title = "The database refuses the sign-in"
    advice = "Correct user, password and database name in DATABASE_URL, and see that the database exists."


class CatalogueNewer(Outage):
    """A newer version of the program has written this catalogue."""

    code = "catalogue_newer"
    title = "The catalogue is from a newer version"
    advice = (
        "Install the newer version again, or put the snapshot that it made before its upgrade "
        "(folder `snapshots`) in the place of catalogue.db."
    )


class CatalogueOlder(Outage):
    """The catalogue was not brought to this version yet."""

    code = "catalogue_older"
    title = "The catalogue is from an older version"
    advice = "Start the server once, or run `vaultsecure-server migrate`; both keep a copy of it first."


class TextUnusable(Rejection):
    """A text holds what the database can't keep: a NUL, or what is no Unicode."""

    code = "text_unusable"
    status = 422
    title = "A text can't be kept"
    advice = "Leave out characters that can't be seen."


def translated(error: DBAPIError) -> Failure | None:
    """Return the failure behind a database error, or None where it is a bug of ours."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is None:
        return _of_postgresql(error)
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


# Classes and codes of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_STATES: Final[Mapping[str, type[Failure]]] = {
    "22021": TextUnusable,
    "22P05": TextUnusable,
    "08": DatabaseAway,
    "57P": DatabaseAway,
    "28": DatabaseRefused,
    "3D": DatabaseRefused,
    "53100": DiskFull,
    "53": DatabaseAway,
    "55P03": CatalogueBusy,
    "57014": CatalogueBusy,
    "40": CatalogueBusy,
    "25006": CatalogueUnreadable,
    "42501": DatabaseRefused,
    "58": CatalogueUnreadable,
    "XX001": CatalogueCorrupt,
    "XX002": CatalogueCorrupt,
}


# Where it is and who we are there is for nobody who only asks for a picture.
_WHERE: Final = re.compile(r'(connection to server )?(at|on|for user|database|role) "[^"]*"(, port \d+)?')


def _of_postgresql(error: DBAPIError) -> Failure | None:
    said = str(error.orig).splitlines()
    cause = _WHERE.sub("", said[0]).replace("  ", " ") if said else "no reason was given"
    if "NUL (0x00)" in cause:
        return TextUnusable("A text holds a NUL character.")
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        for length in (5, 3, 2):
            if state[:length] in _STATES:
                return _STATES[state[:length]](cause)
        return None
    # Before the server's first word there is no state, and only its text tells a wrong password.
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        refused = ("password authentication failed", "does not exist", "no pg_hba.conf entry")
        return (DatabaseRefused if any(word in str(error.orig) for word in refused) else DatabaseAway)(cause)
    return None
