"""Open tasks of people; a finished task leaves this table, its history is in `step`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Base, Id, JsonObject, TenantId

_CLAIMED = text("assignee IS NOT NULL")
_OF_VORGANG = text("vorgang_id IS NOT NULL")


class Task(Base):
    """An open user or manual task; the values it shows are in the encrypted state of its instance, never here.

    Indexes hold only the rows that somebody looks for, and there is no check: each step of each instance pays for them.

    `sort_at` orders every list: the due date, and for tasks without one a moment after all dates, in order of
    opening (see `storage.steps.sort_key`).
    """

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "tenant_id", "instance_id"),
        Index(None, "tenant_id", "assignee", "sort_at", "id", postgresql_where=_CLAIMED, sqlite_where=_CLAIMED),
        Index(None, "tenant_id", "vorgang_id", postgresql_where=_OF_VORGANG, sqlite_where=_OF_VORGANG),
        {"sqlite_with_rowid": False},
    )

    tenant_id: Mapped[TenantId]
    id: Mapped[Id]
    instance_id: Mapped[UUID]
    vorgang_id: Mapped[UUID | None]
    procedure_key: Mapped[str]
    business_key: Mapped[str | None]
    wait: Mapped[str]
    element: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    form_key: Mapped[str | None]
    lane: Mapped[str | None]
    priority: Mapped[int]
    assignee: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    follow_up_at: Mapped[datetime | None]
    sort_at: Mapped[datetime]
    properties: Mapped[JsonObject]


class TaskCandidate(Base):
    """Who may claim a task: one row per group (`group:<name>`) or person (`user:<actor id>`).

    The primary key is the index of the inbox: per candidate, unclaimed first, in order of `sort_at`.
    """

    __tablename__ = "task_candidate"
    __table_args__ = (Index(None, "tenant_id", "task_id"), {"sqlite_with_rowid": False})

    tenant_id: Mapped[TenantId]
    candidate: Mapped[str] = mapped_column(primary_key=True)
    claimed: Mapped[bool] = mapped_column(primary_key=True)
    sort_at: Mapped[datetime] = mapped_column(primary_key=True)
    task_id: Mapped[Id]
