"""What the Kasse is told after signing: the Sollstellung, its instalments, the SEPA mandate."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class SollstellungStatus(StrEnum):
    VORBEREITET = "vorbereitet"
    UEBERGEBEN = "uebergeben"
    BESTAETIGT = "bestaetigt"
    ABGELEHNT = "abgelehnt"


class Sollstellung(Base):
    """`job_id` is the job that hands it over; its id is the finance system's idempotency key.

    Festgestellt and angeordnet by two people where the house rule wants it: "sachlich und rechnerisch richtig".
    `dokument_id` is the record that was handed over, as it was.
    """

    __tablename__ = "sollstellung"
    __table_args__ = (
        one_of("status", SollstellungStatus),
        CheckConstraint("waehrung = 'EUR'", name="waehrung"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "verwaltungsakt_id"], ["verwaltungsakt.tenant_id", "verwaltungsakt.id"]),
        ForeignKeyConstraint(["tenant_id", "schuldner_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        ForeignKeyConstraint(["tenant_id", "mandat_id"], ["sepa_mandat.tenant_id", "sepa_mandat.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "kassenzeichen"),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "status", "created_at"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    verwaltungsakt_id: Mapped[UUID]
    schuldner_id: Mapped[UUID]
    kassenzeichen: Mapped[str]
    haushaltsstelle: Mapped[str]
    waehrung: Mapped[str]
    mandat_id: Mapped[UUID | None]
    status: Mapped[str]
    festgestellt_by: Mapped[str | None]
    festgestellt_at: Mapped[datetime | None]
    angeordnet_by: Mapped[str | None]
    angeordnet_at: Mapped[datetime | None]
    job_id: Mapped[UUID | None]
    dokument_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    uebergeben_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    abgelehnt_reason: Mapped[str | None]


class SollstellungRate(Base):
    """One amount with its due date; a refund is negative."""

    __tablename__ = "sollstellung_rate"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "sollstellung_id"], ["sollstellung.tenant_id", "sollstellung.id"]),
    )

    tenant_id: Mapped[TenantId]
    sollstellung_id: Mapped[Id]
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_on: Mapped[date]
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]


class SepaMandat(Base):
    """`iban` is encrypted, `iban_masked` is what everybody but the Kasse sees; another holder confirms himself."""

    __tablename__ = "sepa_mandat"
    __table_args__ = (
        UniqueConstraint("tenant_id", "mandatsreferenz"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "kontoinhaber_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    kontoinhaber_id: Mapped[UUID]
    glaeubiger_id: Mapped[str]
    mandatsreferenz: Mapped[str]
    wording: Mapped[str]
    iban: Mapped[bytes]
    iban_masked: Mapped[str]
    dokument_id: Mapped[UUID | None]
    given_on: Mapped[date]
    confirmed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[date | None]
