"""Leave nothing behind of rows that were deleted for good."""

import sqlite3
from contextlib import closing
from typing import Final

from local_server.database.engine import Database

_WAIT_SECONDS: Final = 2.0


def scrub(database: Database) -> bool:
    """Bring the write-ahead log into the file and cut it to nothing; False while a reader prevents it.

    Deleted bytes are overwritten in the file (secure_delete), but stay in the log until then. On PostgreSQL
    there is nothing to do from here: its own vacuum gives the space of deleted rows to new ones.
    """
    if database.path is None:
        return True
    try:
        with closing(sqlite3.connect(database.path, timeout=_WAIT_SECONDS, isolation_level=None)) as raw:
            busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError:
        return False
    return not busy
