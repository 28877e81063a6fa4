"""Everything an administrator needs to see why discovery or the server does not do what it should."""

import json
import platform
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import psutil

from local_server import VERSION
from local_server.database.engine import Database
from local_server.health import queries
from local_server.health.nodes import Node
from local_server.health.requirements import REQUIREMENTS

LAST: Final = 10
_TAIL_BYTES: Final = 64 * 1024
_ERROR_FIELDS: Final = ("time", "level", "logger", "event", "request_id", "code", "reason", "detail")


class Debug:
    """Collects, only when asked; `settings` are shown as given, so they must hold no secret."""

    def __init__(
        self,
        database: Database,
        settings: Mapping[str, Any],
        gallery: Callable[[], Mapping[str, Any]],
        nodes: Callable[[], Sequence[Node]],
        error_log: Path,
    ) -> None:
        self._database = database
        self._settings = settings
        self._gallery = gallery
        self._nodes = nodes
        self._error_log = error_log

    def collect(self) -> dict[str, Any]:
        """Return the whole, as JSON can carry it."""
        with self._database.read() as connection:
            discovery = {
                "pictures": queries.picture_counts(connection),
                "files": queries.place_counts(connection),
                "last_scans": queries.last_scans(connection, LAST),
                "last_refused": queries.last_refusals(connection, LAST),
            }
        return {
            "gallery": dict(self._gallery()),
            "settings": dict(self._settings),
            "discovery": discovery,
            "last_errors": last_errors(self._error_log),
            "versions": versions(),
            "processes": processes(),
            "nodes": [{**asdict(node), "alive": node.alive} for node in self._nodes()],
        }


def last_errors(path: Path) -> list[dict[str, Any]]:
    """Return what the error log ends with; a line that is no JSON object is left out."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    entries = [entry for line in lines if (entry := _object(line)) is not None]
    return [{key: value for key, value in entry.items() if key in _ERROR_FIELDS} for entry in entries[-LAST:]]


def versions() -> dict[str, str | None]:
    """Return the versions of the program and of all that it stands on; None where a part is missing."""
    found: dict[str, str | None] = {
        "vaultsecure": VERSION,
        "python": platform.python_version(),
        "system": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
    }
    for name in REQUIREMENTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def processes() -> list[dict[str, Any]]:
    """Return this process and its children with what they use."""
    own = psutil.Process()
    found = []
    for process in (own, *own.children(recursive=True)):
        try:
            with process.oneshot():
                found.append(
                    {
                        "pid": process.pid,
                        "name": process.name(),
                        "memory_bytes": process.memory_info().rss,
                        "threads": process.num_threads(),
                        "descriptors": _descriptors(process),
                        "started_at": process.create_time(),
                    }
                )
        except psutil.NoSuchProcess:
            continue  # a decoding child that ended meanwhile
    return found


def _descriptors(process: psutil.Process) -> int | None:
    """Count the open descriptors; None where only the process itself may know, as with the worker."""
    try:
        return process.num_fds() if hasattr(process, "num_fds") else None
    except psutil.AccessDenied:
        return None


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
