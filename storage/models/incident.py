"""Something that a person must look at: the product gave up, and says why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId


class Incident(Base):
    """`code` is stable and English, `cause` is the real cause (type and message of the error); open until resolved."""

    __tablename__ = "incident"
    __table_args__ = (
        Index(None, "tenant_id", "resolved_at", "occurred_at", "id"),
        Index(None, "tenant_id", "instance_id"),
        Index(None, "tenant_id", "job_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    code: Mapped[str]
    cause: Mapped[str]
    instance_id: Mapped[UUID | None]
    vorgang_id: Mapped[UUID | None]
    job_id: Mapped[UUID | None]
    element: Mapped[str | None]
    occurred_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
