"""SQL of the diagnosis: what discovery has found, and what went wrong last."""

from typing import Any

from sqlalchemy import Connection, func, select

from local_server.database.tables import pictures, places, scans


def picture_counts(connection: Connection) -> dict[str, int]:
    """Count pictures by status."""
    rows = connection.execute(select(pictures.c.status, func.count()).group_by(pictures.c.status))
    return {str(status): int(count) for status, count in rows}


def place_counts(connection: Connection) -> dict[str, int]:
    """Count the files that were seen: those present, and those that could not be read."""
    row = connection.execute(
        select(
            func.count().filter(places.c.present),
            func.count().filter(places.c.present, places.c.reason_code.is_not(None)),
        ).select_from(places)
    ).one()
    return {"present": int(row[0]), "unreadable": int(row[1])}


def last_scans(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the newest scans of the gallery folder."""
    rows = connection.execute(select(scans).order_by(scans.c.id.desc()).limit(limit)).mappings()
    return [{**row, "root": bytes(row["root"]).decode("utf-8", "backslashreplace")} for row in rows]


def last_refusals(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the pictures that were refused last, with their reasons."""
    rows = connection.execute(
        select(pictures.c.id, pictures.c.reason_code, pictures.c.reason, pictures.c.added_at)
        .where(pictures.c.status == "refused")
        .order_by(pictures.c.added_at.desc())
        .limit(limit)
    ).mappings()
    return [dict(row) for row in rows]
