"""INSERT … ON CONFLICT, which both engines have in the same words and SQLAlchemy in two places."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert for the connection's engine, which knows `on_conflict_do_update` and `_do_nothing`."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)
