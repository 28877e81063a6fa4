"""Make room for what machines can hold, exemptions, judgements of captures, and programs that are known."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns and two tables; nothing that is there changes."""
    for column in (
        sa.Column("holds", sa.String(length=8), nullable=True),
        sa.Column("holds_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("holds_reason", sa.String(length=500), nullable=True),
        sa.Column("sentinel_id", sa.String(length=32), nullable=True),
        sa.Column("sentinel_beats", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("doubted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("strengthened_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("viewing_sessions", column)
    for column in (
        sa.Column("brief", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("spared", sa.String(length=16), nullable=True),
        sa.Column("judgement", sa.String(length=16), nullable=True),
        sa.Column("judged_note", sa.String(length=500), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged_by", sa.String(length=64), nullable=True),
    ):
        op.add_column("violations", column)
    op.create_table(
        "assistive_exemptions",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_assistive_exemptions_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_assistive_exemptions")),
    )
    op.create_table(
        "quiet_programs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("executable", sa.Text(), nullable=False),
        sa.Column("violation_id", sa.String(length=36), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["violation_id"], ["violations.id"], name=op.f("fk_quiet_programs_violation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiet_programs")),
    )
    op.create_index(op.f("ix_quiet_programs_expires_at"), "quiet_programs", ["expires_at"], unique=False)
