"""The Aktenplan: where an Akte belongs, and how long what lies in it is kept."""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId


class AktenplanPosition(Base):
    """A position as the city's own plan has it, for example 20.31 "Hundesteuer"; plans change, positions end.

    `retention_years` is the city's decision with `retention_source` (house rule, KGSt, statute); it is no rule for
    deletion: everything is offered to the archive first (§ 4 HArchivG).
    """

    __tablename__ = "aktenplan_position"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kennzahl", "valid_from"),
        ForeignKeyConstraint(["tenant_id", "parent_id"], ["aktenplan_position.tenant_id", "aktenplan_position.id"]),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    parent_id: Mapped[UUID | None]
    kennzahl: Mapped[str]
    title: Mapped[str]
    retention_years: Mapped[int | None]
    retention_source: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
