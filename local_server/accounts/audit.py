"""What the capability rooms need of the audit log, so that none of them need know that room."""

from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection


class Audit(Protocol):
    """Appends an entry within the caller's transaction."""

    def record(
        self,
        connection: Connection,
        kind: str,
        *,
        account_id: str | None = None,
        account_name: str | None = None,
        viewing_session_id: str | None = None,
        picture_id: str | None = None,
        detail: Mapping[str, Any] = ...,
    ) -> int: ...
