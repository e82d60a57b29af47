"""Keys of requests that created something: a repeated request gets the first answer."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, JsonObject, TenantId


class IdempotencyKey(Base):
    """`response` holds ids only; the caller makes `key` unique per sender, so that nobody reads another's answer."""

    __tablename__ = "idempotency_key"
    __table_args__ = (Index(None, "tenant_id", "created_at"), {"sqlite_with_rowid": False})

    tenant_id: Mapped[TenantId]
    key: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[bytes]
    response: Mapped[JsonObject]
    created_at: Mapped[datetime]
