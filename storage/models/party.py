"""Who takes part in a Vorgang: parties, not accounts."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of


class Rolle(StrEnum):
    ANTRAGSTELLER = "antragsteller"
    STEUERSCHULDNER = "steuerschuldner"
    """Several of one Vorgang are Gesamtschuldner (§ 44 AO)."""
    GESETZLICHER_VERTRETER = "gesetzlicher_vertreter"
    BEVOLLMAECHTIGTER = "bevollmaechtigter"
    EMPFANGSBEVOLLMAECHTIGTER = "empfangsbevollmaechtigter"
    KONTOINHABER = "kontoinhaber"
    BETEILIGTER = "beteiligter"


class PartyKind(StrEnum):
    PERSON = "person"
    ORGANISATION = "organisation"


class VorgangParty(Base):
    """A person or organisation in one role; who and where is in `details`, encrypted with the Vorgang's key.

    `account` is an actor id or None (somebody without an account has the Vorgang's number and code). Both ends of
    `valid_from`..`valid_to` are included. `represents_id` is the party for whom a representative acts.
    """

    __tablename__ = "vorgang_party"
    __table_args__ = (
        one_of("rolle", Rolle),
        one_of("kind", PartyKind),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "represents_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "account", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    rolle: Mapped[str]
    kind: Mapped[str]
    account: Mapped[str | None]
    represents_id: Mapped[UUID | None]
    details: Mapped[bytes]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class Einwilligung(Base):
    """What a party chose or agreed to (electronic Bekanntgabe), with the wording that was shown, and its revocation."""

    __tablename__ = "einwilligung"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        ForeignKeyConstraint(["tenant_id", "party_id"], ["vorgang_party.tenant_id", "vorgang_party.id"]),
        Index(None, "tenant_id", "vorgang_id"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    party_id: Mapped[UUID]
    kind: Mapped[str]
    choice: Mapped[str]
    wording: Mapped[str]
    norm: Mapped[str]
    chosen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
