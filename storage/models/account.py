"""Names of those who acted, so that a history can be read by people years later."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, TenantId


class Account(Base):
    """Staff and programs only, by actor id; the names of citizens are in their Vorgänge, encrypted."""

    __tablename__ = "account"

    tenant_id: Mapped[TenantId]
    actor_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    seen_at: Mapped[datetime]
