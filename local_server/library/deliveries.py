"""Who was sent what: one row a viewing session, picture and rendition, written in batches."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from sqlalchemy import Connection, insert, select

from local_server.accounts.audit import Audit
from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.database.tables import deliveries, pictures
from local_server.library.protection import Level

WRITE_SECONDS: Final = 1.0
_REMEMBERED: Final = 100_000
# After a long outage much is pending, and SQLite takes 32,766 values in one statement.
_BATCH: Final = 1_000
_AUDITED: Final = "screen"


@dataclass(frozen=True, slots=True)
class _Delivery:
    time: datetime
    caller: Caller
    picture_id: str
    rendition: str
    level: Level


class Deliveries:
    """Keeps what was delivered until it is written; `write` is called every second and at the end."""

    def __init__(self, database: Database, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._known: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._pending: list[_Delivery] = []
        self._lock = Lock()

    def record(self, caller: Caller, picture_id: str, rendition: str, level: Level) -> None:
        """Note a delivery, the first time that this session gets this rendition."""
        key = (caller.viewing_session_id, picture_id, rendition)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return
            self._known[key] = None
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._pending.append(_Delivery(self._clock(), caller, picture_id, rendition, level))

    def write(self) -> int:
        """Write what is pending and return how many rows; what can't be written is kept."""
        written = 0
        while batch := self._take():
            try:
                with self._database.write() as connection:
                    self._write(connection, batch)
            except BaseException:
                with self._lock:
                    self._pending = batch + self._pending
                raise
            written += len(batch)
        return written

    def _take(self) -> list[_Delivery]:
        with self._lock:
            batch, self._pending = self._pending[:_BATCH], self._pending[_BATCH:]
        return batch

    def _write(self, connection: Connection, batch: list[_Delivery]) -> None:
        wanted = {delivery.picture_id for delivery in batch}
        known = set(connection.execute(select(pictures.c.id).where(pictures.c.id.in_(wanted))).scalars())
        rows = [delivery for delivery in batch if delivery.picture_id in known]
        if not rows:
            return
        connection.execute(
            insert(deliveries),
            [
                {
                    "time": delivery.time,
                    "viewing_session_id": delivery.caller.viewing_session_id,
                    "account_id": delivery.caller.account_id,
                    "picture_id": delivery.picture_id,
                    "rendition": delivery.rendition,
                    "level": delivery.level.value,
                }
                for delivery in rows
            ],
        )
        for delivery in rows:
            if delivery.rendition == _AUDITED:
                self._audit.record(
                    connection,
                    "picture_opened",
                    account_id=delivery.caller.account_id,
                    account_name=delivery.caller.name,
                    viewing_session_id=delivery.caller.viewing_session_id,
                    picture_id=delivery.picture_id,
                    detail={"level": delivery.level.value},
                )
