"""Structured logs of a process: JSON lines in rotating files or on standard output, never a secret."""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final, Literal, TextIO

import structlog

MAX_BYTES: Final = 5_000_000
KEPT_FILES: Final = 5

_SECRET_KEY: Final = re.compile(
    r"authori[sz]ation|cookie|passw|secret|token|credential|api_?key", re.IGNORECASE
)
# A signed token (RFC 7519 compact form), an API key, a bearer header, or a query argument that carries one.
_SECRET_TEXT: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+\.[\w-]*|vsk_[\w-]+|(?<=Bearer )[^\s\"']+|(?<=[?&]token=)[^&\s\"']+", re.IGNORECASE
)
REDACTED: Final = "[redacted]"

Event = MutableMapping[str, Any]


class SharedRotatingFile(RotatingFileHandler):
    """A rotating log file that server and worker both append to: it follows when the other has rotated it."""

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        if self.stream is not None:
            try:
                here = Path(self.baseFilename).stat()
                moved = not os.path.samestat(here, os.fstat(self.stream.fileno()))
            except FileNotFoundError:
                moved = True
            if moved:
                self.stream.close()
                self.stream = self._open()
            # Python 3.13 no longer looks for the end itself, and the other may have written since.
            self.stream.seek(0, os.SEEK_END)
        return bool(super().shouldRollover(record))


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Blank every value that is or may hold a secret."""
    for key, value in event.items():
        event[key] = _redacted(key, value)
    return event


def _redacted(key: str, value: Any) -> Any:
    if _SECRET_KEY.search(key):
        return REDACTED
    if isinstance(value, str):
        return _SECRET_TEXT.sub(REDACTED, value)
    if isinstance(value, dict):
        return {inner: _redacted(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(key, item) for item in value]
    return value


class StandardOutput(logging.StreamHandler[TextIO]):
    """The log of a process in a container, told from the handlers that others may have set."""


def open_logs(folder: Path, name: str, level: str, *, to: Literal["files", "stdout"] = "files") -> None:
    """Send this process's log to `<name>.log` or standard output, and what is an error to `error.log` too.

    The errors stay in a file in any case: the diagnosis shows the last of them.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(["request_id"])],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(default=str),
        ],
    )
    everything: logging.Handler
    if to == "stdout":
        everything = StandardOutput(sys.stdout)
    else:
        everything = SharedRotatingFile(
            folder / f"{name}.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
        )
    errors = SharedRotatingFile(
        folder / "error.log", maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8"
    )
    errors.setLevel(logging.ERROR)
    root = logging.getLogger()
    for handler in (everything, errors):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(level.upper())
    # These two tell each of their steps at "info", which belongs to their own debugging.
    for chatty in ("alembic", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def log_to_terminal(least: int = logging.WARNING) -> None:
    """Send warnings, or only what is worse, to standard error: a command's standard output is its answer."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )


def close_logs() -> None:
    """Flush and close the files."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler, SharedRotatingFile | StandardOutput):
            root.removeHandler(handler)
            handler.close()
