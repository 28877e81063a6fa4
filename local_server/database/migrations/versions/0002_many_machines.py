"""Make room for people, albums, uploads, recordings, checkpoints and more than one machine."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:  # noqa: PLR0915  (a list of tables)
    """Add tables and columns; nothing that is there changes."""
    op.create_table(
        "albums",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("name_folded", sa.String(length=128), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=True),
        sa.Column("inherits", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["albums.id"], name=op.f("fk_albums_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_albums")),
    )
    op.create_index("ix_albums_name_folded", "albums", ["name_folded", "id"], unique=False)
    op.create_index(op.f("ix_albums_parent_id"), "albums", ["parent_id"], unique=False)
    op.create_table(
        "audit_checkpoints",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_checkpoints")),
    )
    op.create_table(
        "features",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", "role", name=op.f("pk_features")),
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_index(op.f("ix_nodes_seen_at"), "nodes", ["seen_at"], unique=False)
    op.create_table(
        "sign_in_flows",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_flows")),
    )
    op.create_index(op.f("ix_sign_in_flows_expires_at"), "sign_in_flows", ["expires_at"], unique=False)
    op.create_table(
        "album_pictures",
        sa.Column("album_id", sa.String(length=32), nullable=False),
        sa.Column("picture_id", sa.String(length=32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["album_id"], ["albums.id"], name=op.f("fk_album_pictures_album_id")),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_album_pictures_picture_id")),
        sa.PrimaryKeyConstraint("album_id", "picture_id", name=op.f("pk_album_pictures")),
    )
    op.create_index(
        "ix_album_pictures_picture_id", "album_pictures", ["picture_id", "album_id"], unique=False
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_batches_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index("ix_batches_account_id", "batches", ["account_id", "started_at", "id"], unique=False)
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("album_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("view_limit", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_grants_account_id")),
        sa.ForeignKeyConstraint(["album_id"], ["albums.id"], name=op.f("fk_grants_album_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    op.create_index("ix_grants_account_id", "grants", ["account_id", "revoked_at", "album_id"], unique=False)
    op.create_index("ix_grants_album_id", "grants", ["album_id", "revoked_at", "account_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_identities_account_id")),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_account_id"), "identities", ["account_id"], unique=False)
    op.create_table(
        "password_audit_log",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("account_name", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("by_account_id", sa.String(length=32), nullable=True),
        sa.Column("by_name", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_password_audit_log_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_audit_log")),
    )
    op.create_index(
        "ix_password_audit_log_account_id", "password_audit_log", ["account_id", "id"], unique=False
    )
    op.create_table(
        "password_history",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_password_history_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_history")),
    )
    op.create_index("ix_password_history_account_id", "password_history", ["account_id", "id"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recovery_codes_account_id")),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "reset_codes",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("code_hash", sa.String(length=256), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reset_codes_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_reset_codes")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=16), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("viewing_session_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id")),
        sa.ForeignKeyConstraint(
            ["viewing_session_id"], ["viewing_sessions.id"], name=op.f("fk_api_keys_viewing_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_account_id"), "api_keys", ["account_id"], unique=False)
    op.create_table(
        "batch_files",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("picture_id", sa.String(length=32), nullable=True),
        sa.Column("reason_code", sa.String(length=48), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_files_batch_id")),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_batch_files_picture_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_files")),
    )
    op.create_index("ix_batch_files_batch_id", "batch_files", ["batch_id", "id"], unique=False)
    op.create_index(op.f("ix_batch_files_picture_id"), "batch_files", ["picture_id"], unique=False)
    op.create_table(
        "grant_views",
        sa.Column("grant_id", sa.String(length=32), nullable=False),
        sa.Column("viewing_session_id", sa.String(length=32), nullable=False),
        sa.Column("picture_id", sa.String(length=32), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_grant_views_grant_id")),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.id"], name=op.f("fk_grant_views_picture_id")),
        sa.ForeignKeyConstraint(
            ["viewing_session_id"], ["viewing_sessions.id"], name=op.f("fk_grant_views_viewing_session_id")
        ),
        sa.PrimaryKeyConstraint("grant_id", "viewing_session_id", "picture_id", name=op.f("pk_grant_views")),
    )
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("viewing_session_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(length=32), nullable=True),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("interactions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("screenshots", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("archive_blob", sa.String(length=128), nullable=True),
        sa.Column("archive_bytes", sa.BigInteger(), nullable=True),
        sa.Column("delete_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recordings_account_id")),
        sa.ForeignKeyConstraint(
            ["viewing_session_id"], ["viewing_sessions.id"], name=op.f("fk_recordings_viewing_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
    )
    op.create_index(
        "ix_recordings_account_id", "recordings", ["account_id", "started_at", "id"], unique=False
    )
    op.create_index(op.f("ix_recordings_delete_at"), "recordings", ["delete_at"], unique=False)
    op.create_index("ix_recordings_open", "recordings", ["ended_at", "started_at"], unique=False)
    op.create_index("ix_recordings_started_at", "recordings", ["started_at", "id"], unique=False)
    op.create_index("ix_recordings_not_archived", "recordings", ["archive_blob", "ended_at"], unique=False)
    op.create_index(
        "ix_recordings_viewing_session_id", "recordings", ["viewing_session_id", "started_at"], unique=False
    )
    op.create_table(
        "interactions",
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("picture_id", sa.String(length=32), nullable=True),
        sa.Column("region", sa.JSON(), nullable=True),
        sa.Column("modifiers", sa.JSON(), nullable=True),
        sa.Column("offset_ms", sa.Float(), nullable=True),
        sa.Column("visible", sa.Boolean(), nullable=True),
        sa.Column("context", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_interactions_recording_id")
        ),
        sa.PrimaryKeyConstraint("recording_id", "sequence", name=op.f("pk_interactions")),
    )
    op.create_table(
        "screenshots",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("recording_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("picture_id", sa.String(length=32), nullable=True),
        sa.Column("burst_id", sa.String(length=36), nullable=True),
        sa.Column("burst_index", sa.Integer(), nullable=True),
        sa.Column("burst_total", sa.Integer(), nullable=True),
        sa.Column("trigger", sa.String(length=32), nullable=False),
        sa.Column("compression_ratio", sa.Float(), nullable=True),
        sa.Column("blob", sa.String(length=128), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_screenshots_recording_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screenshots")),
    )
    op.create_index("ix_screenshots_recording_id", "screenshots", ["recording_id", "time"], unique=False)
    op.add_column(
        "accounts",
        sa.Column("sees", sa.String(length=16), server_default=sa.text("'library'"), nullable=False),
    )
    op.add_column("accounts", sa.Column("email", sa.String(length=254), nullable=True))
    op.add_column(
        "accounts", sa.Column("must_change_password", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("accounts", sa.Column("totp_sealed", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("accounts", sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
    op.create_index("ix_accounts_email", "accounts", ["email"], unique=True)
    op.create_index(
        "ix_viewing_sessions_last_seen", "viewing_sessions", ["account_id", "seen_at"], unique=False
    )
    op.add_column("pictures", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "pictures", sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("pictures", sa.Column("retries", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("pictures", sa.Column("scan", sa.String(length=16), nullable=True))
    op.create_index(
        "ix_pictures_favourites",
        "pictures",
        ["favourite", "present", "status", "sort_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_pictures_picks", "pictures", ["flag", "present", "status", "sort_at", "id"], unique=False
    )
    op.add_column("places", sa.Column("blob", sa.String(length=128), nullable=True))
    op.create_index("ix_places_file", "places", ["inode", "bytes", "modified_ns"], unique=False)
    op.create_index("ix_places_reason", "places", ["present", "reason_code", "id"], unique=False)
    op.create_index(
        "ix_viewing_sessions_started_at", "viewing_sessions", ["account_id", "started_at", "id"], unique=False
    )
    op.create_index(
        "ix_deliveries_account_id", "deliveries", ["account_id", "rendition", "time", "id"], unique=False
    )
    op.create_index("ix_violations_account_id", "violations", ["account_id", "time", "id"], unique=False)
    op.add_column("violations", sa.Column("audit_sequence", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_violations_audit_sequence"), "violations", ["audit_sequence"], unique=False)
    _point_violations_to_their_entries()


def _point_violations_to_their_entries() -> None:
    entries = sa.table(
        "audit_entries", sa.column("sequence", sa.BigInteger), sa.column("kind"), sa.column("detail", sa.JSON)
    )
    violations = sa.table("violations", sa.column("id"), sa.column("audit_sequence", sa.BigInteger))
    connection = op.get_bind()
    reported = connection.execute(
        sa.select(entries.c.sequence, entries.c.detail).where(entries.c.kind == "capture_attempt")
    )
    for sequence, detail in reported.all():
        connection.execute(
            sa.update(violations)
            .where(violations.c.id == detail.get("violation"))
            .values(audit_sequence=sequence)
        )
