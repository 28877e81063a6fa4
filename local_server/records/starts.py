"""How long this server runs, and how often whoever started it had to start it again."""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil
import structlog

_log = structlog.get_logger("starts")


class Starts:
    """This run of the server; `restarts` counts the runs before it under the same parent process.

    The parent is the desktop that launched the server, or a service manager: while it lives, every further
    start is a restart. A new parent counts from nought. Kept in the data directory and not in the catalogue,
    which servers share: each has its own restarts.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._path = path
        self.started_at = clock()
        self.restarts = 0

    def note(self, parent: str) -> None:
        """Count this start; a file that can't be used costs the count, not the start."""
        partial = self._path.with_suffix(".partial")
        try:
            stored = self._stored()
            if stored is not None and stored[0] == parent:
                self.restarts = stored[1] + 1
            partial.write_text(json.dumps({"parent": parent, "restarts": self.restarts}))
            partial.replace(self._path)
        except OSError as error:
            _log.warning("starts not counted", reason=str(error))

    def _stored(self) -> tuple[str, int] | None:
        try:
            stored = json.loads(self._path.read_text())
            return str(stored["parent"]), int(stored["restarts"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None


def parent_identity() -> str:
    """Return what tells the parent process from any other, before and after it, with the same number.

    The first process of a container has no parent that it could see: who starts it again is always the same.
    """
    parent = os.getppid()
    try:
        return f"{parent}:{psutil.Process(parent).create_time():.2f}"
    except psutil.Error:
        return f"{parent}:gone"
