"""How much there is to do, from the catalogue's rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from local_server.database.engine import Database
from local_server.importer import leases, queries


@dataclass(frozen=True, slots=True)
class QueueState:
    """Present pictures by what becomes of them."""

    waiting: int
    active: int
    completed: int
    failed: int

    @property
    def total(self) -> int:
        """The sum of the four."""
        return self.waiting + self.active + self.completed + self.failed


def queue_state(database: Database, clock: Callable[[], datetime]) -> QueueState:
    """Count."""
    with database.read() as connection:
        counts = queries.status_counts(connection)
        active = leases.active_count(connection, clock())
    return QueueState(
        waiting=max(0, counts.get(queries.WAITING, 0) - active),
        active=active,
        completed=counts.get(queries.READY, 0),
        failed=counts.get(queries.REFUSED, 0),
    )
