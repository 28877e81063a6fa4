"""Tokens as the server itself would sign them, at any time, and forgeries of them."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local_server.accounts.tokens import Tokens
from local_server.data_directory import DataDirectory
from local_server.database.engine import Database
from local_server.database.migrate import installation_id
from local_server.storage.keys import Keys


def signer(root: Path, clock: Callable[[], datetime]) -> Tokens:
    """Return what signs as the server on this data directory does."""
    database = Database(DataDirectory(root).catalogue)
    try:
        return Tokens(Keys.open(root, None).derive("tokens"), installation_id(database), clock)
    finally:
        database.close()


def ago(**how_long: float) -> Callable[[], datetime]:
    """Return a clock that stands in the past."""
    moment = datetime.now(UTC) - timedelta(**how_long)
    return lambda: moment


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Take a token apart: header, claims, signature."""
    header, claims, signature = token.split(".")
    return _decoded(header), _decoded(claims), signature


def assembled(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    """Put a token together without signing it."""
    return f"{_encoded(header)}.{_encoded(claims)}.{signature}"


def unsigned(token: str) -> str:
    """Say of a token that it needs no signature, and leave that out."""
    header, claims, _ = parts(token)
    return assembled({**header, "alg": "none"}, claims, "")


def _decoded(part: str) -> dict[str, Any]:
    decoded = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert isinstance(decoded, dict)
    return decoded


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
