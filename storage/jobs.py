"""Claiming, finishing and failing jobs: each is done by one worker at a time, three times at most, never silently.

A claim is a lease: `run_at` moves to its end, so a job whose worker died is simply due again. Attempts are counted when
a job is claimed, so that a job that kills its workers can be told from others. Every function is a transaction of its
own and takes the worker's clock as an argument.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, or_, select, update

from storage.db import Database, tenant_of
from storage.models.incident import Incident
from storage.models.job import Job
from storage.steps import INTERNAL

WAITS = (timedelta(seconds=10), timedelta(minutes=5))
"""How long a job waits after its first and second failure; after the third a person must look at it."""
CAUSE_MAX_CHARS = 2000


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that its claimer alone works on until `leased_until`; `attempts` counts this one."""

    id: UUID
    kind: str
    topic: str | None
    instance_id: UUID | None
    vorgang_id: UUID | None
    wait: str | None
    element: str | None
    arguments: Mapping[str, Any]
    payload: bytes | None
    due_at: datetime
    attempts: int
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """What becomes of a failed job: tried again at `run_at`, or parked with an incident."""

    run_at: datetime | None
    incident_id: UUID | None


def claim(
    db: Database,
    *,
    owner: str,
    at: datetime,
    lease: timedelta,
    limit: int,
    kinds: Collection[str],
    topics: Collection[str] = (),
    queue: str = INTERNAL,
) -> list[ClaimedJob]:
    """Lease up to `limit` jobs that are due at `at`, the longest waiting first; two workers never get the same one.

    `owner` must be unique per worker process. Only jobs of `kinds` are taken, and of external service tasks only those
    with one of `topics`: others are left to workers who offer them.
    """
    with db.begin() as conn:
        due = (
            _due(conn, at, kinds, topics, queue)
            .order_by(Job.run_at, Job.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        # As a CTE it is evaluated once; a plain subquery with SKIP LOCKED may lock more than it returns.
        ids = select(due.cte("due").c.id)
        leased = (
            update(Job)
            .where(_is(conn, Job.id.in_(ids)))
            .values(lease_owner=owner, run_at=at + lease, attempts=Job.attempts + 1)
            .returning(Job.__table__)
        )
        rows = conn.execute(leased).all()
    return [_claimed(row) for row in sorted(rows, key=lambda row: (row.due_at, row.id))]


def next_due_at(conn: Connection, *, queue: str = INTERNAL) -> datetime | None:
    """Return when the next job of the queue is due, for a worker that wants to sleep; None if there is none."""
    query = select(Job.run_at).where(_is(conn, Job.queue == queue, Job.run_at.is_not(None)))
    return conn.execute(query.order_by(Job.run_at).limit(1)).scalar()


def extend(db: Database, job_id: UUID, *, owner: str, until: datetime) -> bool:
    """Hold the lease longer; False if it is lost."""
    with db.begin() as conn:
        return _held(conn, job_id, owner, run_at=until)


def give_back(db: Database, job_id: UUID, *, owner: str, run_at: datetime) -> bool:
    """Return a job without a failed try, for example at shutdown; False if the lease is lost."""
    with db.begin() as conn:
        return _held(conn, job_id, owner, run_at=run_at, lease_owner=None, attempts=Job.attempts - 1)


def drop(db: Database, job_id: UUID, *, owner: str) -> bool:
    """Remove a claimed job whose work is done or void, outside a step; False if the lease is lost."""
    with db.begin() as conn:
        return conn.execute(delete(Job).where(_is(conn, Job.id == job_id, Job.lease_owner == owner))).rowcount == 1


def fail(
    db: Database,
    job: ClaimedJob,
    *,
    owner: str,
    at: datetime,
    cause: str,
    code: str = "job_failed",
    waits: Sequence[timedelta] = WAITS,
) -> Failure | None:
    """Record a failed try: again after the next of `waits`, or, when they are used up, an incident with the real cause.

    None, and nothing written, if the lease is lost: then another worker has the job.
    """
    with db.begin() as conn:
        if job.attempts <= len(waits):
            run_at = at + waits[job.attempts - 1]
            return Failure(run_at, None) if _held(conn, job.id, owner, run_at=run_at, lease_owner=None) else None
        if not _held(conn, job.id, owner, run_at=None, lease_owner=None):
            return None
        return Failure(None, _open_incident(conn, job, at=at, code=code, cause=cause))


def retry(conn: Connection, incident_id: UUID, *, at: datetime, by: str) -> bool:
    """Resolve an incident and let its job run again at once with all its tries; False if it is resolved already."""
    resolved = conn.execute(
        update(Incident)
        .where(Incident.tenant_id == tenant_of(conn), Incident.id == incident_id, Incident.resolved_at.is_(None))
        .values(resolved_at=at, resolved_by=by)
        .returning(Incident.job_id)
    ).one_or_none()
    if resolved is None:
        return False
    parked = and_(Job.id == resolved.job_id, Job.run_at.is_(None))
    conn.execute(update(Job).where(_is(conn, parked)).values(run_at=at, attempts=0))
    return True


def _due(conn: Connection, at: datetime, kinds: Collection[str], topics: Collection[str], queue: str) -> Any:
    offered = or_(Job.kind != "external", Job.topic.in_(sorted(topics)))
    return select(Job.id).where(_is(conn, Job.queue == queue, Job.run_at <= at, Job.kind.in_(sorted(kinds)), offered))


def _is(conn: Connection, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(Job.tenant_id == tenant_of(conn), *conditions)


def _held(conn: Connection, job_id: UUID, owner: str, **changes: Any) -> bool:
    """Change the job if it is still leased to `owner`."""
    held = _is(conn, Job.id == job_id, Job.lease_owner == owner)
    return conn.execute(update(Job).where(held).values(**changes)).rowcount == 1


def _open_incident(conn: Connection, job: ClaimedJob, *, at: datetime, code: str, cause: str) -> UUID:
    incident_id = uuid5(job.id, at.isoformat())
    row = {
        "tenant_id": tenant_of(conn),
        "id": incident_id,
        "code": code,
        "cause": cause[:CAUSE_MAX_CHARS],
        "instance_id": job.instance_id,
        "vorgang_id": job.vorgang_id,
        "job_id": job.id,
        "element": job.element,
        "occurred_at": at,
        "resolved_at": None,
        "resolved_by": None,
    }
    conn.execute(insert(Incident), row)
    return incident_id


def _claimed(row: Any) -> ClaimedJob:
    return ClaimedJob(
        id=row.id,
        kind=row.kind,
        topic=row.topic,
        instance_id=row.instance_id,
        vorgang_id=row.vorgang_id,
        wait=row.wait,
        element=row.element,
        arguments=row.arguments,
        payload=row.payload,
        due_at=row.due_at,
        attempts=row.attempts,
        leased_until=row.run_at,
    )
