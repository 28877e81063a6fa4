"""Tell cheaply whether another connection or process has committed to the catalogue."""

import sqlite3
from pathlib import Path


class ChangeCounter:
    """Watches the catalogue's data version; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._seen: int | None = None

    def changed(self) -> bool:
        """Return True where something was committed since the last call, and on the first call."""
        version = self._raw.execute("PRAGMA data_version").fetchone()[0]
        changed = version != self._seen
        self._seen = version
        return bool(changed)

    def close(self) -> None:
        """Close the connection."""
        self._raw.close()
