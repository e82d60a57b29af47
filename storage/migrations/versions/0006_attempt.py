"""Tries that did not succeed, for limits that hold over all web processes."""

import sqlalchemy as sa
from alembic import op

from storage import rls
from storage.models.base import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempt",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_tenant_id_subject_sha256_at"), "attempt", ["tenant_id", "subject_sha256", "at"])
    op.create_index(op.f("ix_attempt_tenant_id_at"), "attempt", ["tenant_id", "at"])
    rls.protect("attempt")


def downgrade() -> None:
    op.drop_table("attempt")
