"""Many people at the same case at the same moment: nobody gets stuck, nothing is done twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

from sqlalchemy import text

from engine import instances, jobs, tasks
from engine.catalog import Deployed
from engine.errors import Conflict, EngineError
from engine.house import House
from engine.instances import Sender, Started
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

ROUNDS = 60


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Do all calls at the same moment; return their results, or the refusal each got."""
    gate = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        gate.wait(timeout=10)
        try:
            return call()
        except EngineError as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def send(house: House, deployed: Deployed, key: str) -> Started:
    return instances.start(
        house, deployed, dog_values(), by=citizen(), at=AT, sender=Sender(Kanal.PORTAL), idempotency_key=key
    )


def rows(house: House, query: str) -> list[Any]:
    with house.db.read() as conn:
        return [dict(row) for row in conn.execute(text(query)).mappings()]


def test_two_caseworkers_and_double_clicks_complete_every_task_once(house: House) -> None:
    deployed = deploy(house)
    first, second = staff(house, "eins", "steueramt"), staff(house, "zwei", "steueramt")

    for number in range(ROUNDS):
        started = send(house, deployed, f"k{number}")
        with house.db.read() as conn:
            (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=first, on=AT)
        work = tasks.work_on(house, task.id, by=first, at=AT)
        values = {name: work.inputs[name] for name in ("hunde", "weitere_hunde")} | {"ergebnis": "vollstaendig"}

        def complete(by: Any, task: Any = task, values: Any = values) -> Any:
            return tasks.complete(house, task.id, values, by=by, at=AT)

        results = at_once(lambda: complete(first), lambda: complete(second), lambda: complete(first))

        assert sum(not isinstance(one, EngineError) for one in results) == 1, results
        assert all(isinstance(one, Conflict) for one in results if isinstance(one, EngineError)), results

    open_now = Counter(row["element"] for row in rows(house, "SELECT element FROM task"))
    assert open_now == {"steuer_festsetzen": ROUNDS}
    steps = "SELECT i.id FROM instance i WHERE i.version <> (SELECT count(*) FROM step s WHERE s.instance_id = i.id)"
    assert rows(house, steps) == []


def test_the_same_form_sent_at_the_same_moment_makes_one_antrag(house: House) -> None:
    deployed = deploy(house)

    for number in range(10):
        receipts = at_once(*[lambda key=f"k{number}": send(house, deployed, key)] * 3)
        assert len({receipt.aktenzeichen for receipt in receipts}) == 1

    assert rows(house, "SELECT count(*) AS n FROM vorgang") == [{"n": 10}]


def test_claiming_at_the_same_moment_gives_the_task_to_one(house: House) -> None:
    deployed = deploy(house)
    people = [staff(house, name, "steueramt") for name in ("eins", "zwei", "drei")]

    for number in range(10):
        started = send(house, deployed, f"k{number}")
        with house.db.read() as conn:
            (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=people[0], on=AT)
        results = at_once(*[lambda by=by, task=task: tasks.claim(house, task.id, by=by, at=AT) for by in people])
        assert sum(one is None for one in results) == 1, results

    holders = rows(house, "SELECT assignee FROM task")
    assert all(row["assignee"] for row in holders)


def test_parallel_branches_end_in_any_order_at_the_same_moment(house: House) -> None:
    """The stamp is sent out while the remedy period ends: two commands on one instance, again and again."""
    deployed = deploy(house)
    clerk = staff(house, "amt", "steueramt")
    for number in range(ROUNDS // 3):
        decide(house, send(house, deployed, f"k{number}"), clerk)
    while jobs.run_due(house, at=AT):
        pass
    late = AT.replace(year=2027)

    for row in rows(house, "SELECT id FROM task WHERE element = 'marke_zuteilen'"):
        task_id = uuid_of(row["id"])
        work = tasks.work_on(house, task_id, by=clerk, at=AT)
        marken = [{**one, "markennummer": "M-1"} for one in work.inputs["marken"]]  # type: ignore[dict-item, union-attr]

        def stamp(task_id: Any = task_id, marken: Any = marken) -> Any:
            return tasks.complete(house, task_id, {"marken": marken, "versandt_am": AT.date()}, by=clerk, at=AT)

        results = at_once(stamp, stamp, lambda: jobs.run_due(house, at=late, limit=1, owner="a"))
        assert sum(isinstance(one, Conflict) for one in results) == 1, results
    while jobs.run_due(house, at=late):
        pass

    assert Counter(row["status"] for row in rows(house, "SELECT status FROM instance")) == {"completed": ROUNDS // 3}
    assert rows(house, "SELECT * FROM job") == []
    assert rows(house, "SELECT cause FROM incident") == []


def decide(house: House, started: Started, clerk: Any) -> None:
    for values in ({"ergebnis": "vollstaendig"}, {"entscheidung": "festsetzen"}):
        with house.db.read() as conn:
            (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=clerk, on=AT)
        work = tasks.work_on(house, task.id, by=clerk, at=AT)
        known = work.form.names if work.form else frozenset()
        filled = {name: value for name, value in work.inputs.items() if name in known}
        tasks.complete(house, task.id, filled | values, by=clerk, at=AT)  # type: ignore[operator]


def uuid_of(stored: Any) -> Any:
    """PostgreSQL gives a UUID, SQLite its digits."""
    return stored if isinstance(stored, UUID) else UUID(stored)
