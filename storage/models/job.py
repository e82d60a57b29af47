"""Work for later: timers, calls of connectors, continuations, deliveries of messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, JsonObject, TenantId


class Job(Base):
    """`id` is the idempotency key of the call. `due_at` is when it was meant to run and never changes.

    `run_at` is when a worker may take it: due date, end of a lease or of a back-off; None = parked by an incident.
    `queue` is `internal` for our own worker, else the topic that external workers fetch.
    `arguments` are clear and hold ids only; values are in the encrypted `payload`. The jobs of an instance are found
    by its waits: `storage.steps.row_id(instance, wait)`.
    """

    __tablename__ = "job"
    __table_args__ = (Index(None, "tenant_id", "queue", "run_at", "id"), {"sqlite_with_rowid": False})

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    queue: Mapped[str]
    kind: Mapped[str]
    topic: Mapped[str | None]
    instance_id: Mapped[UUID | None]
    vorgang_id: Mapped[UUID | None]
    wait: Mapped[str | None]
    element: Mapped[str | None]
    arguments: Mapped[JsonObject]
    payload: Mapped[bytes | None]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    run_at: Mapped[datetime | None]
    attempts: Mapped[int]
    lease_owner: Mapped[str | None]
