"""Zurückstellen: a task leaves its holder's list until a day, with a reason; the legal Frist stays what it is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from engine import accounts, tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid
from engine.house import House
from engine.law import berlin_date, day_after
from engine.tasks import OpenTask
from storage.models.task import Task
from storage.models.zustaendigkeit import Zurueckstellung

LONGEST: Final = timedelta(days=366)
REASON_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Deferral:
    """Until when a task is put off and why; `who` is a name."""

    until: date
    reason: str
    who: str
    set_at: datetime


def put_off(house: House, task_id: UUID, *, until: date | None, reason: str, by: Actor, at: datetime) -> None:
    """Put a task off until a day; a free one is claimed by that. Putting it off again replaces the day.

    Raises NotFound, Invalid, and like `tasks.claim` NotAllowed and Conflict.
    """
    day, reason = _checked(until, reason.strip(), at)
    with house.db.begin() as conn:
        task = tasks.get(conn, task_id, by=by, on=at)
        if task.assignee != by.id:
            tasks.take(house, conn, task, by=by, at=at)
        _wake(house, conn, task, by, day_after(day - timedelta(days=1)))
        conn.execute(
            insert(Zurueckstellung).values(
                tenant_id=house.tenant_id,
                id=uuid4(),
                task_id=task_id,
                vorgang_id=task.vorgang_id,
                until=day,
                reason=reason,
                set_at=at,
                set_by=by.id,
            )
        )
        about = {"bis": day.isoformat(), "grund": reason}
        tasks.record(house, conn, task, "aufgabe.zurueckgestellt", by=by, at=at, about=about)


def take_back(house: House, task_id: UUID, *, by: Actor, at: datetime) -> None:
    """Put the task on its holder's list again; raises NotFound, and Conflict unless `by` holds it."""
    with house.db.begin() as conn:
        task = tasks.get(conn, task_id, by=by, on=at)
        _wake(house, conn, task, by, None)
        if task.follow_up_at is not None:
            tasks.record(house, conn, task, "aufgabe.wieder_aufgenommen", by=by, at=at)


def current(house: House, task: OpenTask, *, at: datetime) -> Deferral | None:
    """Return until when the task is put off, None if it is not."""
    if task.follow_up_at is None or task.follow_up_at <= at:
        return None
    query = select(Zurueckstellung.__table__).where(
        Zurueckstellung.tenant_id == house.tenant_id, Zurueckstellung.task_id == task.id
    )
    with house.db.read() as conn:
        row = conn.execute(query.order_by(Zurueckstellung.set_at.desc()).limit(1)).one_or_none()
        who = "" if row is None else accounts.name_of(conn, row.set_by)
    return None if row is None else Deferral(row.until, row.reason, who, row.set_at)


def _wake(house: House, conn: Connection, task: OpenTask, by: Actor, at: datetime | None) -> None:
    moved = conn.execute(
        update(Task)
        .where(Task.tenant_id == house.tenant_id, Task.id == task.id, Task.assignee == by.id)
        .values(follow_up_at=at)
    )
    if moved.rowcount != 1:
        raise Conflict("task_not_yours", task_id=task.id, holder=task.assignee)


def _checked(until: date | None, reason: str, at: datetime) -> tuple[date, str]:
    errors: dict[str, str] = {}
    today = berlin_date(at)
    if until is None or not today < until <= today + LONGEST:
        errors["bis"] = "Geben Sie einen Tag ab morgen an, höchstens ein Jahr von heute."
    if not reason:
        errors["grund"] = "Geben Sie an, worauf Sie warten."
    elif len(reason) > REASON_MAX:
        errors["grund"] = f"Kürzen Sie den Grund auf höchstens {REASON_MAX} Zeichen."
    if until is None or errors:
        raise Invalid("deferral_invalid", errors)
    return until, reason
