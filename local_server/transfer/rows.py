"""Copy the tables of one catalogue into another, on whatever engines, and tell whether they are the same."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Row,
    Select,
    String,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError

from local_server.database.tables import installation, metadata
from local_server.transfer.errors import NotMovable

# Processes that live where they live.
LEFT_OUT: Final = frozenset({"nodes"})
# What a catalogue has from its first opening on.
_FRESH: Final = frozenset({"id", "key_check"})
_PAGE: Final = 500
_BOUND: Final = "value_of_"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows a table has, and the SHA-256 over all of them in the order of their keys."""

    rows: int
    sha256: str


def tables() -> list[Table]:
    """Return the tables that are copied, each after those it refers to."""
    return [table for table in metadata.sorted_tables if table.name not in LEFT_OUT]


def tally(connection: Connection, table: Table) -> Tally:
    """Count and hash the rows of a table; equal ones have an equal tally on every engine."""
    total, digest = 0, hashlib.sha256()
    for row in _rows(connection, table):
        total += 1
        digest.update(json.dumps([_plain(value) for value in row]).encode() + b"\n")
    return Tally(total, digest.hexdigest())


def is_fresh(connection: Connection, allowed: frozenset[str] = frozenset()) -> bool:
    """Tell whether nothing was written to a catalogue since it was made, but for some keys."""
    keys = set(connection.execute(select(installation.c.key)).scalars())
    return keys <= _FRESH | allowed and not has_rows(connection)


def has_rows(connection: Connection) -> bool:
    """Tell whether any table but that of the installation itself has a row."""
    others = [table for table in tables() if table is not installation]
    return any(connection.execute(select(literal(1)).select_from(table).limit(1)).first() for table in others)


def copy_all(source: Connection, target: Connection) -> Mapping[str, int]:
    """Replace the rows of a fresh catalogue by all rows of another; return how many each table got.

    The target's connection must hold the write lock. Raises NotMovable.
    """
    target.execute(delete(installation))
    copied = {}
    for table in tables():
        try:
            copied[table.name] = _copy(source, target, table)
        except (DataError, IntegrityError) as error:
            said = str(error.orig).splitlines()[0]
            raise NotMovable(f"Table {table.name}: {said}") from error
    if target.dialect.name == "postgresql":
        _reset_sequences(target)
    return copied


def blob_names(connection: Connection) -> set[str]:
    """Return the names of all objects that rows refer to."""
    found: set[str] = set()
    for table in tables():
        for column in table.columns:
            if column.name == "blob" or column.name.endswith("_blob"):
                found |= set(connection.execute(select(column).where(column.is_not(None))).scalars())
    return found


def _copy(source: Connection, target: Connection, table: Table) -> int:
    to_itself = [
        column for column in table.columns if any(key.column.table is table for key in column.foreign_keys)
    ]
    statement = insert(table).values(
        {column: _bound(column, target) for column in table.columns if column not in to_itself}
    )
    total = 0
    for page in _pages(source, table):
        target.execute(statement, [_parameters(row, table) for row in page])
        total += len(page)
    # What it refers to in itself may come later than the row.
    for column in to_itself:
        key = [part == bindparam(f"key_{part.name}", type_=part.type) for part in table.primary_key.columns]
        change = update(table).where(*key).values({column: bindparam("referred", type_=column.type)})
        references = [
            {"referred": row._mapping[column.name]}
            | {f"key_{part.name}": row._mapping[part.name] for part in table.primary_key.columns}
            for row in _rows(source, table)
            if row._mapping[column.name] is not None
        ]
        if references:
            target.execute(change, references)
    return total


def _bound(column: Column[Any], target: Connection) -> Any:
    """Return the parameter of a column: JSON goes in as the text it is, since hashes were made of it."""
    if not isinstance(column.type, JSON):
        return bindparam(_BOUND + column.name, type_=column.type)
    text = bindparam(_BOUND + column.name, type_=Text())
    # On SQLite a cast to JSON would be one to a number.
    return cast(text, JSON) if target.dialect.name == "postgresql" else text


def _parameters(row: Row[Any], table: Table) -> dict[str, Any]:
    return {_BOUND + column.name: row._mapping[column.name] for column in table.columns}


def _rows(connection: Connection, table: Table) -> Iterator[Row[Any]]:
    for page in _pages(connection, table):
        yield from page


def _pages(connection: Connection, table: Table) -> Iterator[list[Row[Any]]]:
    options = {"yield_per": _PAGE}
    with connection.execute(_select(connection, table), execution_options=options) as result:
        for page in result.partitions():
            yield list(page)


def _select(connection: Connection, table: Table) -> Select[Any]:
    columns = [
        cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column
        for column in table.columns
    ]
    # By bytes on both engines, whatever the language of the database.
    order = [
        column.collate("C")
        if isinstance(column.type, String) and connection.dialect.name == "postgresql"
        else column
        for column in table.primary_key.columns
    ]
    return select(*columns).order_by(*order)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return {"bytes": bytes(value).hex()}
    return value


def _reset_sequences(target: Connection) -> None:
    """Let ids go on after the highest that was copied."""
    for table in tables():
        column = table.autoincrement_column
        if column is None:
            continue
        highest = target.execute(select(func.max(column))).scalar()
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        target.execute(select(func.setval(sequence, highest or 1, highest is not None)))
