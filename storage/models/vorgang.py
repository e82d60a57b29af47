"""The Vorgang: the record of one matter, with 1..n instances of processes, and what becomes of it afterwards."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from storage.models.akte import Geheimnis
from storage.models.base import Base, Id, JsonList, TenantId
from storage.models.checks import one_of


class Art(StrEnum):
    """Only an Antrag can be withdrawn or refused; an Anzeige is a duty; a Meldung is neither."""

    ANTRAG = "antrag"
    ANZEIGE = "anzeige"
    MELDUNG = "meldung"


class Kanal(StrEnum):
    """The door through which it came."""

    PORTAL = "portal"
    SCHALTER = "schalter"
    PAPIER = "papier"
    TELEFON = "telefon"
    BOT = "bot"
    IOT = "iot"
    API = "api"


class VorgangStatus(StrEnum):
    """The life of the record, not of the process: the end of a process is not zdA."""

    OFFEN = "offen"
    ABGESCHLOSSEN = "abgeschlossen"
    ZDA = "zda"
    VERNICHTET = "vernichtet"


class Verfahrensrecht(StrEnum):
    AO = "ao"
    """Abgabenordnung, in Hessen for municipal charges through HessKAG § 4."""
    HVWVFG = "hvwvfg"
    SGB_X = "sgb_x"
    OWIG = "owig"
    KEINES = "keines"


class TrustLevel(StrEnum):
    """How surely it was known who sent it (levels of the Servicekonto, BSI TR-03160)."""

    KEINS = "keins"
    BASISREGISTRIERUNG = "basisregistrierung"
    SUBSTANTIELL = "substantiell"
    HOCH = "hoch"


class VorgangRow(Base):
    """`eingegangen_am` is when it reached the office, `erfasst_am` when it was typed; both are moments in UTC.

    `typed_by` filled in the form, `declared_by` answers for it: both are actor ids, `declared_by` None when the
    declaring person has no account. `trust_level` is what the session had reached when it was sent, `trust_source` who
    vouched for it. `kette_seq` and `kette_hash` are the head of the chain in `akte_event`; they are not indexed, so
    PostgreSQL updates in place. The stage that the status page shows is derived from tasks and decisions.
    """

    __tablename__ = "vorgang"
    __table_args__ = (
        one_of("art", Art),
        one_of("kanal", Kanal),
        one_of("status", VorgangStatus),
        one_of("geheimnis", Geheimnis),
        one_of("verfahrensrecht", Verfahrensrecht),
        one_of("trust_level", TrustLevel),
        UniqueConstraint("tenant_id", "aktenzeichen"),
        ForeignKeyConstraint(["tenant_id", "akte_id"], ["akte.tenant_id", "akte.id"]),
        ForeignKeyConstraint(["tenant_id", "key_id"], ["data_key.tenant_id", "data_key.id"]),
        Index(None, "tenant_id", "akte_id", "eingegangen_am"),
        Index(None, "tenant_id", "procedure_key", "status", "eingegangen_am", "id"),
        Index(None, "tenant_id", "status", "retention_until"),
        {"postgresql_with": {"fillfactor": 80}},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    akte_id: Mapped[UUID]
    aktenzeichen: Mapped[str]
    procedure_key: Mapped[str]
    deployment_id: Mapped[UUID | None]
    art: Mapped[str]
    status: Mapped[str]
    kanal: Mapped[str]
    typed_by: Mapped[str]
    declared_by: Mapped[str | None]
    eingegangen_am: Mapped[datetime]
    erfasst_am: Mapped[datetime]
    office: Mapped[str]
    geheimnis: Mapped[str]
    verfahrensrecht: Mapped[str]
    jurisdiction: Mapped[str]
    trust_level: Mapped[str]
    trust_source: Mapped[str | None]
    access_code_hash: Mapped[bytes | None]
    key_id: Mapped[UUID]
    kette_seq: Mapped[int]
    kette_hash: Mapped[bytes]
    closed_at: Mapped[datetime | None]
    zda_at: Mapped[datetime | None]
    zda_by: Mapped[str | None]
    retention_class: Mapped[str | None]
    retention_years: Mapped[int | None]
    retention_until: Mapped[date | None]


class VorgangLink(Base):
    """Two Vorgänge that belong together: Widerspruch gegen, Duplikat von, Folge von."""

    __tablename__ = "vorgang_link"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "other_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "other_id"),
    )

    tenant_id: Mapped[TenantId]
    vorgang_id: Mapped[Id]
    other_id: Mapped[Id]
    kind: Mapped[str]
    linked_at: Mapped[datetime]
    linked_by: Mapped[str]


class Suchmerkmal(Base):
    """A declared search attribute in clear (Kassenzeichen, chip number, household), as few as the office needs.

    `value` is normalised by the procedure; the rows go when the key of the Vorgang is destroyed.
    """

    __tablename__ = "suchmerkmal"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "name", "value"),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    name: Mapped[str]
    value: Mapped[str]


class Vermerk(Base):
    """A note in the file (Telefonvermerk, Aktenvermerk), encrypted; never changed, only followed by another."""

    __tablename__ = "vermerk"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "vorgang_id", "at"),
        {"info": {"append_only": True}},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[str]
    text: Mapped[bytes]


class Beteiligung(Base):
    """Another office is asked (Ordnungsamt for a dangerous dog); it sees the fields named here and nothing else."""

    __tablename__ = "beteiligung"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "office", "answered_at", "due_on"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    office: Mapped[str]
    norm: Mapped[str]
    fields: Mapped[JsonList]
    question: Mapped[bytes]
    due_on: Mapped[date | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answer: Mapped[bytes | None]


class Offenlegung(Base):
    """A disclosure to somebody outside the office: an act of its own, with the norm that allows it."""

    __tablename__ = "offenlegung"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "vorgang_id", "at"),
        {"info": {"append_only": True}},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    recipient: Mapped[str]
    norm: Mapped[str]
    purpose: Mapped[str]
    content: Mapped[bytes]
    at: Mapped[datetime]
    actor_id: Mapped[str]
