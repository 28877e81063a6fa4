"""SQL of the importer: places, the pictures in them, scans, and what is shown of progress."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    literal,
    not_,
    select,
    union_all,
    update,
)

from local_server.database.tables import pictures, places, scans
from local_server.library.queries import below_folder

WAITING, READY, REFUSED = "waiting", "ready", "refused"


def below(folder: bytes) -> ColumnElement[bool]:
    """Return the condition for a path to lie below a folder."""
    prefix = folder.rstrip(b"/") + b"/"
    return and_(places.c.path >= prefix, places.c.path < prefix[:-1] + b"0")


def known_places(connection: Connection, folder: bytes) -> list[Row[Any]]:
    """Return all places below a folder, present or not."""
    return list(connection.execute(select(places).where(below(folder))))


def place_at(connection: Connection, path: bytes) -> Row[Any] | None:
    """Return the place of a path."""
    return connection.execute(select(places).where(places.c.path == path)).one_or_none()


def places_elsewhere(connection: Connection, root: bytes) -> list[Row[Any]]:
    """Return the places that are not below a root: files that were imported by themselves."""
    return list(connection.execute(select(places).where(not_(below(root)), places.c.blob.is_(None))))


def forget_below(connection: Connection, old_root: bytes, new_root: bytes) -> list[str]:
    """Forget the places of a root that are not below another; return the pictures that lay there."""
    leaving = and_(places.c.root == old_root, not_(below(new_root)))
    ids = list(connection.execute(select(places.c.picture_id).where(leaving)).scalars())
    connection.execute(delete(places).where(leaving))
    return [picture_id for picture_id in ids if picture_id is not None]


def same_file(connection: Connection, inode: int, size: int, modified_ns: int) -> list[Row[Any]]:
    """Return the places whose file had this inode, size and time: a renamed file keeps all three."""
    return list(
        connection.execute(
            select(places).where(
                places.c.inode == inode,
                places.c.bytes == size,
                places.c.modified_ns == modified_ns,
                places.c.picture_id.is_not(None),
                places.c.blob.is_(None),
            )
        )
    )


def picture_by_hash(connection: Connection, content_hash: str) -> Row[Any] | None:
    """Return the picture of a content in whatever state."""
    return connection.execute(select(pictures).where(pictures.c.content_hash == content_hash)).one_or_none()


def picture(connection: Connection, picture_id: str) -> Row[Any]:
    """Return a picture in whatever state."""
    return connection.execute(select(pictures).where(pictures.c.id == picture_id)).one()


def add_picture(
    connection: Connection, picture_id: str, content_hash: str, size: int, now: datetime, sort_at: datetime
) -> None:
    """Add a picture that waits to be decoded."""
    connection.execute(
        insert(pictures).values(
            id=picture_id,
            content_hash=content_hash,
            status=WAITING,
            bytes=size,
            added_at=now,
            sort_at=sort_at,
            present=True,
        )
    )


def note_upload(connection: Connection, picture_id: str, scan: str | None, priority: int) -> None:
    """Note of a new picture what the virus scan said, and how much it is waited for."""
    connection.execute(
        update(pictures).where(pictures.c.id == picture_id).values(scan=scan, priority=priority)
    )


def note_scan(connection: Connection, picture_id: str, scan: str) -> None:
    """Note what the virus scan said: clean, or skipped."""
    connection.execute(update(pictures).where(pictures.c.id == picture_id).values(scan=scan))


def set_place(connection: Connection, path: bytes, values: dict[str, Any]) -> None:
    """Write what lies at a path, whether it is known or new."""
    if connection.execute(update(places).where(places.c.path == path).values(**values)).rowcount == 0:
        connection.execute(insert(places).values(path=path, **values))


def remove_place(connection: Connection, place_id: int) -> None:
    """Forget a place that another one takes."""
    connection.execute(delete(places).where(places.c.id == place_id))


def hide_places(connection: Connection, ids: Sequence[int]) -> None:
    """Note that files are gone."""
    connection.execute(update(places).where(places.c.id.in_(ids)).values(present=False))


def update_presence(connection: Connection, picture_ids: Iterable[str]) -> list[tuple[str, bool, str]]:
    """Make pictures present exactly if a place is; return those that changed: id, present, status."""
    has_place = select(places.c.id).where(places.c.picture_id == pictures.c.id, places.c.present).exists()
    ids = list(picture_ids)
    changed = connection.execute(
        select(pictures.c.id, has_place, pictures.c.status).where(
            pictures.c.id.in_(ids), pictures.c.present != has_place
        )
    ).all()
    for picture_id, present, _ in changed:
        connection.execute(update(pictures).where(pictures.c.id == picture_id).values(present=bool(present)))
    return [(str(picture_id), bool(present), str(status)) for picture_id, present, status in changed]


def wait_again(connection: Connection, picture_id: str) -> None:
    """Have a refused picture decoded once more."""
    connection.execute(
        update(pictures)
        .where(pictures.c.id == picture_id, pictures.c.status == REFUSED)
        .values(status=WAITING, reason_code=None, reason=None, attempts=0, retries=0, retry_at=None)
    )


def status_counts(connection: Connection) -> dict[str, int]:
    """Count the present pictures by status."""
    rows = connection.execute(
        select(pictures.c.status, func.count()).where(pictures.c.present).group_by(pictures.c.status)
    )
    return {str(status): int(number) for status, number in rows}


def unreadable_count(connection: Connection) -> int:
    """Count the files that could not even be read."""
    return connection.execute(
        select(func.count()).where(places.c.present, places.c.reason_code.is_not(None))
    ).scalar_one()


def refused(connection: Connection, after: int, limit: int) -> list[Row[Any]]:
    """Return refused files with their reasons, newest place first, below a place's id (0: from the start)."""
    unread = select(
        places.c.id, places.c.name, places.c.folder, places.c.reason_code, places.c.reason, places.c.seen_at
    ).where(places.c.present, places.c.reason_code.is_not(None))
    undecoded = (
        select(
            places.c.id,
            places.c.name,
            places.c.folder,
            pictures.c.reason_code,
            pictures.c.reason,
            places.c.seen_at,
        )
        .join(pictures, pictures.c.id == places.c.picture_id)
        .where(places.c.present, pictures.c.status == REFUSED)
    )
    either = union_all(unread, undecoded).subquery()
    query = select(either).order_by(either.c.id.desc()).limit(limit)
    return list(connection.execute(query.where(either.c.id < after if after else literal(True))))


def first_place(connection: Connection, picture_id: str) -> Row[Any] | None:
    """Return the oldest present place of a picture."""
    return connection.execute(
        select(places)
        .where(places.c.picture_id == picture_id, places.c.present)
        .order_by(places.c.id)
        .limit(1)
    ).one_or_none()


def doubt_places(connection: Connection, picture_id: str) -> None:
    """Hide a picture's places, with a time that no file has: whatever lies there is read again."""
    connection.execute(
        update(places).where(places.c.picture_id == picture_id).values(present=False, modified_ns=-1)
    )


def waiting_in(connection: Connection, folder: str, priority: int, limit: int) -> list[str]:
    """Return pictures that wait in a folder or below it with a lower priority, newest first."""
    there = (
        select(places.c.id)
        .where(places.c.picture_id == pictures.c.id, places.c.present, below_folder(folder))
        .exists()
    )
    return list(
        connection.execute(
            select(pictures.c.id)
            .where(pictures.c.status == WAITING, pictures.c.priority < priority, there)
            .order_by(pictures.c.added_at.desc())
            .limit(limit)
        ).scalars()
    )


def hurry(connection: Connection, picture_ids: Iterable[str], priority: int) -> None:
    """Raise the priority of pictures that wait."""
    connection.execute(
        update(pictures)
        .where(
            pictures.c.id.in_(list(picture_ids)),
            pictures.c.status == WAITING,
            pictures.c.priority < priority,
        )
        .values(priority=priority)
    )


def begin_scan(connection: Connection, root: bytes, trigger: str, now: datetime) -> int:
    """Note that a scan begins, and why; return its id."""
    values = {"root": root, "started_at": now, "trigger": trigger}
    return int(connection.execute(insert(scans).values(values).returning(scans.c.id)).scalar_one())


def end_scan(
    connection: Connection, scan_id: int, now: datetime, *, error: str | None, **counts: int
) -> None:
    """Note what a scan has found, or that it was not finished."""
    connection.execute(update(scans).where(scans.c.id == scan_id).values(ended_at=now, error=error, **counts))


def last_scan(connection: Connection) -> dict[str, Any] | None:
    """Return the newest scan."""
    row = connection.execute(select(scans).order_by(scans.c.id.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else {key: value for key, value in row.items() if key != "root"}
