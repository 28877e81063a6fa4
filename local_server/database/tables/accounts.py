"""People: accounts, their secrets (hashed or sealed), viewing sessions, tokens and keys."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from local_server.database.tables.columns import Serial, UtcDateTime, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("name_folded", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    # "library": every picture; "albums": those of albums that were granted, and nothing else.
    Column("sees", String(16), nullable=False, server_default=text("'library'")),
    # Case-folded; set by an admin, and what an organisation's verified address is compared with.
    Column("email", String(254)),
    # Empty for somebody who signs in through an organisation alone: no password has that hash.
    Column("password_hash", String(256), nullable=False),
    Column("password_changed_at", UtcDateTime, nullable=False),
    # The next sign-in may only change the password: an admin gave it, or a code did.
    Column("must_change_password", Boolean, nullable=False, server_default=false()),
    # The second factor (RFC 6238), sealed; it counts once confirmed. A step is taken once only.
    Column("totp_sealed", Text),
    Column("totp_confirmed_at", UtcDateTime),
    Column("totp_last_step", BigInteger),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Index("ix_accounts_email", "email", unique=True),
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
    # What its machine says that it can hold, until when that counts, and why it is no more.
    Column("holds", String(8)),
    Column("holds_until", UtcDateTime),
    Column("holds_reason", String(500)),
    # The heartbeats of its sentinel as it told them last, and when it first contradicted itself.
    Column("sentinel_id", String(32)),
    Column("sentinel_beats", BigInteger),
    Column("told_at", UtcDateTime),
    Column("doubted_at", UtcDateTime),
    # From then on everything that it gets carries a stronger mark.
    Column("strengthened_at", UtcDateTime),
    Index("ix_viewing_sessions_started_at", "account_id", "started_at", "id"),
    Index("ix_viewing_sessions_last_seen", "account_id", "seen_at"),
)

# Whom nothing is hidden from by the capture guard: a screen reader, a magnifier, remote support.
assistive_exemptions = Table(
    "assistive_exemptions",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("reason", String(500), nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("granted_by", String(64), nullable=False),
    Column("expires_at", UtcDateTime),
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

password_history = Table(
    "password_history",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
    Index("ix_password_history_account_id", "account_id", "id"),
)

password_audit_log = Table(
    "password_audit_log",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("time", UtcDateTime, nullable=False),
    Column("account_id", ForeignKey("accounts.id")),
    Column("account_name", String(64), nullable=False),
    Column("event", String(32), nullable=False),
    Column("by_account_id", String(32)),
    Column("by_name", String(64)),
    Column("detail", JSON, nullable=False),
    Index("ix_password_audit_log_account_id", "account_id", "id"),
)

# One-time codes by which an admin lets somebody in who has forgotten the password.
reset_codes = Table(
    "reset_codes",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("code_hash", String(256), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("failed", Integer, nullable=False, server_default=text("0")),
)

# Codes that stand in for a lost second factor, each once.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
    Column("used_at", UtcDateTime),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", String(64), nullable=False),
    # SHA-256 of the key, which has 256 bits of its own: nothing slower is needed.
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("hint", String(16), nullable=False),
    Column("scopes", JSON, nullable=False),
    # What a key delivers carries the mark of a viewing session of its own.
    Column("viewing_session_id", ForeignKey("viewing_sessions.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

# Accounts of an organisation's provider that stand for ours.
identities = Table(
    "identities",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("email", String(254)),
    Column("linked_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
)

# Organisation sign-ins that began and did not come back yet; any replica may finish one.
sign_in_flows = Table(
    "sign_in_flows",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("sealed", Text, nullable=False),  # nonce, PKCE verifier, redirect URI and machine
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)
