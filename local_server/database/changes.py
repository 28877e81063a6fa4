"""Tell cheaply whether another connection or process has committed to the catalogue."""

import sqlite3
from pathlib import Path
from threading import Lock


class ChangeCounter:
    """Watches the catalogue's data version; any thread may ask, and closing waits for one that does."""

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
