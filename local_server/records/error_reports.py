"""Take the errors that clients report: counted, scrubbed, and written to a log of their own."""

import json
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from local_server.accounts.models import Caller
from local_server.logs import KEPT_FILES, MAX_BYTES, SharedRotatingFile
from local_server.records.errors import ClientLogUnwritable
from local_server.scrubbing import REDACTED, escaped, names_secret, scrubbed

Context = Mapping[str, str | int | float | bool]
ERRORS: Final = frozenset({"error", "critical"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One error as a client tells of it."""

    time: datetime
    level: str
    logger: str
    message: str
    traceback: str | None
    context: Context


class ClientErrors:
    """Counts the errors that clients have reported to this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = 0

    @property
    def total(self) -> int:
        """Return how many there were since the start."""
        return self._total

    def add(self, count: int) -> None:
        """Count some more; from any thread."""
        with self._lock:
            self._total += count


class ClientLog:
    """The file `client.log`, opened when there is something to write."""

    def __init__(self, folder: Path) -> None:
        self._file = _Loud(
            folder / "client.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True
        )

    def write(self, lines: Collection[Mapping[str, Any]]) -> None:
        """Append a line of JSON each. Raises ClientLogUnwritable."""
        for line in lines:
            text = json.dumps(line)
            try:
                self._file.handle(logging.LogRecord("client", logging.ERROR, "", 0, text, None, None))
            except OSError as error:
                raise ClientLogUnwritable(str(error.strerror or error)) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class ErrorReports:
    """The rules: what of a report is kept, and that it counts."""

    def __init__(
        self,
        log: ClientLog,
        errors: ClientErrors,
        clock: Callable[[], datetime],
        secrets: Collection[str] = (),
    ) -> None:
        """Take what must never be written, whatever it looks like, as `secrets`."""
        self._log = log
        self._errors = errors
        self._clock = clock
        self._secrets = secrets

    def take(self, caller: Caller, address: str, version: str, entries: Collection[Entry]) -> None:
        """Keep a batch of one client. Raises ClientLogUnwritable."""
        who = {
            "account": caller.account_id,
            "role": caller.role.value,
            "viewing_session": caller.viewing_session_id,
            "machine": self._clean(caller.machine_name),
            "address": address,
            "version": self._clean(version),
        }
        now = self._clock().isoformat(timespec="milliseconds")
        self._errors.add(sum(entry.level in ERRORS for entry in entries))
        self._log.write([{"time": now, **self._line(entry), **who} for entry in entries])

    def _line(self, entry: Entry) -> dict[str, Any]:
        line: dict[str, Any] = {
            "reported_time": entry.time.isoformat(timespec="milliseconds"),
            "level": entry.level,
            "logger": self._clean(entry.logger),
            "event": self._clean(entry.message),
        }
        if entry.traceback is not None:
            line["traceback"] = self._clean(entry.traceback, keep="\n\t")
        if entry.context:
            line["context"] = {self._clean(key): self._fact(key, fact) for key, fact in entry.context.items()}
        return line

    def _fact(self, key: str, value: str | float) -> str | float:
        if names_secret(key):
            return REDACTED
        return self._clean(value) if isinstance(value, str) else value

    def _clean(self, text: str, keep: str = "") -> str:
        return escaped(scrubbed(text, self._secrets), keep=keep)


class _Loud(SharedRotatingFile):
    """One whose failures reach the writer, who can tell the client."""

    def handleError(self, record: logging.LogRecord) -> NoReturn:
        raise  # noqa: PLE0704  (the logging library calls this while it handles the exception)
