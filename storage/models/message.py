"""Messages that came in, and the instances that wait for one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId


class MessageWait(Base):
    """An instance waits for the message `name` with the correlation key `key`."""

    __tablename__ = "message_wait"
    __table_args__ = (Index(None, "tenant_id", "name", "key"), {"sqlite_with_rowid": False})

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    instance_id: Mapped[UUID]
    wait: Mapped[str]
    element: Mapped[str]
    name: Mapped[str]
    key: Mapped[str]


class Message(Base):
    """A message with the sender's id, which is idempotent per tenant; values are in the encrypted `payload`.

    `stored` waits for an instance until `expires_at`; `ambiguous` met more than one; `expired` met none.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("status IN ('stored', 'delivered', 'ambiguous', 'expired')", name="status"),
        UniqueConstraint("tenant_id", "message_id"),
        Index(None, "tenant_id", "status", "expires_at"),
        Index(None, "tenant_id", "name", "key", "status"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    message_id: Mapped[str]
    name: Mapped[str]
    key: Mapped[str]
    status: Mapped[str]
    payload: Mapped[bytes]
    key_id: Mapped[UUID]
    received_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    instance_id: Mapped[UUID | None]
