"""Figures for the head of an office: what is open, how old, how long it takes, what is late. Nothing about a person.

Only Vorgänge of the offices that somebody belongs to are counted (§ 30 AO, § 35 SGB I hold for statistics too).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import Final

from sqlalchemy import ColumnElement, Connection, Integer, Select, case, distinct, exists, func, select, type_coerce

from engine import catalog
from engine.actors import Actor
from engine.house import House
from storage.db import tenant_of
from storage.models.frist import Frist, FristStatus
from storage.models.instance import Instance
from storage.models.rueckfrage import Rueckfrage
from storage.models.task import Task
from storage.models.verwaltungsakt import Verwaltungsakt
from storage.models.vorgang import VorgangRow

PERIOD: Final = timedelta(days=365)
"""How far the figures about the past look back."""
AGES_DAYS: Final = (7, 30, 90)
"""The bounds of the ages of open Vorgänge: up to 7 days, up to 30, up to 90, older."""


@dataclass(frozen=True, slots=True)
class Figures:
    """One procedure. `ages` counts the open ones by AGES_DAYS; `median_days` is from receipt to the first signed
    decision, None without one. `asked` counts the received ones with a Rückfrage, `kept` and `missed` settled Fristen.
    """

    key: str
    title: str
    open: int
    ages: tuple[int, ...]
    overdue: int
    received: int
    asked: int
    decided: int
    median_days: int | None
    kept: int
    missed: int

    @property
    def asked_percent(self) -> int | None:
        return _percent(self.asked, self.received)

    @property
    def kept_percent(self) -> int | None:
        return _percent(self.kept, self.kept + self.missed)


def of_offices(house: House, *, by: Actor, at: datetime) -> list[Figures]:
    """Return the figures of every procedure of the actor's offices, by title; empty for somebody without one."""
    with house.db.read() as conn:
        mine = _of_offices_of(conn, by)
        since = at - PERIOD
        open_ages = _open(conn, mine, at)
        overdue = _counts(conn, _overdue(mine, at))
        received = _counts(conn, _received(mine, since))
        asked = _counts(conn, _received(mine, since).where(_has_rueckfrage()))
        durations = _durations(conn, mine, since)
        kept = _counts(conn, _settled(mine, since, FristStatus.EINGEHALTEN))
        missed = _counts(conn, _settled(mine, since, FristStatus.ABGELAUFEN))
        keys = {*open_ages, *overdue, *received, *durations, *kept, *missed}
        titles = {key: catalog.latest(conn, key).procedure.title for key in keys}
    found = [
        Figures(
            key=key,
            title=titles[key],
            open=sum(open_ages.get(key, ())),
            ages=open_ages.get(key, (0,) * (len(AGES_DAYS) + 1)),
            overdue=overdue.get(key, 0),
            received=received.get(key, 0),
            asked=asked.get(key, 0),
            decided=len(durations.get(key, ())),
            median_days=median_low(durations[key]) if durations.get(key) else None,
            kept=kept.get(key, 0),
            missed=missed.get(key, 0),
        )
        for key in keys
    ]
    return sorted(found, key=lambda one: one.title)


def _of_offices_of(conn: Connection, by: Actor) -> ColumnElement[bool]:
    """The Vorgänge of the offices of which the actor has a role, as for seeing one in full."""
    offices = conn.execute(
        select(VorgangRow.office).where(VorgangRow.tenant_id == tenant_of(conn)).distinct()
    ).scalars()
    mine = [office for office in offices if any(r == office or r.startswith(f"{office}-") for r in by.roles)]
    return (VorgangRow.tenant_id == tenant_of(conn)) & VorgangRow.office.in_(mine)


def _open(conn: Connection, mine: ColumnElement[bool], at: datetime) -> Mapping[str, tuple[int, ...]]:
    """Count by age the Vorgänge in which a process still runs."""
    runs = exists().where(
        Instance.tenant_id == VorgangRow.tenant_id, Instance.vorgang_id == VorgangRow.id, Instance.ended_at.is_(None)
    )
    bounds = [at - timedelta(days=days) for days in AGES_DAYS]
    younger = [_sum(VorgangRow.eingegangen_am >= bound) for bound in bounds]
    query = select(VorgangRow.procedure_key, *younger, func.count()).where(mine, runs)
    return {key: _parts(counts) for key, *counts in conn.execute(query.group_by(VorgangRow.procedure_key))}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return type_coerce(func.sum(case((condition, 1), else_=0)), Integer())


def _parts(counts: Iterable[int]) -> tuple[int, ...]:
    """From "younger than" each bound and the total to what lies between the bounds."""
    parts, before = [], 0
    for count in counts:
        parts.append(count - before)
        before = count
    return tuple(parts)


def _overdue(mine: ColumnElement[bool], at: datetime) -> Select[str, int]:
    same = (Task.tenant_id == VorgangRow.tenant_id) & (Task.vorgang_id == VorgangRow.id)
    query = select(VorgangRow.procedure_key, func.count(distinct(VorgangRow.id))).join(Task, same)
    return query.where(mine, Task.due_at < at)


def _received(mine: ColumnElement[bool], since: datetime) -> Select[str, int]:
    return select(VorgangRow.procedure_key, func.count()).where(mine, VorgangRow.eingegangen_am >= since)


def _has_rueckfrage() -> ColumnElement[bool]:
    return exists().where(Rueckfrage.tenant_id == VorgangRow.tenant_id, Rueckfrage.vorgang_id == VorgangRow.id)


def _durations(conn: Connection, mine: ColumnElement[bool], since: datetime) -> Mapping[str, list[int]]:
    """Whole days from receipt to the first signed decision, of the Vorgänge that were decided since."""
    same = (Verwaltungsakt.tenant_id == VorgangRow.tenant_id) & (Verwaltungsakt.vorgang_id == VorgangRow.id)
    signed = func.min(Verwaltungsakt.signed_at, type_=Verwaltungsakt.__table__.c.signed_at.type)
    query = select(VorgangRow.procedure_key, VorgangRow.eingegangen_am, signed).join(Verwaltungsakt, same)
    query = query.where(mine, Verwaltungsakt.signed_at.is_not(None))
    query = query.group_by(VorgangRow.procedure_key, VorgangRow.id, VorgangRow.eingegangen_am)
    found: dict[str, list[int]] = {}
    for key, received_at, signed_at in conn.execute(query.having(signed >= since)):
        if signed_at is not None:
            found.setdefault(key, []).append((signed_at - received_at).days)
    return found


def _settled(mine: ColumnElement[bool], since: datetime, status: FristStatus) -> Select[str, int]:
    same = (Frist.tenant_id == VorgangRow.tenant_id) & (Frist.vorgang_id == VorgangRow.id)
    query = select(VorgangRow.procedure_key, func.count()).join(Frist, same)
    return query.where(mine, Frist.status == status.value, Frist.settled_at >= since)


def _counts(conn: Connection, query: Select[str, int]) -> Mapping[str, int]:
    return {row[0]: row[1] for row in conn.execute(query.group_by(VorgangRow.procedure_key))}


def _percent(part: int, whole: int) -> int | None:
    return (200 * part + whole) // (2 * whole) if whole else None
