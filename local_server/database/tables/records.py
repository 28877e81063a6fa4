"""What happened: deliveries, capture attempts, recordings, and the outbox of live events."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from local_server.database.tables.columns import Serial, UtcDateTime, metadata

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
    Index("ix_deliveries_account_id", "account_id", "rendition", "time", "id"),
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
    # A short shield: something happened that a read might have followed; nobody is accused of one.
    Column("brief", Boolean, nullable=False, server_default=false()),
    # Why nothing was hidden that would have been: assistive, trial or quiet.
    Column("spared", String(16)),
    Column("audit_sequence", BigInteger, index=True),
    # What an admin found: false_alarm or real.
    Column("judgement", String(16)),
    Column("judged_note", String(500)),
    Column("judged_at", UtcDateTime),
    Column("judged_by", String(64)),
    UniqueConstraint("id", "account_id"),
    Index("ix_violations_account_id", "account_id", "time", "id"),
)

# Programs that hide nothing at `guarded` for a while, each by the judgement that led to it.
quiet_programs = Table(
    "quiet_programs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("executable", Text, nullable=False),
    Column("violation_id", ForeignKey("violations.id"), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String(64)),
)

events = Table(
    "events",
    metadata,
    Column("sequence", Serial, primary_key=True),
    Column("time", UtcDateTime, nullable=False),
    Column("kind", String(48), nullable=False),
    Column("data", JSON, nullable=False),
    Column("staff_only", Boolean, nullable=False, server_default=false()),
    # A sequence that was seen must never come again, or a client that resumes would miss events.
    sqlite_autoincrement=True,
)

# What one client tells of a sitting: interactions and screenshots, then an archive in their place.
recordings = Table(
    "recordings",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("viewing_session_id", ForeignKey("viewing_sessions.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end_reason", String(32)),
    Column("context", JSON, nullable=False),
    Column("last_sequence", BigInteger, nullable=False, server_default=text("0")),
    Column("interactions", Integer, nullable=False, server_default=text("0")),
    Column("screenshots", Integer, nullable=False, server_default=text("0")),
    Column("archive_blob", String(128)),
    Column("archive_bytes", BigInteger),
    # Set at its end: then all that was recorded is deleted for real.
    Column("delete_at", UtcDateTime, index=True),
    Index("ix_recordings_account_id", "account_id", "started_at", "id"),
    Index("ix_recordings_viewing_session_id", "viewing_session_id", "started_at"),
    Index("ix_recordings_open", "ended_at", "started_at"),
    Index("ix_recordings_started_at", "started_at", "id"),
    Index("ix_recordings_not_archived", "archive_blob", "ended_at"),
)

interactions = Table(
    "interactions",
    metadata,
    Column("recording_id", ForeignKey("recordings.id"), primary_key=True),
    # Counted by the client from 1: the same number again is the same interaction.
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("time", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("picture_id", String(32)),
    Column("region", JSON),
    Column("modifiers", JSON),
    Column("offset_ms", Float),
    Column("visible", Boolean),
    Column("context", JSON),
)

screenshots = Table(
    "screenshots",
    metadata,
    Column("id", String(36), primary_key=True),  # made by the client: sent again it is the same one
    Column("recording_id", ForeignKey("recordings.id"), nullable=False),
    Column("sequence", BigInteger),
    Column("time", UtcDateTime, nullable=False),
    Column("picture_id", String(32)),
    Column("burst_id", String(36)),
    Column("burst_index", Integer),
    Column("burst_total", Integer),
    Column("trigger", String(32), nullable=False),
    Column("compression_ratio", Float),
    Column("blob", String(128), nullable=False),
    Column("bytes", Integer, nullable=False),
    Index("ix_screenshots_recording_id", "recording_id", "time"),
)

# Who traced which file, and what came of it.
traces = Table(
    "traces",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    # Written again and again by the server that is at it, for as long as it lives.
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("state", String(16), nullable=False),  # waiting | running | done | cancelled | failed
    Column("step", String(64)),
    Column("name", String(255), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("result", JSON),
    # What the file shows, for whoever may see pictures; sealed like them.
    Column("evidence_blob", String(128)),
    Index("ix_traces_started_at", "started_at", "id"),
    Index("ix_traces_state", "state", "seen_at"),
)
