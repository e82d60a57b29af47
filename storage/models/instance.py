"""One run of a process: its whole state is one encrypted document in one row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId


class Instance(Base):
    """`version` counts the steps and guards every write; `head_hash` is the link of the newest step.

    `status` is one of `storage.steps.Status`. No column that changes with each step is indexed, and pages keep room:
    so PostgreSQL updates in place (HOT). The rows of its steps, tasks, jobs and waits have no foreign key to it and
    nothing here is checked by the database, because each step would pay for it again: they are written by steps only
    (storage/steps.py), in one statement that hangs on this row.
    """

    __tablename__ = "instance"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "deployment_id"], ["deployment.tenant_id", "deployment.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "procedure_key", "status", "started_at", "id"),
        Index(None, "tenant_id", "business_key"),
        {"postgresql_with": {"fillfactor": 60}},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    version: Mapped[int]
    status: Mapped[str]
    procedure_key: Mapped[str]
    deployment_id: Mapped[UUID]
    vorgang_id: Mapped[UUID | None]
    business_key: Mapped[str | None]
    key_id: Mapped[UUID]
    state: Mapped[bytes]
    head_hash: Mapped[bytes]
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
