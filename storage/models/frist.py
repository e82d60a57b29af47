"""Legal periods: why they begin, when they end, what stopped or extended them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped

from storage.models.base import Base, Id, TenantId
from storage.models.checks import one_of
from storage.models.vorgang import Verfahrensrecht


class FristStatus(StrEnum):
    LAEUFT = "laeuft"
    GEHEMMT = "gehemmt"
    EINGEHALTEN = "eingehalten"
    ABGELAUFEN = "abgelaufen"
    ENTFALLEN = "entfallen"


class FristEventKind(StrEnum):
    VERLAENGERUNG_BEANTRAGT = "verlaengerung_beantragt"
    VERLAENGERT = "verlaengert"
    VERLAENGERUNG_ABGELEHNT = "verlaengerung_abgelehnt"
    GEHEMMT = "gehemmt"
    FORTGESETZT = "fortgesetzt"


class Frist(Base):
    """`ends_on` is its last day; `ends_at` the first moment after it, UTC. `reason` says in German why that day.

    `subject_kind`/`subject_id` is what it belongs to (bekanntgabe, rueckfrage, vorgang, ...).
    """

    __tablename__ = "frist"
    __table_args__ = (
        one_of("status", FristStatus),
        one_of("verfahrensrecht", Verfahrensrecht),
        ForeignKeyConstraint(["tenant_id", "vorgang_id"], ["vorgang.tenant_id", "vorgang.id"]),
        Index(None, "tenant_id", "vorgang_id"),
        Index(None, "tenant_id", "status", "ends_on"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    vorgang_id: Mapped[UUID]
    kind: Mapped[str]
    status: Mapped[str]
    verfahrensrecht: Mapped[str]
    norm: Mapped[str]
    rule: Mapped[str | None]
    reason: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    starts_on: Mapped[date]
    original_ends_on: Mapped[date]
    ends_on: Mapped[date]
    ends_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class FristEvent(Base):
    """What changed a Frist; the citizen asks for an extension, staff decides (§ 109 AO, § 31(7) HVwVfG)."""

    __tablename__ = "frist_event"
    __table_args__ = (
        one_of("kind", FristEventKind),
        ForeignKeyConstraint(["tenant_id", "frist_id"], ["frist.tenant_id", "frist.id"]),
        Index(None, "tenant_id", "frist_id", "at"),
        {"info": {"append_only": True}},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    frist_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[str]
    ends_on: Mapped[date | None]
    reason: Mapped[str]
