"""Many at once, on both databases: nothing lost, nothing twice, no chain forked."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from uuid import UUID

import pytest

from storage import db, steps
from storage.akte import events
from storage.chain import GENESIS
from storage.crypto import new_data_key
from storage.models.instance import Instance
from storage.models.step import StepRow
from storage.models.task import Task
from storage.models.vorgang import VorgangRow
from tests.storage.factories import AT, create, create_vorgang, deployment, instance_of, rows, save, start_instance

WORKERS = 6
ROUNDS = 60


def _all_at_once(work: Callable[[int], None], times: int = WORKERS) -> None:
    """Run `work` in threads that begin together; the first error is raised."""
    gate = threading.Barrier(times)

    def begin(number: int) -> None:
        gate.wait()
        work(number)

    with ThreadPoolExecutor(times) as pool:
        for done in [pool.submit(begin, number) for number in range(times)]:
            done.result()


def _step(database: db.Database, instance_id: UUID, fill: Callable[[steps.Step], None]) -> None:
    """One step, run again while somebody else is faster."""
    while True:
        try:
            with database.step() as step:
                step.load(instance_id)
                save(step)
                fill(step)
        except steps.LostRace:
            continue
        return


def test_every_step_on_a_contended_instance_is_written_once(open_database: Callable[..., db.Database]) -> None:
    database = open_database(pool_size=WORKERS, pool_timeout_s=20)
    instance_id = start_instance(database)

    def work(number: int) -> None:
        for n in range(ROUNDS // WORKERS):
            _step(database, instance_id, lambda step, n=n: step.open_task(f"{number}/{n}", element="a", name="A"))  # type: ignore[misc]

    _all_at_once(work)
    assert instance_of(database, instance_id)["version"] == 1 + ROUNDS
    assert len(rows(database, Task)) == ROUNDS
    previous = GENESIS
    for row in rows(database, StepRow, order_by="seq"):
        assert row["previous_hash"] == previous
        previous = steps.link_of(row)
    assert instance_of(database, instance_id)["head_hash"] == previous


def test_a_task_completed_by_all_at_once_is_completed_once(open_database: Callable[..., db.Database]) -> None:
    database = open_database(pool_size=WORKERS, pool_timeout_s=20)
    for n in range(ROUNDS // WORKERS):
        with database.step() as step:
            instance_id = create(step, database)
            step.open_task("w1", element="a", name="A")
        outcomes: list[str] = []

        def complete(number: int, instance_id: UUID = instance_id, outcomes: list[str] = outcomes) -> None:
            try:
                with database.step() as step:
                    if step.load(instance_id).version != 1:
                        outcomes.append("closed")
                        return
                    save(step, actor_id=f"iss|{number}")
                    step.close_wait("w1", "task")
                outcomes.append("completed")
            except steps.LostRace:
                outcomes.append("lost")

        _all_at_once(complete)
        assert outcomes.count("completed") == 1
        assert instance_of(database, instance_id)["version"] == 2, n


def test_the_same_request_sent_by_all_at_once_makes_one_instance(open_database: Callable[..., db.Database]) -> None:
    database = open_database(pool_size=WORKERS, pool_timeout_s=20)
    deployment_id, body = deployment(database), sha256(b"form").digest()
    for n in range(ROUNDS // WORKERS):
        answers: list[int] = []

        def send(number: int, key: str = f"iss|7:{n}", answers: list[int] = answers) -> None:
            try:
                with database.step() as step:
                    step.idempotency(key, body, {"by": number})
                    create(step, database, deployment_id=deployment_id)
                answers.append(number)
            except steps.DuplicateKey as error:
                answers.append(error.response["by"])

        _all_at_once(send)
        assert len(answers) == WORKERS
        assert len(set(answers)) == 1
    assert len(rows(database, Instance)) == ROUNDS // WORKERS


@pytest.mark.parametrize("instances", [2, WORKERS])
def test_instances_of_one_vorgang_share_its_chain(open_database: Callable[..., db.Database], instances: int) -> None:
    database = open_database(pool_size=WORKERS, pool_timeout_s=20)
    key, vorgang_id = new_data_key(), create_vorgang(database)
    ids = [start_instance(database, vorgang_id=vorgang_id) for _ in range(instances)]

    def work(number: int) -> None:
        for n in range(ROUNDS // instances):
            event = events.Event("vermerk.geschrieben", AT, f"iss|{number}", {"n": n})
            _step(database, ids[number], lambda step, event=event: step.akte_event(key, event))  # type: ignore[misc]

    _all_at_once(work, instances)
    previous = GENESIS
    found = [events.EventRow(**row) for row in rows(database, "akte_event", order_by="seq")]
    for event in found:
        assert event.previous_hash == previous
        previous = events.link_of(event)
    (vorgang,) = rows(database, VorgangRow)
    assert (vorgang["kette_seq"], vorgang["kette_hash"]) == (ROUNDS, previous)
    assert [instance_of(database, one)["version"] for one in ids] == [1 + ROUNDS // instances] * instances
