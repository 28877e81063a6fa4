"""The outbox of live events: a row written in the same transaction as the change it tells of.

Any process that changes the library (server, worker, command line) writes here; the server reads it and sends
each row on to the WebSockets, so that no change needs a second channel between processes.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from local_server.database.engine import ANNOUNCED
from local_server.database.tables import events


def announce(
    connection: Connection, now: datetime, kind: str, data: Mapping[str, Any], *, staff_only: bool = False
) -> None:
    """Append one event; `staff_only` events reach admins, managers and auditors alone."""
    connection.execute(insert(events).values(time=now, kind=kind, data=dict(data), staff_only=staff_only))
    connection.execution_options(**{ANNOUNCED: True})
