"""Tell cheaply whether another connection or process has committed to the catalogue."""

import sqlite3
from pathlib import Path
from threading import Lock
from typing import Protocol

from local_server.database.engine import Database


class Changes(Protocol):
    """Says whether something was committed since it was asked last; any thread may ask."""

    def changed(self) -> bool: ...

    def close(self) -> None: ...


def changes_of(database: Database) -> Changes:
    """Return what tells of changes of a catalogue."""
    return FileChanges(database.path) if database.path is not None else ServerChanges()


class FileChanges:
    """Watches the SQLite file's data version; closing waits for one that asks."""

    def __init__(self, path: Path) -> None:
        self._raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._seen: int | None = None
        # Closing a connection while another thread executes on it crashes the interpreter.
        self._lock = Lock()
        self._closed = False

    def changed(self) -> bool:
        """Return True where something was committed since the last call, and on the first call."""
        with self._lock:
            if self._closed:
                return False
            version = self._raw.execute("PRAGMA data_version").fetchone()[0]
        changed = version != self._seen
        self._seen = version
        return bool(changed)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._closed = True
            self._raw.close()


class ServerChanges:
    """A database server does not say: who asks must look, which an index makes cheap."""

    def changed(self) -> bool:
        """Return True: it may be."""
        return True

    def close(self) -> None:
        """Nothing is held."""
