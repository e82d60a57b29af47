"""Sessions of the web pages, and the ids of used logout tokens."""

import sqlalchemy as sa
from alembic import op

from storage import rls
from storage.models.base import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "web_session",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("provider_sid", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("realm IN ('buergerkonto', 'verwaltung')", name=op.f("ck_web_session_realm")),
        sa.PrimaryKeyConstraint("tenant_id", "id_sha256", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_tenant_id_expires_at"), "web_session", ["tenant_id", "expires_at"])
    op.create_index(op.f("ix_web_session_tenant_id_actor_id"), "web_session", ["tenant_id", "actor_id"])
    op.create_index(op.f("ix_web_session_tenant_id_provider_sid"), "web_session", ["tenant_id", "provider_sid"])
    op.create_table(
        "seen_token",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("jti_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "jti_sha256", name=op.f("pk_seen_token")),
    )
    op.create_index(op.f("ix_seen_token_tenant_id_expires_at"), "seen_token", ["tenant_id", "expires_at"])
    rls.protect("web_session", "seen_token")


def downgrade() -> None:
    op.drop_table("seen_token")
    op.drop_table("web_session")
