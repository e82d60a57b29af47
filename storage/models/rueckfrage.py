"""A letter to the citizen that asks for 1..n things, with one Frist."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class RueckfrageStatus(StrEnum):
    OFFEN = "offen"
    BEANTWORTET = "beantwortet"
    ERLEDIGT = "erledigt"
    UEBERFAELLIG = "ueberfaellig"


class PunktStatus(StrEnum):
    OFFEN = "offen"
    ERFUELLT = "erfuellt"
    VERZICHTET = "verzichtet"


class PunktKind(StrEnum):
    """A missing Nachweis costs its advantage; a missing Angabe is found out or estimated (§§ 88, 162 AO)."""

    NACHWEIS = "nachweis"
    ANGABE = "angabe"


class Rueckfrage(Base):
    """`text` is encrypted; `dokument_id` is the letter; one reminder names the consequence."""

    __tablename__ = "rueckfrage"
    __table_args__ = (
        one_of("status", RueckfrageStatus),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        ForeignKeyConstraint(["tenant_id", "frist_id"], ["frist.tenant_id", "frist.id"]),
        ForeignKeyConstraint(["tenant_id", "party_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    party_id: Mapped[UUID | None]
    instance_id: Mapped[UUID | None]
    status: Mapped[str]
    text: Mapped[bytes]
    frist_id: Mapped[UUID | None]
    dokument_id: Mapped[UUID | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    reminded_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class RueckfragePunkt(Base):
    """One thing that is asked for; `field` is the form field that it concerns, if any."""

    __tablename__ = "rueckfrage_punkt"
    __table_args__ = (
        one_of("status", PunktStatus),
        one_of("kind", PunktKind),
        ForeignKeyConstraint(["tenant_id", "rueckfrage_id"], ["rueckfrage.tenant_id", "rueckfrage.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "rueckfrage_id", "position"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    rueckfrage_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[str]
    field: Mapped[str | None]
    text: Mapped[bytes]
    due_on: Mapped[date | None]
    status: Mapped[str]
    answer: Mapped[bytes | None]
    dokument_id: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None]
