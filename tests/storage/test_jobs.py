"""Jobs: done by one worker at a time, three times at most, never silently."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from storage import db, jobs, steps
from storage.jobs import ClaimedJob
from storage.models.incident import Incident
from storage.models.job import Job
from tests.storage.factories import AT, create, instance_of, rows, save

LEASE = timedelta(minutes=5)
KINDS = frozenset({"timer", "external"})


def _job(database: db.Database, **fields: object) -> UUID:
    with database.step() as step:
        create(step, database)
        return step.add_job(**{"kind": "timer", "wait": "w1"} | fields)  # type: ignore[arg-type]


def _claim(database: db.Database, at: datetime = AT, owner: str = "w1", **options: object) -> list[ClaimedJob]:
    return jobs.claim(database, owner=owner, at=at, **{"lease": LEASE, "limit": 10, "kinds": KINDS} | options)  # type: ignore[arg-type]


def test_a_claimed_job_says_what_to_do(database: db.Database) -> None:
    job_id = _job(
        database, kind="external", topic="t", element="e", arguments={"a": 1}, payload=b"\x00", due_at=AT + LEASE
    )
    (job,) = _claim(database, AT + 2 * LEASE, topics={"t"})
    assert (job.id, job.kind, job.topic, job.element, job.wait) == (job_id, "external", "t", "e", "w1")
    assert (job.arguments, job.payload, job.due_at) == ({"a": 1}, b"\x00", AT + LEASE)
    assert (job.attempts, job.leased_until) == (1, AT + 3 * LEASE)


def test_only_due_jobs_are_claimed_the_longest_waiting_first(database: db.Database) -> None:
    late, early = (_job(database, due_at=AT + timedelta(seconds=n)) for n in (2, 1))
    _job(database, due_at=AT + timedelta(seconds=4))
    assert [job.id for job in _claim(database, AT + timedelta(seconds=3))] == [early, late]


def test_no_more_than_the_limit_is_claimed(database: db.Database) -> None:
    for _ in range(3):
        _job(database)
    assert len(_claim(database, limit=2)) == 2
    assert len(_claim(database, limit=2)) == 1


def test_a_leased_job_is_nobody_elses_until_the_lease_ends(database: db.Database) -> None:
    job_id = _job(database)
    _claim(database, owner="w1")
    assert _claim(database, AT + LEASE - timedelta(seconds=1), owner="w2") == []
    (again,) = _claim(database, AT + LEASE, owner="w2")
    assert (again.id, again.attempts) == (job_id, 2)


def test_external_tasks_are_left_to_workers_that_offer_their_topic(database: db.Database) -> None:
    offered = _job(database, kind="external", topic="mine")
    _job(database, kind="external", topic="theirs")
    timer = _job(database)
    assert {job.id for job in _claim(database, topics={"mine"})} == {offered, timer}
    assert [job.topic for job in _claim(database, topics={"theirs"})] == ["theirs"]


def test_only_jobs_of_the_kinds_asked_for_are_claimed(database: db.Database) -> None:
    timer, letter = _job(database), _job(database, kind="antrag_lesbar", wait=None)
    assert [job.id for job in _claim(database, kinds={"antrag_lesbar"})] == [letter]
    assert [job.id for job in _claim(database)] == [timer]


def test_queues_are_apart(database: db.Database) -> None:
    job_id = _job(database, queue="rest")
    assert _claim(database) == []
    assert [job.id for job in _claim(database, queue="rest")] == [job_id]


def test_another_tenants_jobs_are_not_claimed(database: db.Database, open_database: Callable[..., db.Database]) -> None:
    _job(database)
    assert _claim(open_database("kassel")) == []


def test_workers_at_the_same_time_never_get_the_same_job(database: db.Database) -> None:
    for _ in range(40):
        _job(database)
    claimed: list[UUID] = []
    start = threading.Barrier(4)

    def work(owner: str) -> None:
        start.wait()
        while found := _claim(database, owner=owner, limit=3):
            claimed.extend(job.id for job in found)

    workers = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claimed) == len(set(claimed)) == 40


def test_postgresql_workers_do_not_wait_for_each_other(postgres_url: str) -> None:
    database = db.Database(postgres_url, tenant_id="darmstadt", statement_timeout_s=1)
    first, second = _job(database), _job(database)
    with database.begin() as conn:
        held = conn.execute(jobs._due(conn, AT, KINDS, (), "internal").order_by(Job.id).limit(1).with_for_update())
        locked = held.scalar_one()
        assert [job.id for job in _claim(database)] == [({first, second} - {locked}).pop()]


def test_a_failed_job_waits_longer_each_time_and_then_becomes_an_incident(database: db.Database) -> None:
    job_id = _job(database, element="e")
    at = AT
    for tries, wait in enumerate(jobs.WAITS, 1):
        (job,) = _claim(database, at)
        assert job.attempts == tries
        failure = jobs.fail(database, job, owner="w1", at=at, cause="OSError: Verbindung abgelehnt")
        assert failure == jobs.Failure(run_at=at + wait, incident_id=None)
        assert _claim(database, at + wait - timedelta(seconds=1)) == []
        at += wait
    (job,) = _claim(database, at)
    failure = jobs.fail(database, job, owner="w1", at=at, cause="OSError: Verbindung abgelehnt")
    (incident,) = rows(database, Incident)
    assert failure == jobs.Failure(run_at=None, incident_id=incident["id"])
    assert incident == incident | {
        "code": "job_failed", "cause": "OSError: Verbindung abgelehnt", "job_id": job_id, "element": "e",
        "instance_id": job.instance_id, "occurred_at": at, "resolved_at": None,
    }  # fmt: skip
    assert _claim(database, at + timedelta(days=365)) == []


def test_a_job_that_kills_its_worker_runs_out_of_tries_too(database: db.Database) -> None:
    _job(database)
    at = AT
    for tries in (1, 2, 3, 4):
        (job,) = _claim(database, at)
        assert job.attempts == tries
        at += LEASE
    failure = jobs.fail(database, job, owner="w1", at=at, cause="the worker died three times")
    assert failure is not None
    assert failure.incident_id is not None


def test_a_retried_incident_gives_its_job_all_tries_again_once(database: db.Database) -> None:
    job_id = _job(database)
    (job,) = _claim(database)
    failure = jobs.fail(database, job, owner="w1", at=AT, cause="c", waits=())
    assert failure is not None
    assert failure.incident_id is not None
    for expected in (True, False):
        with database.begin() as conn:
            assert jobs.retry(conn, failure.incident_id, at=AT, by="iss|op") is expected
    (again,) = _claim(database)
    assert (again.id, again.attempts) == (job_id, 1)
    assert [row["resolved_by"] for row in rows(database, Incident)] == ["iss|op"]


@pytest.mark.parametrize("do", ["fail", "drop", "extend", "give_back"])
def test_a_worker_that_lost_its_lease_changes_nothing(database: db.Database, do: str) -> None:
    _job(database)
    (job,) = _claim(database, owner="w1")
    _claim(database, AT + LEASE, owner="w2")
    before = rows(database, Job)
    outcome = {
        "fail": lambda: jobs.fail(database, job, owner="w1", at=AT, cause="c"),
        "drop": lambda: jobs.drop(database, job.id, owner="w1"),
        "extend": lambda: jobs.extend(database, job.id, owner="w1", until=AT),
        "give_back": lambda: jobs.give_back(database, job.id, owner="w1", run_at=AT),
    }[do]()
    assert not outcome
    assert rows(database, Job) == before
    assert rows(database, Incident) == []


def test_a_lease_can_be_extended_dropped_and_given_back(database: db.Database) -> None:
    _job(database)
    (job,) = _claim(database)
    assert jobs.extend(database, job.id, owner="w1", until=AT + 2 * LEASE)
    assert _claim(database, AT + LEASE) == []
    assert jobs.give_back(database, job.id, owner="w1", run_at=AT)
    (job,) = _claim(database)
    assert job.attempts == 1
    assert jobs.drop(database, job.id, owner="w1")
    assert rows(database, Job) == []


def test_a_sleeping_worker_knows_when_the_next_job_is_due(database: db.Database) -> None:
    with database.read() as conn:
        assert jobs.next_due_at(conn) is None
    for n in (3, 2):
        _job(database, due_at=AT + timedelta(hours=n))
    with database.read() as conn:
        assert jobs.next_due_at(conn) == AT + timedelta(hours=2)


def test_a_timer_fires_once_even_when_two_workers_hold_it(database: db.Database) -> None:
    job_id = _job(database)
    (first,) = _claim(database, owner="w1")
    (second,) = _claim(database, AT + LEASE, owner="w2")
    assert first.instance_id == second.instance_id is not None

    def fire(owner: str) -> None:
        assert first.instance_id is not None
        with database.step() as step:
            step.load(first.instance_id)
            save(step, command="fire_timer")
            step.finish_job(job_id, lease_owner=owner)

    with pytest.raises(steps.LeaseLost):
        fire("w1")
    fire("w2")
    with pytest.raises(steps.LeaseLost):
        fire("w2")
    assert instance_of(database, first.instance_id)["version"] == 2
