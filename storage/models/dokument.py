"""Documents of a Vorgang: never deleted, only cancelled or re-filed, each with a reason."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class Richtung(StrEnum):
    EINGANG = "eingang"
    AUSGANG = "ausgang"
    INTERN = "intern"


class Fassung(StrEnum):
    ENTWURF = "entwurf"
    REINSCHRIFT = "reinschrift"


class ScanState(StrEnum):
    """What the virus scanner said; "clean" is never assumed."""

    OFFEN = "offen"
    SAUBER = "sauber"
    BEFALLEN = "befallen"
    NICHT_PRUEFBAR = "nicht_pruefbar"
    ENTFAELLT = "entfaellt"
    """Made by the product itself."""


class Dokument(Base):
    """`sha256` is that of the plaintext. The order of filing is that of the events about the documents.

    `name` (title or file name) is encrypted. `verfasser` is an actor id or a party's id; None: unknown sender.
    `previous_id` is the version before, `moved_from_id` the document that was re-filed here from another Vorgang.
    The object at `object_key` is encrypted with the key of the Vorgang and bound to tenant, Vorgang and document.
    """

    __tablename__ = "dokument"
    __table_args__ = (
        one_of("richtung", Richtung),
        one_of("fassung", Fassung),
        one_of("scan_state", ScanState),
        CheckConstraint("(storniert_at IS NULL) = (storniert_reason IS NULL)", name="storniert"),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "previous_id"], ["dokument.tenant_id", "dokument.id"]),
        ForeignKeyConstraint(["tenant_id", "moved_from_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "object_key"),
        Index(None, "tenant_id", "scan_state", "id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    richtung: Mapped[str]
    art: Mapped[str]
    name: Mapped[bytes]
    dokumentdatum: Mapped[date | None]
    eingegangen_am: Mapped[datetime | None]
    filed_at: Mapped[datetime]
    filed_by: Mapped[str]
    fassung: Mapped[str]
    version: Mapped[int]
    previous_id: Mapped[UUID | None]
    verfasser: Mapped[str | None]
    sha256: Mapped[bytes]
    size_bytes: Mapped[int]
    media_type: Mapped[str]
    object_key: Mapped[str]
    store_version_id: Mapped[str]
    scan_state: Mapped[str]
    moved_from_id: Mapped[UUID | None]
    storniert_at: Mapped[datetime | None]
    storniert_by: Mapped[str | None]
    storniert_reason: Mapped[str | None]
