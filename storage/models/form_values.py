"""What somebody sent with a form, encrypted, apart from the state of the process."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId

_OF_VORGANG = text("vorgang_id IS NOT NULL")


class FormValues(Base):
    """One submission: the start form (`task_id` None) or the form of a task."""

    __tablename__ = "form_values"
    __table_args__ = (
        Index(None, "tenant_id", "instance_id"),
        Index(None, "tenant_id", "vorgang_id", postgresql_where=_OF_VORGANG, sqlite_where=_OF_VORGANG),
        {"info": {"append_only": True}},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    instance_id: Mapped[UUID | None]
    vorgang_id: Mapped[UUID | None]
    task_id: Mapped[UUID | None]
    form_key: Mapped[str]
    actor_id: Mapped[str]
    submitted_at: Mapped[datetime]
    payload: Mapped[bytes]
    key_id: Mapped[UUID]
