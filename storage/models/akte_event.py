"""What happened in a Vorgang, chained; see storage.akte.events for what a link covers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, TenantId


class AkteEvent(Base):
    """`previous_hash` is the link of the event before; the link of the newest stands in the row of the Vorgang."""

    __tablename__ = "akte_event"
    __table_args__ = (
        CheckConstraint("seq > 0", name="seq"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        {"info": {"append_only": True}},
    )

    tenant_id: Mapped[TenantId]
    vorgang_id: Mapped[Id]
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[str]
    kind: Mapped[str]
    subject_kind: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    subject_fingerprint: Mapped[bytes | None]
    instance_id: Mapped[UUID | None]
    instance_seq: Mapped[int | None]
    step_hash: Mapped[bytes | None]
    payload: Mapped[bytes]
    previous_hash: Mapped[bytes]
