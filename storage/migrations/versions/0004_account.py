"""Names of staff and programs, for histories and letters."""

import sqlalchemy as sa
from alembic import op

from storage import rls
from storage.models.base import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "actor_id", name=op.f("pk_account")),
    )
    rls.protect("account")


def downgrade() -> None:
    op.drop_table("account")
