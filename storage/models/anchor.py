"""What was written to the anchor outside the database, so that a shortened anchor is noticed too."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, TenantId


class Anchor(Base):
    """One entry of the anchor file: its number, how many heads it holds, and its link."""

    __tablename__ = "anchor"
    __table_args__ = ({"info": {"append_only": True}},)

    tenant_id: Mapped[TenantId]
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    heads: Mapped[int]
    hash: Mapped[bytes]
