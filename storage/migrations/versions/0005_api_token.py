"""Bearer tokens of programs."""

import sqlalchemy as sa
from alembic import op

from storage import rls
from storage.models.base import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("tenant_id", "secret_sha256", name=op.f("uq_api_token_tenant_id_secret_sha256")),
    )
    rls.protect("api_token")


def downgrade() -> None:
    op.drop_table("api_token")
