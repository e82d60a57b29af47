"""Who looked at what: access records, and the blocks in which a job chains them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class ZugriffKind(StrEnum):
    LESEN = "lesen"
    HERUNTERLADEN = "herunterladen"
    EXPORT = "export"
    AUSKUNFT = "auskunft"
    """Told somebody by number and code, at the 115 desk or by the bot."""


class Zugriff(Base):
    """One access; `block_seq` and `position` are set once, when the job chains it. No reference to the Vorgang: the
    proof of an access outlives what was looked at.
    """

    __tablename__ = "zugriff"
    __table_args__ = (
        one_of("kind", ZugriffKind),
        UniqueConstraint("tenant_id", "block_seq", "position"),
        Index(None, "tenant_id", "vorgang_id", "at"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[str]
    reason: Mapped[str | None]
    block_seq: Mapped[int | None]
    position: Mapped[int | None]


class ZugriffBlock(Base):
    """`records_hash` stands for the records of the block in their order; blocks of a tenant form one chain.

    `hash` is the link of the block itself: the newest block has no other head.
    """

    __tablename__ = "zugriff_block"
    __table_args__ = ({"info": {"append_only": True}},)

    tenant_id: Mapped[TenantId]
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    records: Mapped[int]
    records_hash: Mapped[bytes]
    previous_hash: Mapped[bytes]
    hash: Mapped[bytes]
