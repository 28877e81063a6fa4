"""Rows for every table of a catalogue at whatever revision: many, dull, with keys and references in order."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    insert,
    inspect,
)

from local_server.database.tables import UtcDateTime, metadata

START = datetime(2026, 1, 1, tzinfo=UTC)
_PAGE = 5000

# What a row of this number has where any text would not do.
_KNOWN: Mapping[tuple[str, str], Callable[[int], Any]] = {
    ("pictures", "status"): lambda n: ("waiting", "refused")[n % 2] if n % 10 == 0 else "ready",
    ("pictures", "present"): lambda n: n % 30 != 0,
    ("pictures", "favourite"): lambda n: n % 20 == 1,
    ("pictures", "flag"): lambda n: "pick" if n % 50 == 1 else None,
    ("pictures", "lease_until"): lambda n: None,
    ("pictures", "retry_at"): lambda n: None,
    ("pictures", "format"): lambda n: "JPEG",
    ("pictures", "colour"): lambda n: "#808080",
    ("pictures", "tags"): lambda n: ["ridge"],
    ("pictures", "histogram"): lambda n: [0] * 64,
    ("pictures", "taken_local"): lambda n: "2026-01-01T00:00:00",
    ("pictures", "camera"): lambda n: {"model": "X"},
    ("places", "reason_code"): lambda n: "unreadable" if n % 40 == 0 else None,
    ("places", "present"): lambda n: n % 30 != 0,
    ("places", "folder"): lambda n: f"2026/{n % 300}",
    ("places", "path"): lambda n: f"/pictures/2026/{n % 300}/{n}.jpg".encode(),
    ("places", "root"): lambda n: b"/pictures",
    ("places", "name"): lambda n: f"{n}.jpg",
    ("renditions", "kind"): lambda n: "thumbnail",
    ("deliveries", "rendition"): lambda n: "screen",
    ("deliveries", "level"): lambda n: "guarded",
    ("violations", "level"): lambda n: "guarded",
    ("violations", "kind"): lambda n: "get_image",
    ("violations", "audit_sequence"): lambda n: n + 1,
    ("violations", "region"): lambda n: [0, 0, 10, 10],
    ("audit_entries", "kind"): lambda n: ("signed_in", "picture_opened", "capture_attempt")[n % 3],
    ("accounts", "role"): lambda n: "viewer",
    ("accounts", "sees"): lambda n: "albums" if n % 2 else "library",
    ("accounts", "disabled_at"): lambda n: None,
    ("albums", "level"): lambda n: "guarded",
    ("grants", "revoked_at"): lambda n: None,
    ("grants", "expires_at"): lambda n: None,
    ("viewing_sessions", "ended_at"): lambda n: None if n % 5 else START,
    ("viewing_sessions", "client"): lambda n: "desktop",
    ("api_keys", "scopes"): lambda n: ["read"],
    ("recordings", "ended_at"): lambda n: None if n % 5 == 0 else START,
    ("batch_files", "outcome"): lambda n: "accepted",
    ("installation", "key"): lambda n: f"key-{n}",
}


def identifier(number: int) -> str:
    """Return the id of a row that is named by one."""
    return f"{number:032x}"


def fill(connection: Connection, counts: Mapping[str, int]) -> None:
    """Add rows to the empty tables that are named, those that others refer to first."""
    there = inspect(connection)
    for table in metadata.sorted_tables:
        count = counts.get(table.name, 0)
        if not count or not there.has_table(table.name):
            continue
        names = {column["name"] for column in there.get_columns(table.name)}
        columns = [
            column
            for column in table.columns
            if column.name in names and column is not table.autoincrement_column  # the engine counts from 1
        ]
        makers = {column.name: _maker(table, column, counts) for column in columns}
        statement = insert(table)
        for first in range(0, count, _PAGE):
            page = range(first, min(count, first + _PAGE))
            connection.execute(
                statement, [{name: make(number) for name, make in makers.items()} for number in page]
            )


def _maker(table: Table, column: Column[Any], counts: Mapping[str, int]) -> Callable[[int], Any]:
    """Return what gives a column its value in the row of a number."""
    for key in column.foreign_keys:
        referred = key.column.table
        count = counts.get(referred.name)
        if referred is table or not count:
            return lambda number: None
        there = _maker(referred, key.column, counts)
        return lambda number: there(number % count)
    known = _KNOWN.get((table.name, column.name))
    if known is not None:
        return known
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return lambda number: START + timedelta(seconds=number)
    if isinstance(kind, JSON):
        return lambda number: {"number": number}
    if isinstance(kind, Boolean):
        return lambda number: number % 2 == 0
    if isinstance(kind, Float):
        return float
    if isinstance(kind, LargeBinary):
        return lambda number: identifier(number).encode()
    if isinstance(kind, String):
        length = kind.length or 32
        return lambda number: identifier(number)[-length:]
    if isinstance(kind, BigInteger | Integer):
        return lambda number: number + 1
    raise TypeError(f"{table.name}.{column.name}: no value for {kind!r}")
