"""The first page of an inbox with 100,000 open tasks, as the database answers it."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate
from statistics import median, quantiles
from time import perf_counter
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, event, insert

from storage import db, queries
from storage.models.task import Task, TaskCandidate
from storage.steps import sort_key
from web.bench.cases import START
from web.bench.databases import Target

TASKS = 100_000
GROUPS = 400
PAGE = 50
PAGES = 300
MEMBERSHIPS = (1, 5, 12)
"""In how many groups a caseworker is; pages are read for each of these."""
_TENANT = "eingang"
_AT_ONCE = 5_000
_ZIPF = list(accumulate(1 / rank for rank in range(1, GROUPS + 1)))


@dataclass(frozen=True, slots=True)
class Inbox:
    """Milliseconds until the database has answered, over all pages; `whole_ms` adds our own code, as a median."""

    database: str
    tasks: int
    p50_ms: float
    p95_ms: float
    whole_ms: float


def measure(target: Target) -> Inbox:
    """Fill an inbox and read first pages for caseworkers of few and of many groups."""
    chance = random.Random(2026)  # noqa: S311 -- the same tasks in every run, no secret
    with db.owner(target.owner_url) as conn:
        fill(conn, chance, tenant_id=_TENANT)
    target.analyze()
    database = db.Database(target.url, tenant_id=_TENANT)
    answered: list[float] = []
    whole: list[float] = []
    with database.read() as conn, _timed(conn, answered):
        for number in range(PAGES + 20):
            if number == 20:  # statements prepared, pages of the tables in memory
                answered.clear()
                whole.clear()
            candidates = queries.candidates_of(groups(chance, MEMBERSHIPS[number % len(MEMBERSHIPS)]))
            began = perf_counter()
            queries.claimable(conn, candidates, limit=PAGE)
            whole.append(perf_counter() - began)
    database.close()
    return Inbox(target.name, TASKS, 1e3 * median(answered), 1e3 * quantiles(answered, n=20)[-1], 1e3 * median(whole))


def fill(
    conn: Connection,
    chance: random.Random,
    *,
    tenant_id: str,
    tasks: int = TASKS,
    procedure_key: str = "dauerlauf",
    vorgaenge: Sequence[UUID] = (),
) -> None:
    """Open tasks as rows; each belongs to one of `vorgaenge`, or to a number of its own if there are none.

    Most are open to one group, some to several; a few groups have most of them (Zipf).
    """
    for first in range(0, tasks, _AT_ONCE):
        rows, candidates = [], []
        for number in range(first, min(first + _AT_ONCE, tasks)):
            vorgang_id = vorgaenge[number % len(vorgaenge)] if vorgaenge else UUID(int=number)
            task = _task(number, chance, tenant_id, procedure_key, vorgang_id)
            rows.append(task)
            candidates += [_candidate(task, group) for group in groups(chance, chance.choice((1, 1, 1, 2)))]
        conn.execute(insert(Task), rows)
        conn.execute(insert(TaskCandidate), candidates)


def _task(number: int, chance: random.Random, tenant_id: str, procedure_key: str, vorgang_id: UUID) -> dict[str, Any]:
    opened_at = START - timedelta(minutes=chance.randrange(200_000))
    due_at = opened_at + timedelta(days=chance.randrange(1, 60)) if chance.random() < 0.8 else None
    assignee = f"bench|{chance.randrange(500)}" if chance.random() < 0.2 else None
    return {
        "tenant_id": tenant_id,
        "id": UUID(int=chance.getrandbits(128)),
        "instance_id": UUID(int=number),
        "vorgang_id": vorgang_id,
        "procedure_key": procedure_key,
        "business_key": f"00.00/2026-{number}",
        "wait": "w2",
        "element": "pruefen",
        "name": "Anmeldung prüfen",
        "kind": "user",
        "form_key": "pruefen.form",
        "lane": "Steueramt",
        "priority": 50,
        "assignee": assignee,
        "claimed_at": None if assignee is None else opened_at,
        "opened_at": opened_at,
        "due_at": due_at,
        "follow_up_at": None,
        "sort_at": sort_key(due_at, opened_at),
        "properties": {},
    }


def _candidate(task: dict[str, Any], group: str) -> dict[str, Any]:
    return {
        "tenant_id": task["tenant_id"],
        "candidate": f"group:{group}",
        "claimed": task["assignee"] is not None,
        "sort_at": task["sort_at"],
        "task_id": task["id"],
    }


def groups(chance: random.Random, number: int) -> set[str]:
    """Return about so many groups, the large ones more often."""
    return {f"gruppe-{group}" for group in chance.choices(range(GROUPS), cum_weights=_ZIPF, k=number)}


@contextmanager
def _timed(conn: Connection, answered: list[float]) -> Iterator[None]:
    """Note how long each statement takes from being sent to being answered."""
    began = 0.0

    def before(*_: Any) -> None:
        nonlocal began
        began = perf_counter()

    def after(*_: Any) -> None:
        answered.append(perf_counter() - began)

    event.listen(conn, "before_cursor_execute", before)
    event.listen(conn, "after_cursor_execute", after)
    try:
        yield
    finally:
        event.remove(conn, "before_cursor_execute", before)
        event.remove(conn, "after_cursor_execute", after)
