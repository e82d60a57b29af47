"""Decisions and how they reach their addressees; remedy and finality hang on each Bekanntgabe."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, JsonObject, TenantId
from storage.models.checks import one_of
from storage.models.vorgang import Verfahrensrecht


class VerwaltungsaktStatus(StrEnum):
    ENTWURF = "entwurf"
    FREIGEGEBEN = "freigegeben"
    BEKANNT_GEGEBEN = "bekannt_gegeben"
    ANGEFOCHTEN = "angefochten"
    BESTANDSKRAEFTIG = "bestandskraeftig"
    GEAENDERT = "geaendert"
    AUFGEHOBEN = "aufgehoben"


class Adressat(StrEnum):
    INHALTSADRESSAT = "inhaltsadressat"
    BEKANNTGABEADRESSAT = "bekanntgabeadressat"


class BekanntgabeKanal(StrEnum):
    BRIEF = "brief"
    PORTAL_ABRUF = "portal_abruf"
    NUTZERKONTO_POSTFACH = "nutzerkonto_postfach"
    ZUSTELLUNG = "zustellung"


class BekanntgabeStatus(StrEnum):
    VORBEREITET = "vorbereitet"
    BEREITGESTELLT = "bereitgestellt"
    ABGESANDT = "abgesandt"
    BEKANNT_GEGEBEN = "bekannt_gegeben"
    NICHT_BEKANNT_GEGEBEN = "nicht_bekannt_gegeben"
    """Not fetched in time, no notification, or Rücklauf: another attempt has to follow."""


class Benachrichtigung(StrEnum):
    """The mail that says "something lies in your Postfach"; without it nothing is served electronically."""

    KEINE = "keine"
    WARTET = "wartet"
    VERSANDT = "versandt"
    FEHLGESCHLAGEN = "fehlgeschlagen"


class RechtsbehelfForm(StrEnum):
    SCHRIFTLICH = "schriftlich"
    NIEDERSCHRIFT = "niederschrift"
    ELEKTRONISCH = "elektronisch"


class Verwaltungsakt(Base):
    """`tenor` is the decision as data and `reasons` the text, both encrypted; `legal_basis` the norms with versions.

    `prepared_by` drafted, `signed_by` signed with the Zeichnungsbefugnis named; `second_person` is true where
    another one than everybody before had to sign. `ersetzt_id` is the decision that this one changes or replaces.
    """

    __tablename__ = "verwaltungsakt"
    __table_args__ = (
        one_of("status", VerwaltungsaktStatus),
        one_of("verfahrensrecht", Verfahrensrecht),
        CheckConstraint("NOT second_person OR signed_by IS NULL OR signed_by <> prepared_by", name="second_person"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "ersetzt_id"], ["verwaltungsakt.tenant_id", "verwaltungsakt.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "status", "kind", "id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    kind: Mapped[str]
    status: Mapped[str]
    verfahrensrecht: Mapped[str]
    jurisdiction: Mapped[str]
    tenor: Mapped[bytes]
    reasons: Mapped[bytes | None]
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    legal_basis: Mapped[JsonObject]
    satzung_version: Mapped[str | None]
    ersetzt_id: Mapped[UUID | None]
    dokument_id: Mapped[UUID | None]
    second_person: Mapped[bool]
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[str]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signed_as: Mapped[str | None]


class VerwaltungsaktAdressat(Base):
    """For whom the decision is meant, and to whom it is made known; often the same party, not always."""

    __tablename__ = "verwaltungsakt_adressat"
    __table_args__ = (
        one_of("rolle", Adressat),
        ForeignKeyConstraint(["tenant_id", "verwaltungsakt_id"], ["verwaltungsakt.tenant_id", "verwaltungsakt.id"]),
        ForeignKeyConstraint(["tenant_id", "party_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        Index(None, "tenant_id", "party_id"),
    )

    tenant_id: Mapped[TenantId]
    verwaltungsakt_id: Mapped[Id]
    party_id: Mapped[Id]
    rolle: Mapped[str] = mapped_column(primary_key=True)


class VerwaltungsaktDokument(Base):
    """Further documents of a decision: enclosures, statements, the scan of an answer."""

    __tablename__ = "verwaltungsakt_dokument"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "verwaltungsakt_id"], ["verwaltungsakt.tenant_id", "verwaltungsakt.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "dokument_id"),
    )

    tenant_id: Mapped[TenantId]
    verwaltungsakt_id: Mapped[Id]
    dokument_id: Mapped[Id]
    purpose: Mapped[str]


class Bekanntgabe(Base):
    """One attempt to make one decision known to one party, with every date that counts for it.

    `rule`, `norm` and `reason` (a German sentence) come from the law tables at the time of the attempt. Where the law
    is open, `frist_ende` is the earlier end, which is told to people, and `frist_ende_latest` the later one, after
    which alone finality is noted. `abgesandt_am` with `abgesandt_by` is the Ab-Vermerk: nothing is served by letter
    before. `ruecklauf_am` voids a letter. Finality is noted and can be revoked.
    """

    __tablename__ = "bekanntgabe"
    __table_args__ = (
        one_of("kanal", BekanntgabeKanal),
        one_of("status", BekanntgabeStatus),
        one_of("notification", Benachrichtigung),
        CheckConstraint("(abgesandt_am IS NULL) = (abgesandt_by IS NULL)", name="ab_vermerk"),
        UniqueConstraint("tenant_id", "verwaltungsakt_id", "party_id", "attempt"),
        ForeignKeyConstraint(["tenant_id", "verwaltungsakt_id"], ["verwaltungsakt.tenant_id", "verwaltungsakt.id"]),
        ForeignKeyConstraint(["tenant_id", "party_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "status", "frist_ende"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    verwaltungsakt_id: Mapped[UUID]
    party_id: Mapped[UUID]
    attempt: Mapped[int]
    kanal: Mapped[str]
    status: Mapped[str]
    rule: Mapped[str | None]
    norm: Mapped[str | None]
    reason: Mapped[str | None]
    address: Mapped[bytes | None]
    bereitgestellt_at: Mapped[datetime | None]
    notification: Mapped[str]
    notification_job_id: Mapped[UUID | None]
    notified_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    abgesandt_am: Mapped[date | None]
    abgesandt_by: Mapped[str | None]
    abgesandt_recorded_at: Mapped[datetime | None]
    zugestellt_am: Mapped[date | None]
    ruecklauf_am: Mapped[date | None]
    ruecklauf_reason: Mapped[str | None]
    ruecklauf_by: Mapped[str | None]
    bekanntgegeben_am: Mapped[date | None]
    remedy: Mapped[str | None]
    frist_ende: Mapped[date | None]
    frist_ende_latest: Mapped[date | None]
    frist_abgelaufen_at: Mapped[datetime | None]
    bestandskraft_noted_on: Mapped[date | None]
    bestandskraft_revoked_on: Mapped[date | None]
    bestandskraft_revoked_reason: Mapped[str | None]
    created_at: Mapped[datetime]


class Rechtsbehelf(Base):
    """A Widerspruch or a Klage against one Bekanntgabe, as it reached the office; on paper it is recorded by staff."""

    __tablename__ = "rechtsbehelf"
    __table_args__ = (
        one_of("form", RechtsbehelfForm),
        ForeignKeyConstraint(["tenant_id", "bekanntgabe_id"], ["bekanntgabe.tenant_id", "bekanntgabe.id"]),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "bekanntgabe_id"),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    bekanntgabe_id: Mapped[UUID]
    kind: Mapped[str]
    form: Mapped[str]
    eingegangen_am: Mapped[datetime]
    dokument_id: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    wiedereinsetzung: Mapped[bool]
    result: Mapped[str | None]
    settled_on: Mapped[date | None]
