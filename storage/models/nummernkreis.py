"""Counters of the number ranges."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, TenantId


class Nummernkreis(Base):
    """The last number drawn of a range in a year (`jahr` 0: a range that never starts again)."""

    __tablename__ = "nummernkreis"
    __table_args__ = (CheckConstraint("letzte > 0", name="letzte"),)

    tenant_id: Mapped[TenantId]
    name: Mapped[str] = mapped_column(primary_key=True)
    jahr: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    letzte: Mapped[int]
