"""The servers and workers that live, on whatever machine: each keeps a row fresh, on a thread of its own."""

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Final, Literal
from uuid import uuid4

import structlog
from sqlalchemy import Connection, func, select

from local_server import VERSION
from local_server.database.engine import Database
from local_server.database.tables import nodes
from local_server.database.upsert import insert
from local_server.errors import Outage

BEAT_SECONDS: Final = 2.0
# One beat may come late; without the second the node is taken for dead.
ALIVE_FOR: Final = timedelta(seconds=3.5)
KEPT_FOR: Final = timedelta(seconds=60)
_LONGEST_HOST: Final = 255
_log = structlog.get_logger("nodes")

Kind = Literal["server", "worker"]


@dataclass(frozen=True, slots=True)
class Node:
    """A process that lives, or did until a minute ago; `silent_seconds` since its last sign of life."""

    id: str
    kind: str
    host: str
    pid: int
    version: str
    started_at: datetime
    silent_seconds: float

    @property
    def alive(self) -> bool:
        """Whether it can be counted on."""
        return self.silent_seconds <= ALIVE_FOR.total_seconds()


class OwnNode:
    """This process's own row, from `start` to `stop`; an outage of the catalogue is waited out."""

    def __init__(self, database: Database, kind: Kind, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._kind = kind
        self._clock = clock
        self._id = uuid4().hex
        self._started_at = clock()
        self._stop = Event()
        self._thread = Thread(target=self._keep, name="node", daemon=True)

    def start(self) -> None:
        """Register, and keep the row fresh."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Take the row away: a clean end is no death."""
        self._stop.set()
        self._thread.join()
        try:
            with self._database.write() as connection:
                connection.execute(nodes.delete().where(nodes.c.id == self._id))
        except Outage as outage:  # it is pruned in a minute
            _log.warning("node not removed", code=outage.code)

    def _keep(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        try:
            with self._database.write() as connection:
                moment = now(self._database, connection, self._clock)
                row = insert(connection, nodes).values(
                    id=self._id,
                    kind=self._kind,
                    host=platform.node()[:_LONGEST_HOST] or "unknown",
                    pid=os.getpid(),
                    version=VERSION,
                    started_at=self._started_at,
                    seen_at=moment,
                )
                connection.execute(
                    row.on_conflict_do_update(index_elements=[nodes.c.id], set_={"seen_at": moment})
                )
                connection.execute(nodes.delete().where(nodes.c.seen_at < moment - KEPT_FOR))
        except Outage as outage:
            _log.warning("node not seen", code=outage.code)


def known_nodes(database: Database, clock: Callable[[], datetime]) -> list[Node]:
    """Return every node that was seen within a minute, in the order of their starts."""
    with database.read() as connection:
        moment = now(database, connection, clock)
        rows = connection.execute(
            select(nodes).where(nodes.c.seen_at >= moment - KEPT_FOR).order_by(nodes.c.started_at, nodes.c.id)
        ).all()
    return [
        Node(
            row.id,
            row.kind,
            row.host,
            row.pid,
            row.version,
            row.started_at,
            max(0.0, (moment - row.seen_at).total_seconds()),
        )
        for row in rows
    ]


def now(database: Database, connection: Connection, clock: Callable[[], datetime]) -> datetime:
    """Return the present moment by the clock that nodes share: a database server's, where there is one."""
    if database.path is not None:
        return clock()
    moment: datetime = connection.execute(select(func.current_timestamp())).scalar_one()
    return moment.astimezone(UTC)
