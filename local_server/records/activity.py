"""The activity page: who did what, newest first, and the numbers above the list."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from local_server.audit.service import Audit
from local_server.database.engine import Database
from local_server.records import queries
from local_server.records.errors import BadCursor
from local_server.records.models import ActivityLine, AuditRow, ServerFigures
from local_server.records.wording import words

SEEN_WITHIN: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Summary:
    """The number cards; `shown_pictures` counts different pictures opened since local midnight."""

    viewing_by_client: dict[str, int]
    captures: int
    captures_hidden: int
    shown_pictures: int
    shown_people: int
    violations_by_kind: dict[str, int]
    server: ServerFigures
    audit_entries: int
    audit_intact: bool


class Activity:
    """Reads what the other rooms have written."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        server: Callable[[datetime], ServerFigures],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._server = server
        self._clock = clock

    def lines(
        self, *, limit: int, cursor: str | None, kinds: frozenset[str]
    ) -> tuple[list[ActivityLine], str | None]:
        """Return a page of lines and the cursor of the next page."""
        before = _sequence(cursor)
        with self._database.read() as connection:
            rows = queries.audit_rows(connection, before=before, kinds=kinds, limit=limit + 1)
        page = rows[:limit]
        following = str(page[-1].sequence) if len(rows) > limit else None
        return [_line(row) for row in page], following

    def summary(self) -> Summary:
        """Return the numbers of this moment."""
        now = self._clock()
        midnight = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        verification = self._audit.verify()
        with self._database.read() as connection:
            captures, hidden = queries.captures_since(connection, now - timedelta(days=7))
            shown, people = queries.shown_since(connection, midnight)
            viewing = queries.viewing_since(connection, now - SEEN_WITHIN)
            kinds = queries.violations_by_kind(connection, now - timedelta(days=7))
        return Summary(
            viewing_by_client=viewing,
            captures=captures,
            captures_hidden=hidden,
            shown_pictures=shown,
            shown_people=people,
            violations_by_kind=kinds,
            server=self._server(now),
            audit_entries=verification.entries,
            audit_intact=verification.intact,
        )


def _line(row: AuditRow) -> ActivityLine:
    said = words(row)
    return ActivityLine(
        sequence=row.sequence,
        time=row.time,
        account=row.account,
        kind=row.kind,
        severity=said.severity,
        what=said.what,
        detail=said.detail,
        picture_id=row.picture_id,
        evidence=row.evidence,
        judgement=row.judgement,
        executable=(row.detail.get("culprit") or {}).get("executable"),
    )


def _sequence(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise BadCursor
    return int(cursor)
