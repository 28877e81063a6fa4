"""SQL of tracing: whose mark it is, what that viewing session was shown, and whom a picture was shown to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from local_server.database.tables import accounts, deliveries, pictures, places, renditions, viewing_sessions
from local_server.marks.identity import MarkId
from local_server.marks.models import Bearer, Shown

_MOST_SESSIONS = 200
_MOST_MARKS = 5000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to compare with: its name, its full width, and the blobs of its renditions by kind."""

    id: str
    title: str
    width: int
    blobs: dict[str, str]
    widths: dict[str, int]


def bearer(connection: Connection, mark: MarkId) -> Bearer | None:
    """Look a mark up."""
    row = connection.execute(
        select(
            viewing_sessions.c.id,
            accounts.c.name,
            viewing_sessions.c.machine_name,
            viewing_sessions.c.client,
            viewing_sessions.c.started_at,
        )
        .join(accounts, accounts.c.id == viewing_sessions.c.account_id)
        .where(viewing_sessions.c.mark == mark.value)
    ).one_or_none()
    return None if row is None else Bearer(row.id, row.name, row.machine_name, row.client, row.started_at)


def sent(connection: Connection, viewing_session_id: str) -> dict[str, datetime]:
    """Return the pictures that a session was sent, each with when it was sent last."""
    rows = connection.execute(
        select(deliveries.c.picture_id, func.max(deliveries.c.time).label("time"))
        .where(deliveries.c.viewing_session_id == viewing_session_id)
        .group_by(deliveries.c.picture_id)
    )
    return {row.picture_id: row.time for row in rows}


def marks(connection: Connection, picture_id: str) -> list[MarkId]:
    """Return the marks of the sessions that were sent a picture, of the latest some thousand."""
    sessions = (
        select(deliveries.c.viewing_session_id)
        .where(deliveries.c.picture_id == picture_id)
        .group_by(deliveries.c.viewing_session_id)
        .order_by(func.max(deliveries.c.time).desc())
        .limit(_MOST_MARKS)
        .subquery()
    )
    rows = connection.execute(
        select(viewing_sessions.c.mark).join(sessions, sessions.c.viewing_session_id == viewing_sessions.c.id)
    )
    return [MarkId(value) for value in rows.scalars()]


def shown_to(connection: Connection, picture_id: str) -> tuple[list[Shown], int]:
    """Return the viewing sessions that were sent a picture, the latest first, and how many there are."""
    rows = connection.execute(
        select(
            deliveries.c.viewing_session_id,
            deliveries.c.rendition,
            func.min(deliveries.c.time).label("first"),
            func.max(deliveries.c.time).label("last"),
            accounts.c.name,
            viewing_sessions.c.machine_name,
        )
        .join(accounts, accounts.c.id == deliveries.c.account_id)
        .join(viewing_sessions, viewing_sessions.c.id == deliveries.c.viewing_session_id)
        .where(deliveries.c.picture_id == picture_id)
        .group_by(
            deliveries.c.viewing_session_id,
            deliveries.c.rendition,
            accounts.c.name,
            viewing_sessions.c.machine_name,
        )
    ).all()
    found: dict[str, Shown] = {}
    for row in rows:
        known = found.get(row.viewing_session_id)
        found[row.viewing_session_id] = Shown(
            row.name,
            row.viewing_session_id,
            row.machine_name,
            row.first if known is None else min(known.first, row.first),
            row.last if known is None else max(known.last, row.last),
            tuple(sorted({row.rendition, *(known.renditions if known else ())})),
        )
    ranked = sorted(found.values(), key=lambda shown: shown.last, reverse=True)
    return ranked[:_MOST_SESSIONS], len(ranked)


def picture(connection: Connection, picture_id: str) -> Picture:
    """Return what a copy is compared with."""
    row = connection.execute(
        select(pictures.c.width, pictures.c.title).where(pictures.c.id == picture_id)
    ).one()
    made = connection.execute(
        select(renditions.c.kind, renditions.c.blob, renditions.c.width).where(
            renditions.c.picture_id == picture_id
        )
    ).all()
    name = connection.execute(
        select(places.c.name).where(places.c.picture_id == picture_id).order_by(places.c.id).limit(1)
    ).scalar()
    return Picture(
        picture_id,
        row.title or name or picture_id,
        int(row.width or 0),
        {one.kind: one.blob for one in made},
        {one.kind: one.width for one in made},
    )
