"""The hash-chained log and its signed checkpoints."""

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table

from local_server.database.tables.columns import UtcDateTime, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column(
        "sequence", BigInteger, primary_key=True, autoincrement=False
    ),  # gapless: the chain counts, not the engine
    Column("time", UtcDateTime, nullable=False, index=True),
    Column("kind", String(48), nullable=False),
    Column("account_id", String(32)),
    Column("account_name", String(64)),
    Column("picture_id", String(32)),
    Column("viewing_session_id", String(32)),
    Column("detail", JSON, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_entries_kind", "kind", "time"),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("time", UtcDateTime, nullable=False),
    Column("hash", String(64), nullable=False),
    # Of the canonical forms of all entries up to this one, without a key.
    Column("content", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
)
