"""Lists of open tasks: pages by key, not by offset, and counts that stop counting.

A page reads the first rows of each group in its order and merges them, so it takes the same time with a hundred tasks
and with a million. Order: due date, tasks without one after all others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Uuid, and_, func, literal, select, tuple_, union_all

from storage.db import tenant_of
from storage.models.base import UtcDateTime
from storage.models.instance import Instance
from storage.models.task import Task, TaskCandidate

COUNT_MAX = 1000
"""Counting stops here: "mehr als 1000" says as much to a person, and costs the same everywhere."""


class PageKey(NamedTuple):
    """Where the next page begins: after this task."""

    sort_at: datetime
    task_id: UUID


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as a list shows it."""

    id: UUID
    instance_id: UUID
    vorgang_id: UUID | None
    procedure_key: str
    business_key: str | None
    wait: str
    element: str
    name: str
    kind: str
    form_key: str | None
    lane: str | None
    priority: int
    assignee: str | None
    claimed_at: datetime | None
    opened_at: datetime
    due_at: datetime | None
    follow_up_at: datetime | None
    sort_at: datetime

    @property
    def page_key(self) -> PageKey:
        return PageKey(self.sort_at, self.id)


@dataclass(frozen=True, slots=True)
class Count:
    """`number` of tasks; `more` says that there are more than that."""

    number: int
    more: bool


def candidates_of(groups: Collection[str], user: str | None = None) -> list[str]:
    """Return the keys of `task_candidate` for somebody who is in `groups`."""
    return sorted({f"group:{group}" for group in groups} | ({f"user:{user}"} if user else set()))


def claimable(
    conn: Connection,
    candidates: Sequence[str],
    *,
    limit: int,
    after: PageKey | None = None,
    due_before: datetime | None = None,
) -> list[TaskRow]:
    """Return a page of unclaimed tasks that one of `candidates` may claim; `due_before`: of those due before."""
    parts = [_of_candidate(conn, one, claimed=False, due_before=due_before) for one in candidates]
    return _page_of(conn, parts, limit=limit, after=after)


def claimed_by_others(
    conn: Connection,
    candidates: Sequence[str],
    *,
    but: str,
    limit: int,
    after: PageKey | None = None,
    due_before: datetime | None = None,
) -> list[TaskRow]:
    """Return a page of the same groups' tasks that somebody else than `but` has claimed, for a lead or a substitute."""
    parts = [_of_others(conn, one, but=but, due_before=due_before) for one in candidates]
    return _page_of(conn, parts, limit=limit, after=after)


def assigned(
    conn: Connection,
    assignee: str,
    *,
    limit: int,
    after: PageKey | None = None,
    due_before: datetime | None = None,
    awake_at: datetime | None = None,
) -> list[TaskRow]:
    """Return a page of the tasks that `assignee` has claimed; `awake_at`: without those put off beyond this moment."""
    query = _tasks(conn).where(Task.assignee == assignee)
    if awake_at is not None:
        query = query.where(_is_awake(awake_at))
    return _page(conn, query, limit=limit, after=after, due_before=due_before)


def held_by(
    conn: Connection,
    holders: Collection[str],
    *,
    limit: int,
    after: PageKey | None = None,
    due_before: datetime | None = None,
) -> list[TaskRow]:
    """Return a page of the tasks that one of `holders` has claimed, for whoever stands in for them."""
    return _page(conn, _tasks(conn).where(Task.assignee.in_(holders)), limit=limit, after=after, due_before=due_before)


def deferred(
    conn: Connection,
    assignee: str,
    *,
    at: datetime,
    limit: int,
    after: PageKey | None = None,
    due_before: datetime | None = None,
) -> list[TaskRow]:
    """Return a page of the tasks that `assignee` has put off beyond `at`."""
    query = _tasks(conn).where(Task.assignee == assignee, Task.follow_up_at > at)
    return _page(conn, query, limit=limit, after=after, due_before=due_before)


def of_vorgang(conn: Connection, vorgang_id: UUID) -> list[TaskRow]:
    """Return all open tasks of a Vorgang, the oldest first."""
    instances = select(Instance.id).where(Instance.tenant_id == tenant_of(conn), Instance.vorgang_id == vorgang_id)
    return _rows(conn, _tasks(conn).where(Task.instance_id.in_(instances)).order_by(Task.opened_at, Task.id))


def waiting_for(conn: Connection, vorgang_ids: Sequence[UUID], candidates: Sequence[str], user: str) -> frozenset[UUID]:
    """Return which of these Vorgänge have an open task that `user` holds or that is offered to one of `candidates`."""
    offered = (TaskCandidate.tenant_id == Task.tenant_id) & (TaskCandidate.task_id == Task.id)
    query = select(Task.vorgang_id).outerjoin(TaskCandidate, offered)
    query = query.where(
        Task.tenant_id == tenant_of(conn),
        Task.vorgang_id.in_(vorgang_ids),
        (Task.assignee == user) | TaskCandidate.candidate.in_(candidates),
    )
    return frozenset(found for found in conn.execute(query.distinct()).scalars() if found is not None)


def count_claimable(conn: Connection, candidates: Sequence[str], *, due_before: datetime | None = None) -> Count:
    """Count unclaimed tasks of `candidates`, each once; `due_before` counts those that were due before."""
    return _count(conn, [_of_candidate(conn, one, claimed=False, due_before=due_before) for one in candidates])


def count_claimed_by_others(
    conn: Connection, candidates: Sequence[str], *, but: str, due_before: datetime | None = None
) -> Count:
    """Count the same groups' tasks that somebody else than `but` has claimed."""
    return _count(conn, [_of_others(conn, one, but=but, due_before=due_before) for one in candidates])


def count_assigned(
    conn: Connection, assignee: str, *, due_before: datetime | None = None, awake_at: datetime | None = None
) -> Count:
    """Count the tasks that `assignee` has claimed; `awake_at`: without those put off beyond this moment."""
    query = _keys_of(conn, assignee)
    if awake_at is not None:
        query = query.where(_is_awake(awake_at))
    return _count(conn, [query if due_before is None else query.where(Task.sort_at < due_before)])


def count_held_by(conn: Connection, holders: Collection[str], *, due_before: datetime | None = None) -> Count:
    """Count the tasks that one of `holders` has claimed."""
    query = select(Task.sort_at, Task.id.label("task_id"))
    query = query.where(Task.tenant_id == tenant_of(conn), Task.assignee.in_(holders))
    return _count(conn, [query if due_before is None else query.where(Task.sort_at < due_before)])


def count_deferred(conn: Connection, assignee: str, *, at: datetime, due_before: datetime | None = None) -> Count:
    """Count the tasks that `assignee` has put off beyond `at`."""
    query = _keys_of(conn, assignee).where(Task.follow_up_at > at)
    return _count(conn, [query if due_before is None else query.where(Task.sort_at < due_before)])


def _keys_of(conn: Connection, assignee: str) -> Select[datetime, UUID]:
    query = select(Task.sort_at, Task.id.label("task_id"))
    return query.where(Task.tenant_id == tenant_of(conn), Task.assignee == assignee)


def _is_awake(at: datetime) -> ColumnElement[bool]:
    return Task.follow_up_at.is_(None) | (Task.follow_up_at <= at)


def _page(
    conn: Connection, query: Select[Any], *, limit: int, after: PageKey | None, due_before: datetime | None
) -> list[TaskRow]:
    if due_before is not None:
        query = query.where(Task.sort_at < due_before)
    if after is not None:
        query = query.where(tuple_(Task.sort_at, Task.id) > _literal(after))
    return _rows(conn, query.order_by(Task.sort_at, Task.id).limit(limit))


def _page_of(
    conn: Connection, parts: Sequence[Select[datetime, UUID]], *, limit: int, after: PageKey | None
) -> list[TaskRow]:
    """Merge the first rows of each group in its order."""
    if not parts:
        return []
    merged = union_all(*(select(_first(part, limit=limit, after=after).subquery()) for part in parts)).subquery()
    # One task can be open to several groups of the same person.
    page = select(merged.c.sort_at, merged.c.task_id).distinct().order_by(merged.c.sort_at, merged.c.task_id)
    first = page.limit(limit).subquery()
    query = _tasks(conn).join(first, Task.id == first.c.task_id)
    return _rows(conn, query.order_by(Task.sort_at, Task.id))


def _first(part: Select[datetime, UUID], *, limit: int, after: PageKey | None) -> Select[datetime, UUID]:
    row = TaskCandidate
    if after is not None:
        part = part.where(tuple_(row.sort_at, row.task_id) > _literal(after))
    return part.order_by(row.sort_at, row.task_id).limit(limit)


def _literal(after: PageKey) -> ColumnElement[Any]:
    return tuple_(literal(after.sort_at, UtcDateTime()), literal(after.task_id, Uuid()))


def _of_others(conn: Connection, candidate: str, *, but: str, due_before: datetime | None) -> Select[datetime, UUID]:
    query = _of_candidate(conn, candidate, claimed=True, due_before=due_before)
    return query.join(Task, and_(Task.tenant_id == TaskCandidate.tenant_id, Task.id == TaskCandidate.task_id)).where(
        Task.assignee != but
    )


def _of_candidate(
    conn: Connection, candidate: str, *, claimed: bool, due_before: datetime | None
) -> Select[datetime, UUID]:
    row = TaskCandidate
    query = select(row.sort_at, row.task_id).where(
        row.tenant_id == tenant_of(conn), row.candidate == candidate, row.claimed == claimed
    )
    return query if due_before is None else query.where(row.sort_at < due_before)


def _count(conn: Connection, parts: Sequence[Select[datetime, UUID]]) -> Count:
    if not parts:
        return Count(0, more=False)
    limited = (part.limit(COUNT_MAX + 1).subquery() for part in parts)
    ids = union_all(*(select(part.c.task_id) for part in limited)).subquery()
    number = conn.execute(select(func.count(func.distinct(ids.c.task_id)))).scalar_one()
    return Count(min(number, COUNT_MAX), more=number > COUNT_MAX)


def _tasks(conn: Connection) -> Select[Any]:
    columns = [Task.__table__.c[name] for name in TaskRow.__slots__]
    return select(*columns).where(Task.tenant_id == tenant_of(conn))


def _rows(conn: Connection, query: Select[Any]) -> list[TaskRow]:
    return [TaskRow(*row) for row in conn.execute(query)]
