"""What was written to the anchor outside the database, so that a shortened anchor is noticed too."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class ChainKind(StrEnum):
    INSTANCE = "instance"
    VORGANG = "vorgang"
    ZUGRIFF = "zugriff"


class Anchor(Base):
    """One entry of the anchor file: its number, how many heads it holds, its link, and where in the file it ends."""

    __tablename__ = "anchor"
    __table_args__ = ({"info": {"append_only": True}},)

    tenant_id: Mapped[TenantId]
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    heads: Mapped[int]
    hash: Mapped[bytes]
    ends_at_byte: Mapped[int] = mapped_column(BigInteger)


class AnchoredHead(Base):
    """How far a chain was anchored when it was anchored last; tells the next anchor which chains have grown."""

    __tablename__ = "anchored_head"
    __table_args__ = (one_of("kind", ChainKind),)

    tenant_id: Mapped[TenantId]
    kind: Mapped[str] = mapped_column(primary_key=True)
    chain_id: Mapped[Id]
    seq: Mapped[int]
