"""Data keys, wrapped by the master key; destroying one erases what it encrypted and nothing else."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class KeyPurpose(StrEnum):
    """Whose key it is. The key of an Entwurf goes on as the key of the Vorgang that grows out of it."""

    AKTE = "akte"
    VORGANG = "vorgang"
    INSTANCE = "instance"


class DataKeyRow(Base):
    """`wrapped` is bound to id and tenant; it is empty once the key is destroyed, and the row stays as the proof."""

    __tablename__ = "data_key"
    __table_args__ = (
        one_of("purpose", KeyPurpose),
        CheckConstraint("(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed"),
        CheckConstraint("(destroyed_at IS NULL) = (destroyed_reason IS NULL)", name="reason"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    purpose: Mapped[str]
    master_key_id: Mapped[str]
    wrapped: Mapped[bytes | None]
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]
    destroyed_by: Mapped[str | None]
    destroyed_reason: Mapped[str | None]
