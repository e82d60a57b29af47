"""What is old can be found for forgetting, and what nobody reads is gone: the stage of a Vorgang is derived."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_idempotency_key_tenant_id_created_at"), "idempotency_key", ["tenant_id", "created_at"])
    op.drop_column("vorgang", "stand")


def downgrade() -> None:
    op.add_column("vorgang", sa.Column("stand", sa.Text(), nullable=False, server_default="eingegangen"))
    op.drop_index(op.f("ix_idempotency_key_tenant_id_created_at"), "idempotency_key")
