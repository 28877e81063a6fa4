"""What is recorded about one person, for that person: sign-ins, pictures, capture attempts, recordings."""

import base64
import binascii
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select, true

from local_server.accounts.models import Caller
from local_server.database.engine import Database
from local_server.database.tables import deliveries, recordings, viewing_sessions, violations
from local_server.records.errors import BadCursor


class OwnKind(StrEnum):
    """What an own record tells of; at the same moment they stand in this order."""

    SIGN_IN = "sign_in"
    PICTURE = "picture"
    DETAIL = "detail"
    THUMBNAIL = "thumbnail"
    CAPTURE = "capture"
    RECORDING = "recording"


# Thumbnails come by the hundred with every look at the grid: they are told when they are asked for.
USUAL: Final = frozenset(OwnKind) - {OwnKind.THUMBNAIL}
_ORDER: Final = {kind: place for place, kind in enumerate(OwnKind)}
_RENDITIONS: Final = {OwnKind.PICTURE: "screen", OwnKind.DETAIL: "tile", OwnKind.THUMBNAIL: "thumbnail"}


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One thing that is recorded; `kept_until` is None for what is kept as long as the gallery.

    Of a capture attempt it is the evidence picture that goes at that moment; the attempt stays.
    """

    time: datetime
    kind: OwnKind
    id: str
    picture_id: str | None
    facts: dict[str, Any]
    kept_until: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    time: datetime
    kind: OwnKind
    id: str


class OwnRecords:
    """Merges the tables that know something of a person, newest first."""

    def __init__(self, database: Database, clock: Callable[[], datetime], evidence_kept: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._evidence_kept = evidence_kept

    def page(
        self, caller: Caller, *, kinds: Collection[OwnKind], cursor: str | None, limit: int
    ) -> tuple[list[OwnRecord], str | None]:
        """Return a page of what is recorded about the caller, and the cursor of the next page."""
        after = None if cursor is None else _read(cursor)
        with self._database.read() as connection:
            found = [
                record
                for kind in (kinds or USUAL)
                for record in self._of(connection, kind, caller.account_id, after, limit + 1)
            ]
        found.sort(key=lambda record: (-_microseconds(record.time), _ORDER[record.kind], _backwards(record)))
        page = found[:limit]
        return page, _write(page[-1]) if len(found) > limit else None

    def _of(
        self, connection: Connection, kind: OwnKind, account_id: str, after: Place | None, limit: int
    ) -> list[OwnRecord]:
        match kind:
            case OwnKind.SIGN_IN:
                table, time = viewing_sessions, viewing_sessions.c.started_at
            case OwnKind.CAPTURE:
                table, time = violations, violations.c.time
            case OwnKind.RECORDING:
                table, time = recordings, recordings.c.started_at
            case _:
                table, time = deliveries, deliveries.c.time
        statement: Select[Any] = select(table).where(table.c.account_id == account_id)
        if kind in _RENDITIONS:
            statement = statement.where(deliveries.c.rendition == _RENDITIONS[kind])
        if kind is OwnKind.RECORDING:
            gone = recordings.c.delete_at <= self._clock()
            statement = statement.where(or_(recordings.c.delete_at.is_(None), ~gone))
        statement = (
            statement.where(_beyond(kind, time, table.c.id, after))
            .order_by(time.desc(), table.c.id.desc())
            .limit(limit)
        )
        return [self._record(kind, row) for row in connection.execute(statement)]

    def _record(self, kind: OwnKind, row: Any) -> OwnRecord:
        if kind is OwnKind.SIGN_IN:
            facts = {"machine": row.machine_name, "client": row.client, "ended_at": row.ended_at}
            return OwnRecord(row.started_at, kind, row.id, None, facts, None)
        if kind is OwnKind.CAPTURE:
            kept = row.time + self._evidence_kept if row.evidence_blob is not None else None
            facts = {"program": row.culprit_name, "hidden": row.hidden, "evidence": kept is not None}
            facts |= {"brief": row.brief, "spared": row.spared}
            return OwnRecord(row.time, kind, row.id, row.picture_id, facts, kept)
        if kind is OwnKind.RECORDING:
            facts = {
                "interactions": row.interactions,
                "screenshots": row.screenshots,
                "ended_at": row.ended_at,
            }
            return OwnRecord(row.started_at, kind, row.id, None, facts, row.delete_at)
        return OwnRecord(row.time, kind, str(row.id), row.picture_id, {"level": row.level}, None)


def _beyond(kind: OwnKind, time: Any, identifier: Any, after: Place | None) -> ColumnElement[bool]:
    """Return what holds for rows of a kind that come after a place."""
    if after is None:
        return true()
    here: ColumnElement[bool] = time < after.time
    if _ORDER[kind] > _ORDER[after.kind]:
        here = time <= after.time
    if kind is after.kind:
        last = int(after.id) if kind in _RENDITIONS else after.id
        here = or_(here, and_(time == after.time, identifier < last))
    return here


def _microseconds(time: datetime) -> int:
    return int(time.timestamp()) * 1_000_000 + time.microsecond


def _backwards(record: OwnRecord) -> tuple[int, ...]:
    """Order ids from the highest, as the queries do: numbers by size, texts by their letters."""
    if record.kind in _RENDITIONS:
        return (-int(record.id),)
    return tuple(-ord(letter) for letter in record.id)


def _write(record: OwnRecord) -> str:
    plain = json.dumps([record.time.isoformat(), record.kind.value, record.id])
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _read(cursor: str) -> Place:
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        written, kind, identifier = json.loads(plain)
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise BadCursor
        # At either end of the calendar UTC has no year for some moments.
        place = Place(moment.astimezone(UTC), OwnKind(kind), str(identifier))
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise BadCursor from None
    number = place.id.isascii() and place.id.isdecimal() and len(place.id) < 19
    if place.kind in _RENDITIONS and not number:
        raise BadCursor
    # Half of a surrogate pair, and a NUL, are texts that no database takes.
    if not place.id.isascii() or not place.id.isprintable():
        raise BadCursor
    return place
