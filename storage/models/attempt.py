"""Tries that did not succeed: for limiting how often somebody may guess."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId


class Attempt(Base):
    """One try against one subject (a number, an address, a token), of which only a hash is kept, for minutes."""

    __tablename__ = "attempt"
    __table_args__ = (Index(None, "tenant_id", "subject_sha256", "at"), Index(None, "tenant_id", "at"))

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    subject_sha256: Mapped[bytes]
    at: Mapped[datetime]
