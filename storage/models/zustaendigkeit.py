"""Who may sign what, and who stands in for whom: data of the office, with dates."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, TenantId


class Zeichnungsbefugnis(Base):
    """A role may sign decisions of a kind up to an amount (None: any); `second_person` asks for another one to sign."""

    __tablename__ = "zeichnungsbefugnis"
    __table_args__ = (Index(None, "tenant_id", "procedure_key", "decision_kind"),)

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    role: Mapped[str]
    procedure_key: Mapped[str]
    decision_kind: Mapped[str]
    up_to_cents: Mapped[int | None] = mapped_column(BigInteger)
    second_person: Mapped[bool]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class Vertretung(Base):
    """From `starts_on` to `ends_on` (both included) `substitute` sees and does the work of `absent`."""

    __tablename__ = "vertretung"
    __table_args__ = (
        CheckConstraint("absent <> substitute", name="another"),
        CheckConstraint("ends_on >= starts_on", name="period"),
        Index(None, "tenant_id", "substitute", "ends_on"),
        Index(None, "tenant_id", "absent", "ends_on"),
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    absent: Mapped[str]
    substitute: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
    revoked_at: Mapped[datetime | None]


class Zurueckstellung(Base):
    """Why a task was put off until a day; the legal Frist stays visible. The task's own table holds only the day."""

    __tablename__ = "zurueckstellung"
    __table_args__ = (Index(None, "tenant_id", "task_id"),)

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    task_id: Mapped[UUID]
    vorgang_id: Mapped[UUID | None]
    until: Mapped[date]
    reason: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[str]
