"""The Postfach: messages between the office and a party, and whether somebody was told."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of
from storage.models.verwaltungsakt import Benachrichtigung


class NachrichtRichtung(StrEnum):
    AN_PARTEI = "an_partei"
    VON_PARTEI = "von_partei"


class Nachricht(Base):
    """Subject and text are encrypted with the key of the Vorgang. `account` repeats the party's, for the list."""

    __tablename__ = "nachricht"
    __table_args__ = (
        one_of("richtung", NachrichtRichtung),
        one_of("notification", Benachrichtigung),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "party_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        Index(None, "tenant_id", "account", "sent_at", "id"),
        Index(None, "tenant_id", "vorgang_id", "sent_at"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    party_id: Mapped[UUID | None]
    account: Mapped[str | None]
    richtung: Mapped[str]
    subject: Mapped[bytes]
    text: Mapped[bytes]
    due_on: Mapped[date | None]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str]
    read_at: Mapped[datetime | None]
    notification: Mapped[str]
    notification_job_id: Mapped[UUID | None]
    notified_at: Mapped[datetime | None]
    notification_error: Mapped[str | None]


class NachrichtDokument(Base):
    """A document that lies in the Postfach with a message."""

    __tablename__ = "nachricht_dokument"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "nachricht_id"], ["nachricht.tenant_id", "nachricht.id"]),
        ForeignKeyConstraint(["tenant_id", "dokument_id"], ["dokument.tenant_id", "dokument.id"]),
        Index(None, "tenant_id", "dokument_id"),
    )

    tenant_id: Mapped[TenantId]
    nachricht_id: Mapped[Id]
    dokument_id: Mapped[Id]
