"""The states of an object of the Bestand are counted, so that two writers at once cannot both be right.

No release could write such rows yet, so there are none to be counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bestandsobjekt_state", sa.Column("seq", sa.Integer(), nullable=False, server_default="1"))
    op.create_index(
        op.f("uq_bestandsobjekt_state_tenant_id_bestandsobjekt_id_seq"),
        "bestandsobjekt_state",
        ["tenant_id", "bestandsobjekt_id", "seq"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_index(op.f("uq_bestandsobjekt_state_tenant_id_bestandsobjekt_id_seq"), "bestandsobjekt_state")
    op.drop_column("bestandsobjekt_state", "seq")
