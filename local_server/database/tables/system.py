"""The installation itself: its identity and choices, its processes, its switches."""

from sqlalchemy import JSON, Boolean, Column, Integer, String, Table

from local_server.database.tables.columns import UtcDateTime, metadata

installation = Table(
    "installation",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

# Servers and workers that live, on whatever machine: each refreshes its row while it does.
nodes = Table(
    "nodes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),  # server | worker
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
)

# Switches that are set for a role; a switch without a row has its default.
features = Table(
    "features",
    metadata,
    Column("name", String(48), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("changed_by", String(64), nullable=False),
)
