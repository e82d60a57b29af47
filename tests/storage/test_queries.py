"""Lists of tasks: who sees what, in which order, page by page."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from storage import db, queries
from storage.models.task import Task, TaskCandidate
from tests.storage.factories import AT, create, create_vorgang

DAY = timedelta(days=1)


def _tasks(
    database: db.Database, *due: datetime | None, groups: Sequence[str] = ("steueramt",), **fields
) -> list[UUID]:
    with database.step() as step:
        create(step, database, vorgang_id=fields.pop("vorgang_id", None))
        return [
            step.open_task(f"w{n}", element="e", name="A", candidate_groups=groups, due_at=due_at, **fields)
            for n, due_at in enumerate(due)
        ]


def _page(database: db.Database, *groups: str, **options) -> list[UUID]:
    with database.read() as conn:
        page = queries.claimable(conn, queries.candidates_of(groups), **{"limit": 50} | options)
    return [task.id for task in page]


def test_tasks_come_by_due_date_and_undated_ones_last(database: db.Database) -> None:
    undated, late, early = _tasks(database, None, AT + 2 * DAY, AT + DAY)
    assert _page(database, "steueramt") == [early, late, undated]


def test_a_task_open_to_two_of_ones_groups_is_listed_once(database: db.Database) -> None:
    both = _tasks(database, AT, AT + DAY, groups=("steueramt", "kasse"))
    only = _tasks(database, AT + DAY / 2, groups=("kasse",))
    assert _page(database, "steueramt", "kasse") == [both[0], only[0], both[1]]
    assert _page(database, "steueramt") == both


def test_nobody_sees_tasks_of_groups_they_are_not_in(database: db.Database) -> None:
    _tasks(database, AT)
    assert _page(database, "kasse") == []
    assert _page(database) == []


def test_a_task_offered_to_a_person_is_in_their_list(database: db.Database) -> None:
    (task_id,) = _tasks(database, AT, groups=(), candidate_users=["iss|7"])
    with database.read() as conn:
        seen = queries.claimable(conn, queries.candidates_of(["kasse"], "iss|7"), limit=9)
    assert [task.id for task in seen] == [task_id]


def test_pages_follow_each_other_without_gap_or_repetition(database: db.Database) -> None:
    for groups in (("steueramt",), ("kasse",), ("steueramt", "kasse")):
        _tasks(database, *([AT] * 3 + [AT + DAY] * 3 + [None]), groups=groups)
    seen: list[UUID] = []
    after: queries.PageKey | None = None
    with database.read() as conn:
        candidates = queries.candidates_of(["steueramt", "kasse"])
        while page := queries.claimable(conn, candidates, limit=4, after=after):
            seen += [task.id for task in page]
            after = page[-1].page_key
        everything = queries.claimable(conn, candidates, limit=50)
    assert len(seen) == len(set(seen)) == 21
    assert seen == [task.id for task in everything]


def test_claimed_tasks_leave_the_list_and_are_in_the_claimers(database: db.Database) -> None:
    mine, free = _tasks(database, AT, AT + DAY)
    with database.begin() as conn:
        conn.execute(update(Task).where(Task.id == mine).values(assignee="iss|7", claimed_at=AT))
        conn.execute(update(TaskCandidate).where(TaskCandidate.task_id == mine).values(claimed=True))
    assert _page(database, "steueramt") == [free]
    with database.read() as conn:
        (task,) = queries.assigned(conn, "iss|7", limit=9)
        assert (task.id, task.assignee, task.claimed_at) == (mine, "iss|7", AT)
        assert queries.assigned(conn, "iss|7", limit=9, after=task.page_key) == []
        candidates = queries.candidates_of(["steueramt"])
        assert [one.id for one in queries.claimed_by_others(conn, candidates, but="iss|8", limit=9)] == [mine]
        assert queries.claimed_by_others(conn, candidates, but="iss|7", limit=9) == []
        assert queries.count_claimed_by_others(conn, candidates, but="iss|8") == queries.Count(1, more=False)
        assert queries.count_claimed_by_others(conn, candidates, but="iss|7") == queries.Count(0, more=False)
        assert queries.count_assigned(conn, "iss|7") == queries.Count(1, more=False)
        assert queries.count_assigned(conn, "iss|7", due_before=AT) == queries.Count(0, more=False)


def test_counts_count_each_task_once_and_stop_at_their_limit(database: db.Database, monkeypatch) -> None:
    _tasks(database, AT, AT + DAY, None, groups=("steueramt", "kasse"))
    candidates = queries.candidates_of(["steueramt", "kasse"])
    with database.read() as conn:
        assert queries.count_claimable(conn, candidates) == queries.Count(3, more=False)
        assert queries.count_claimable(conn, candidates, due_before=AT + DAY) == queries.Count(1, more=False)
        assert queries.count_claimable(conn, []) == queries.Count(0, more=False)
        monkeypatch.setattr(queries, "COUNT_MAX", 2)
        assert queries.count_claimable(conn, candidates) == queries.Count(2, more=True)


def test_a_list_can_be_limited_to_what_is_overdue(database: db.Database) -> None:
    overdue, _today, _undated = _tasks(database, AT - DAY, AT + DAY, None)
    assert _page(database, "steueramt", due_before=AT) == [overdue]
    with database.begin() as conn:
        conn.execute(update(Task).values(assignee="iss|7", claimed_at=AT))
        conn.execute(update(TaskCandidate).values(claimed=True))
    with database.read() as conn:
        candidates = queries.candidates_of(["steueramt"])
        assert [one.id for one in queries.assigned(conn, "iss|7", limit=9, due_before=AT)] == [overdue]
        others = queries.claimed_by_others(conn, candidates, but="iss|8", limit=9, due_before=AT)
        assert [one.id for one in others] == [overdue]
        late = queries.count_claimed_by_others(conn, candidates, but="iss|8", due_before=AT)
        assert late == queries.Count(1, more=False)


def test_the_tasks_of_a_vorgang_are_those_of_its_instances(database: db.Database) -> None:
    vorgang_id = create_vorgang(database)
    task_ids = _tasks(database, AT, vorgang_id=vorgang_id) + _tasks(database, AT, vorgang_id=vorgang_id)
    _tasks(database, AT)
    with database.read() as conn:
        assert {task.id for task in queries.of_vorgang(conn, vorgang_id)} == set(task_ids)


def test_another_tenants_tasks_are_in_no_list(database: db.Database, open_database: Callable[..., db.Database]) -> None:
    _tasks(database, AT, assignee="iss|7")
    with open_database("kassel").read() as conn:
        candidates = queries.candidates_of(["steueramt"], "iss|7")
        assert queries.claimable(conn, candidates, limit=9) == []
        assert queries.assigned(conn, "iss|7", limit=9) == []
        assert queries.count_claimable(conn, candidates).number == 0
