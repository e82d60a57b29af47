"""After zdA: holds, the offer to the archive, and destruction, which a second person confirms."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, JsonObject, TenantId
from storage.models.checks import one_of


class Bewertung(StrEnum):
    """The archive's appraisal after Anbietung (§ 4 HArchivG); the letters are xdomea's."""

    ARCHIVIEREN = "A"
    BEWERTEN = "B"
    VERNICHTEN = "V"


class Loeschsperre(Base):
    """A hold: as long as one is open (Rechtsstreit, Vollstreckung), nothing of the Vorgang is destroyed."""

    __tablename__ = "loeschsperre"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    reason: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None]


class Aussonderung(Base):
    """What was offered, how it was appraised, who proposed and who confirmed; stays as the Löschprotokoll."""

    __tablename__ = "aussonderung"
    __table_args__ = (
        one_of("bewertung", Bewertung),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="second_person"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "destroyed_at", "offered_at"),
    )

    tenant_id: Mapped[TenantId]
    vorgang_id: Mapped[Id]
    archive: Mapped[str]
    offered_at: Mapped[datetime]
    offered_by: Mapped[str]
    bewertung: Mapped[str | None]
    appraised_at: Mapped[datetime | None]
    proposed_by: Mapped[str | None]
    proposed_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    destroyed_at: Mapped[datetime | None]
    protocol: Mapped[JsonObject | None]
