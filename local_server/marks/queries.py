"""SQL of tracing: whose mark it is, and what that viewing session was shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from local_server.database.tables import accounts, deliveries, pictures, renditions, viewing_sessions
from local_server.marks.identity import MarkId


@dataclass(frozen=True, slots=True)
class Bearer:
    """The viewing session whose pixels carry a mark."""

    viewing_session_id: str
    account: str
    machine: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture in one rendition that a session was sent, and when it was sent last."""

    picture_id: str
    rendition: str
    time: datetime
    width: int
    thumbnail_blob: str
    thumbnail_width: int
    thumbnail_height: int


def bearer(connection: Connection, mark: MarkId) -> Bearer | None:
    """Look a mark up."""
    row = connection.execute(
        select(
            viewing_sessions.c.id,
            accounts.c.name,
            viewing_sessions.c.machine_name,
            viewing_sessions.c.started_at,
        )
        .join(accounts, accounts.c.id == viewing_sessions.c.account_id)
        .where(viewing_sessions.c.mark == mark.value)
    ).one_or_none()
    return None if row is None else Bearer(row.id, row.name, row.machine_name, row.started_at)


def shown(connection: Connection, viewing_session_id: str) -> list[Shown]:
    """Return what a session was sent, the latest first; `width` is that of the rendition as a whole."""
    sent = (
        select(deliveries.c.picture_id, deliveries.c.rendition, func.max(deliveries.c.time).label("time"))
        .where(deliveries.c.viewing_session_id == viewing_session_id)
        .group_by(deliveries.c.picture_id, deliveries.c.rendition)
        .subquery()
    )
    thumbnail, whole = renditions.alias("thumbnail"), renditions.alias("whole")
    rows = connection.execute(
        select(
            sent.c.picture_id,
            sent.c.rendition,
            sent.c.time,
            # A tile is a part of the picture at its full size.
            func.coalesce(whole.c.width, pictures.c.width).label("width"),
            thumbnail.c.blob,
            thumbnail.c.width.label("thumbnail_width"),
            thumbnail.c.height.label("thumbnail_height"),
        )
        .join(pictures, pictures.c.id == sent.c.picture_id)
        .join(thumbnail, (thumbnail.c.picture_id == sent.c.picture_id) & (thumbnail.c.kind == "thumbnail"))
        .outerjoin(whole, (whole.c.picture_id == sent.c.picture_id) & (whole.c.kind == sent.c.rendition))
        .order_by(sent.c.time.desc())
    )
    return [
        Shown(
            row.picture_id,
            row.rendition,
            row.time,
            row.width,
            row.blob,
            row.thumbnail_width,
            row.thumbnail_height,
        )
        for row in rows
    ]
