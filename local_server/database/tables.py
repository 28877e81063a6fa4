"""Every table of the catalogue, in SQLAlchemy Core; `migrations/` builds exactly these."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; refuses naive values on the way in, returns aware ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A BigInteger primary key does not autoincrement on SQLite; this one does on both engines.
Serial = BigInteger().with_variant(Integer, "sqlite")

installation = Table(
    "installation",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_folded", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("password_changed_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)

# Counted by name, whether an account has it or not: a lock must not tell which names exist.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("name_folded", String(64), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
    Column("locked_until", UtcDateTime),
)

viewing_sessions = Table(
    "viewing_sessions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    # The 50 random bits of the mark id in the low bits (see marks.identity); never re-used.
    Column("mark", BigInteger, nullable=False, unique=True),
    Column("machine_id", String(64), nullable=False),
    Column("machine_name", String(128), nullable=False),
    Column("client", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    Column("end_reason", String(32)),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("id", String(32), primary_key=True),  # the token's jti
    Column("family", String(32), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("viewing_session_id", ForeignKey("viewing_sessions.id"), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

pictures = Table(
    "pictures",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("content_hash", String(64), nullable=False, unique=True),
    # waiting -> ready | refused. The row is the truth; a job in the queue is only a hint.
    Column("status", String(16), nullable=False),
    Column("reason_code", String(48)),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("bytes", BigInteger, nullable=False),
    Column("format", String(16)),
    Column("width", Integer),
    Column("height", Integer),
    Column("orientation", Integer),
    Column("frames", Integer),
    Column("taken_at", UtcDateTime),
    # The camera's clock as written (no zone known): what a person reads as "taken".
    Column("taken_local", String(32)),
    Column("camera", JSON),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("icc", String(128)),
    Column("colour", String(7)),
    Column("histogram", JSON),
    Column("title", String(256)),
    Column("rating", Integer, nullable=False, server_default=text("0")),
    Column("flag", String(8)),
    Column("favourite", Boolean, nullable=False, server_default=text("0")),
    Column("tags", JSON),
    Column("added_at", UtcDateTime, nullable=False),
    # taken_at, else the file's own time, else added_at: the order of the grid.
    Column("sort_at", UtcDateTime, nullable=False),
    # A picture without a present place is hidden, not forgotten: its file may come back.
    Column("present", Boolean, nullable=False, server_default=text("1")),
    Index("ix_pictures_grid", "present", "status", "sort_at", "id"),
    Index("ix_pictures_recent", "present", "status", "added_at", "id"),
    Index("ix_pictures_unfinished", "status", "lease_until"),
)

places = Table(
    "places",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("picture_id", ForeignKey("pictures.id"), index=True),
    # The path's bytes as the file system has them: not every one is UTF-8.
    Column("path", LargeBinary(4096), nullable=False, unique=True),
    Column("root", LargeBinary(4096), nullable=False),
    Column("folder", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("present", Boolean, nullable=False, server_default=text("1")),
    Column("seen_at", UtcDateTime, nullable=False),
    # Set where the file could not even be read or fingerprinted (no picture row then).
    Column("reason_code", String(48)),
    Column("reason", Text),
    Index("ix_places_folder", "folder", "present"),
)

renditions = Table(
    "renditions",
    metadata,
    Column("picture_id", ForeignKey("pictures.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # thumbnail | screen | tiles
    Column("blob", String(128), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("time", UtcDateTime, nullable=False, index=True),
    Column("viewing_session_id", ForeignKey("viewing_sessions.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("picture_id", ForeignKey("pictures.id"), nullable=False, index=True),
    Column("rendition", String(16), nullable=False),
    Column("level", String(8), nullable=False),
    Index("ix_deliveries_session", "viewing_session_id", "picture_id", "rendition"),
)

violations = Table(
    "violations",
    metadata,
    Column("id", String(36), primary_key=True),  # made by the desktop: a repeated report is the same report
    Column("time", UtcDateTime, nullable=False, index=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("viewing_session_id", ForeignKey("viewing_sessions.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("picture_id", ForeignKey("pictures.id")),
    Column("kind", String(32), nullable=False),
    Column("level", String(8), nullable=False),
    Column("culprit_pid", Integer),
    Column("culprit_name", String(128)),
    Column("culprit_executable", Text),
    Column("confidence", Float, nullable=False),
    Column("region", JSON),
    Column("shield_ms", Float),
    Column("hidden", Boolean, nullable=False),
    Column("evidence_blob", String(128)),
    UniqueConstraint("id", "account_id"),
)

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

events = Table(
    "events",
    metadata,
    Column("sequence", Serial, primary_key=True),
    Column("time", UtcDateTime, nullable=False),
    Column("kind", String(48), nullable=False),
    Column("data", JSON, nullable=False),
    Column("staff_only", Boolean, nullable=False, server_default=text("0")),
    # A sequence that was seen must never come again, or a client that resumes would miss events.
    sqlite_autoincrement=True,
)

scans = Table(
    "scans",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("root", LargeBinary(4096), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("trigger", String(16), nullable=False),
    Column("seen", Integer, nullable=False, server_default=text("0")),
    Column("added", Integer, nullable=False, server_default=text("0")),
    Column("moved", Integer, nullable=False, server_default=text("0")),
    Column("removed", Integer, nullable=False, server_default=text("0")),
    Column("unreadable", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
)
