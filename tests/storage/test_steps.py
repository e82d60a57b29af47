"""The contract of a step, on both databases: all of it or nothing, once."""

import re
from collections.abc import Callable
from datetime import timedelta, timezone
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
import rfc8785
from sqlalchemy import insert, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError

from storage import db, models, steps, write_sqlite
from storage.akte import events
from storage.chain import GENESIS
from storage.crypto import KeyDestroyed, create_master_key, new_data_key
from storage.keys import KeyUnknown, destroy_key, new_key, open_key
from storage.models.base import UtcDateTime
from storage.models.data_key import DataKeyRow, KeyPurpose
from storage.models.deployment import Deployment
from storage.models.form_values import FormValues
from storage.models.idempotency import IdempotencyKey
from storage.models.incident import Incident
from storage.models.instance import Instance
from storage.models.job import Job
from storage.models.message import Message, MessageWait
from storage.models.step import StepRow
from storage.models.task import Task, TaskCandidate
from storage.models.vorgang import VorgangRow
from tests.conftest import TENANT
from tests.postgres_server import PgServer
from tests.storage.factories import (
    AT,
    create,
    create_vorgang,
    deployment,
    deployment_row,
    instance_of,
    rows,
    save,
    start_instance,
)

LATER = AT + timedelta(days=3)
BODY = sha256(b"body").digest()


def _counts(database: db.Database) -> dict[str, int]:
    """Rows per table that an engine step may write."""
    tables = ("instance", "step", "task", "task_candidate", "job", "message_wait", "incident", "idempotency_key",
              "form_values", "dokument", "akte_event")  # fmt: skip
    return {name: len(rows(database, models.metadata().tables[name])) for name in tables}


def test_a_new_instance_has_its_first_step(database: db.Database) -> None:
    instance_id = start_instance(database, state=b"s1", payload=b"p1")
    (instance,), (step,) = rows(database, Instance), rows(database, StepRow)
    assert (instance["id"], instance["version"], instance["state"]) == (instance_id, 1, b"s1")
    assert (instance["started_at"], instance["changed_at"], instance["ended_at"]) == (AT, AT, None)
    assert (step["instance_id"], step["seq"], step["payload"]) == (instance_id, 1, b"p1")
    assert (step["previous_hash"], instance["head_hash"]) == (GENESIS, steps.link_of(step))


def test_a_step_loads_what_the_step_before_saved(database: db.Database) -> None:
    instance_id = start_instance(database, state=b"s1")
    with database.step() as step:
        row = step.load(instance_id)
        save(step, state=b"s2", at=LATER)
    assert (row.id, row.tenant_id, row.version, row.state, row.status) == (instance_id, TENANT, 1, b"s1", "active")
    assert (row.started_at, row.vorgang_id, row.akte_head) == (AT, None, None)
    assert instance_of(database, instance_id)["changed_at"] == LATER


def test_the_chain_of_an_instance_links_every_step(database: db.Database) -> None:
    instance_id = start_instance(database)
    for n in range(2, 5):
        with database.step() as step:
            step.load(instance_id)
            save(step, state=b"s%d" % n, moves={"entered": ["prüfen"], "n": n})
    previous = GENESIS
    for row in rows(database, StepRow, order_by="seq"):
        assert row["previous_hash"] == previous
        previous = steps.link_of(row)
    instance = instance_of(database, instance_id)
    assert (instance["version"], instance["head_hash"]) == (4, previous)
    assert row["state_sha256"] == sha256(instance["state"]).digest()


@pytest.mark.parametrize("change", ["at", "actor_id", "command", "moves", "payload", "seq", "state_sha256"])
def test_a_link_covers_every_column_of_the_step(database: db.Database, change: str) -> None:
    start_instance(database)
    (row,) = rows(database, StepRow)
    other = {"at": LATER, "moves": {}, "payload": b"?", "seq": 9, "state_sha256": bytes(32)}.get(change, "?")
    assert steps.link_of({**row, change: other}) != steps.link_of(row)


def test_an_ended_instance_says_when(database: db.Database) -> None:
    instance_id = start_instance(database)
    with database.step() as step:
        step.load(instance_id)
        save(step, status="completed", at=LATER)
    assert instance_of(database, instance_id)["ended_at"] == LATER


def test_a_block_that_fails_writes_nothing(database: db.Database) -> None:
    instance_id = start_instance(database)
    before = _counts(database)

    def fail() -> None:
        with database.step() as step:
            step.load(instance_id)
            save(step)
            step.open_task("w1", element="a", name="A")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert _counts(database) == before
    assert instance_of(database, instance_id)["version"] == 1


def test_a_block_without_save_writes_nothing(database: db.Database) -> None:
    instance_id = start_instance(database)
    with database.step() as step:
        step.load(instance_id)
    assert instance_of(database, instance_id)["version"] == 1


def test_a_loaded_instance_brings_its_wrapped_key(database: db.Database, tmp_path: Path) -> None:
    master = create_master_key(tmp_path / "key")
    key, key_row = new_key(master, KeyPurpose.INSTANCE, tenant_id=TENANT, at=AT)
    with database.step() as step:
        instance_id = create(step, database, key_id=key.id)
        step.also(insert(DataKeyRow), key_row)
    with database.step() as step:
        row = step.load(instance_id)
    sealed = open_key(master, row).encrypt(b"state", aad=b"")
    assert key.decrypt(sealed, aad=b"") == b"state"
    with database.begin() as conn:
        destroy_key(conn, key.id, at=AT, by="iss|7", reason="Frist")
    with pytest.raises(KeyDestroyed), database.step() as step:
        open_key(master, step.load(instance_id))


def test_an_instance_whose_key_is_nowhere_cannot_be_opened(database: db.Database, tmp_path: Path) -> None:
    instance_id = start_instance(database)
    with pytest.raises(KeyUnknown), database.step() as step:
        open_key(create_master_key(tmp_path / "key"), step.load(instance_id))


def test_an_unknown_instance_and_that_of_another_tenant_look_the_same(
    database: db.Database, open_database: Callable[..., db.Database]
) -> None:
    instance_id = start_instance(database)
    with pytest.raises(steps.NoInstance), open_database("kassel").step() as step:
        step.load(instance_id)
    with pytest.raises(steps.NoInstance), database.step() as step:
        step.load(uuid4())


# -- parts


def test_an_open_task_has_its_candidates(database: db.Database) -> None:
    with database.step() as step:
        instance_id = create(step, database, business_key="HST-1")
        task_id = step.open_task(
            "w3", element="pruefen", name="Anmeldung prüfen", form_key="pruefen.form", lane="Steueramt", priority=70,
            candidate_groups=["steueramt", "kasse", "steueramt"], candidate_users=["iss|7"], due_at=LATER,
            properties={"zweite_person": "true"},
        )  # fmt: skip
    (task,) = rows(database, Task)
    assert task["id"] == task_id == steps.row_id(instance_id, "w3")
    assert task == task | {
        "instance_id": instance_id, "wait": "w3", "element": "pruefen", "name": "Anmeldung prüfen", "kind": "user",
        "form_key": "pruefen.form", "lane": "Steueramt", "priority": 70, "assignee": None, "claimed_at": None,
        "opened_at": AT, "due_at": LATER, "sort_at": LATER, "business_key": "HST-1",
        "properties": {"zweite_person": "true"},
    }  # fmt: skip
    candidates = {(row["candidate"], row["claimed"], row["sort_at"]) for row in rows(database, TaskCandidate)}
    assert candidates == {(name, False, LATER) for name in ("group:steueramt", "group:kasse", "user:iss|7")}


def test_a_task_with_an_assignee_is_claimed_from_the_start(database: db.Database) -> None:
    with database.step() as step:
        create(step, database)
        step.open_task("w1", element="a", name="A", assignee="iss|7", candidate_groups=["steueramt"])
    assert [(row["assignee"], row["claimed_at"]) for row in rows(database, Task)] == [("iss|7", AT)]
    assert [row["claimed"] for row in rows(database, TaskCandidate)] == [True]


def test_tasks_without_due_date_sort_after_all_others_oldest_first() -> None:
    dated, first, second = LATER + timedelta(days=9000), AT, AT + timedelta(seconds=1)
    assert dated < steps.sort_key(None, first) < steps.sort_key(None, second)


def test_a_closed_wait_is_gone_and_only_it(database: db.Database) -> None:
    with database.step() as step:
        instance_id = create(step, database)
        for wait in ("w1", "w2"):
            step.open_task(wait, element="a", name="A", candidate_groups=["g"])
            step.add_job("timer", wait=f"t{wait}", due_at=LATER)
            step.expect_message(f"m{wait}", element="e", name="antwort", key="k")
    with database.step() as step:
        step.load(instance_id)
        save(step)
        step.close_wait("w1", "task")
        step.close_wait("tw1", "timer")
        step.close_wait("mw1", "message")
    assert [row["wait"] for row in rows(database, Task)] == ["w2"]
    assert [row["task_id"] for row in rows(database, TaskCandidate)] == [steps.row_id(instance_id, "w2")]
    assert [row["wait"] for row in rows(database, Job)] == ["tw2"]
    assert [row["wait"] for row in rows(database, MessageWait)] == ["mw2"]


def test_a_wait_opened_and_closed_in_one_step_leaves_nothing(database: db.Database) -> None:
    with database.step() as step:
        create(step, database)
        step.open_task("w1", element="a", name="A", candidate_groups=["g", "h"])
        step.open_task("w2", element="b", name="B", candidate_groups=["g"])
        step.add_job("timer", wait="w3", due_at=LATER)
        step.expect_message("w4", element="e", name="antwort", key="k")
        for wait, kind in (("w1", "task"), ("w3", "timer"), ("w4", "message")):
            step.close_wait(wait, kind)
    assert [row["wait"] for row in rows(database, Task)] == ["w2"]
    assert _counts(database) == _counts(database) | {"task_candidate": 1, "job": 0, "message_wait": 0}


def test_a_job_carries_what_its_worker_needs(database: db.Database) -> None:
    with database.step() as step:
        instance_id = create(step, database)
        at_once = step.add_job("external", wait="w1", topic="bescheid.erzeugen", element="e", payload=b"\x00\xff")
        step.add_job("message", arguments={"name": "antwort"})
        step.add_job("message", arguments={"name": "antwort"})
    found = {row["id"]: row for row in rows(database, Job)}
    assert at_once == steps.row_id(instance_id, "w1")
    assert len(found) == 3
    assert found[at_once] == found[at_once] | {
        "queue": "internal", "kind": "external", "topic": "bescheid.erzeugen", "instance_id": instance_id,
        "wait": "w1", "element": "e", "payload": b"\x00\xff", "due_at": AT, "run_at": AT, "attempts": 0,
        "lease_owner": None, "arguments": {},
    }  # fmt: skip


def test_form_values_and_incidents_name_their_instance(database: db.Database) -> None:
    values_id, incident_id, key_id = uuid4(), uuid4(), uuid4()
    with database.step() as step:
        instance_id = create(step, database)
        step.form_values(values_id, form_key="antrag.form", payload=b"\x01" * 5000, key_id=key_id)
        step.incident(incident_id, code="job_failed", cause="OSError: nein", element="e")
    (values,), (incident,) = rows(database, FormValues), rows(database, Incident)
    assert values == values | {
        "id": values_id, "instance_id": instance_id, "task_id": None, "form_key": "antrag.form", "key_id": key_id,
        "actor_id": "iss|7", "submitted_at": AT, "payload": b"\x01" * 5000,
    }  # fmt: skip
    assert incident == incident | {"instance_id": instance_id, "cause": "OSError: nein", "resolved_at": None}


def test_many_rows_are_one_step(database: db.Database) -> None:
    with database.step() as step:
        create(step, database)
        for n in range(1000):
            step.open_task(f"w{n}", element="a", name="A", candidate_groups=["g", "h"])
    counts = _counts(database)
    assert (counts["task"], counts["task_candidate"]) == (1000, 2000)


@pytest.mark.parametrize("name", ['"', "'; DROP TABLE task; --", "\\", "%s $1 :x", "ä€😀", "\n\t", "{}", "null"])
def test_any_text_comes_back_as_it_was(database: db.Database, name: str) -> None:
    with database.step() as step:
        create(step, database)
        step.open_task("w1", element=name, name=name, candidate_groups=[name], properties={name: name})
    (task,), (candidate,) = rows(database, Task), rows(database, TaskCandidate)
    assert (task["element"], task["name"], task["properties"]) == (name, name, {name: name})
    assert candidate["candidate"] == f"group:{name}"


# -- races


def test_the_slower_of_two_steps_writes_nothing(database: db.Database) -> None:
    instance_id = start_instance(database)

    def be_slower() -> None:
        with database.step() as slow:
            slow.load(instance_id)
            with database.step() as fast:
                fast.load(instance_id)
                save(fast, state=b"fast")
            save(slow, state=b"slow")
            slow.open_task("w9", element="a", name="A", candidate_groups=["g"])
            slow.add_job("timer", wait="w8", due_at=LATER)
            slow.expect_message("w7", element="e", name="n", key="k")
            slow.form_values(uuid4(), form_key="f", payload=b"", key_id=uuid4())
            slow.incident(uuid4(), code="c", cause="c")

    with pytest.raises(steps.LostRace):
        be_slower()
    assert instance_of(database, instance_id)["state"] == b"fast"
    assert {name: n for name, n in _counts(database).items() if n} == {"instance": 1, "step": 2}


def test_a_lost_race_takes_the_other_statements_back(database: db.Database) -> None:
    instance_id = start_instance(database)

    def be_slower() -> None:
        with database.step() as slow:
            slow.load(instance_id)
            with database.step() as fast:
                fast.load(instance_id)
                save(fast)
            save(slow)
            slow.also(insert(Deployment), deployment_row(database, version=77))

    with pytest.raises(steps.LostRace):
        be_slower()
    assert 77 not in [row["version"] for row in rows(database, Deployment)]


def test_other_statements_and_the_step_are_one_transaction(database: db.Database) -> None:
    with database.step() as step:
        create(step, database)
        step.open_task("w1", element="a", name="A")
        step.also(insert(Deployment), deployment_row(database, version=77))
        step.also(update(Deployment).where(Deployment.version == 77).values(deployed_by="x"))
    assert ("x", 77) in [(row["deployed_by"], row["version"]) for row in rows(database, Deployment)]
    assert _counts(database)["task"] == 1


def test_an_other_statement_that_fails_takes_the_step_back(database: db.Database) -> None:
    instance_id = start_instance(database)

    def fail() -> None:
        with database.step() as step:
            step.load(instance_id)
            save(step)
            row = deployment_row(database, version=77)
            step.also(insert(Deployment), row)
            step.also(insert(Deployment), row)

    with pytest.raises(IntegrityError):
        fail()
    assert instance_of(database, instance_id)["version"] == 1


def test_a_small_pool_is_enough_for_a_step_with_other_statements(open_database: Callable[..., db.Database]) -> None:
    database = open_database(pool_size=1, pool_timeout_s=0.5)
    deployment_id = deployment(database)
    with database.step() as step:
        create(step, database, deployment_id=deployment_id)
        step.also(insert(Deployment), deployment_row(database, version=77))


# -- idempotency


def test_a_repeated_request_gets_the_first_answer_and_writes_nothing(database: db.Database) -> None:
    def request(answer: str) -> UUID:
        with database.step() as step:
            instance_id = create(step, database)
            step.idempotency("p:k", BODY, {"antwort": answer})
            return instance_id

    first = request("eins")
    with pytest.raises(steps.DuplicateKey) as caught:
        request("zwei")
    assert caught.value.response == {"antwort": "eins"}
    assert [row["id"] for row in rows(database, Instance)] == [first]


def test_a_key_used_for_something_else_is_refused(database: db.Database) -> None:
    def request(body: bytes) -> None:
        with database.step() as step:
            create(step, database)
            step.idempotency("p:k", sha256(body).digest(), {})

    request(b"a")
    with pytest.raises(steps.KeyReused):
        request(b"b")
    assert _counts(database)["instance"] == 1


def test_a_repeated_request_whose_work_is_done_still_gets_its_answer(database: db.Database) -> None:
    instance_id = start_instance(database)
    with database.step() as step:
        step.idempotency("p:k", BODY, {"n": 1})
        step.load(instance_id)
        save(step)

    def repeat_and_find_the_task_closed() -> None:
        with database.step() as step:
            step.idempotency("p:k", BODY, {"n": 2})
            step.load(instance_id)
            raise KeyError("wait is gone")

    with pytest.raises(steps.DuplicateKey) as caught:
        repeat_and_find_the_task_closed()
    assert caught.value.response == {"n": 1}


def test_a_repeated_request_that_loses_the_race_to_itself_gets_its_answer(database: db.Database) -> None:
    instance_id = start_instance(database)

    def send_twice_at_once() -> None:
        with database.step() as second:
            second.load(instance_id)
            with database.step() as first:
                first.load(instance_id)
                save(first)
                first.idempotency("p:k", BODY, {"n": 1})
            save(second)
            second.idempotency("p:k", BODY, {"n": 2})

    with pytest.raises(steps.DuplicateKey):
        send_twice_at_once()
    assert instance_of(database, instance_id)["version"] == 2


def test_the_key_of_a_failed_request_is_free_again(database: db.Database) -> None:
    instance_id = start_instance(database)

    def fail() -> None:
        with database.step() as step:
            step.idempotency("p:k", BODY, {})
            step.load(instance_id)
            raise KeyError("precondition")

    with pytest.raises(KeyError):
        fail()
    with database.step() as step:
        step.idempotency("p:k", BODY, {"n": 1})
        step.load(instance_id)
        save(step)
    assert [row["response"] for row in rows(database, IdempotencyKey)] == [{"n": 1}]


def test_two_tenants_may_use_the_same_key(database: db.Database, open_database: Callable[..., db.Database]) -> None:
    for each in (database, open_database("kassel")):
        with each.step() as step:
            create(step, each)
            step.idempotency("p:k", BODY, {})


# -- jobs and messages


def _leased_job(database: db.Database, owner: str = "w1") -> tuple[UUID, UUID]:
    with database.step() as step:
        instance_id = create(step, database)
        job_id = step.add_job("external", wait="w1", topic="t")
    with database.begin() as conn:
        conn.execute(update(Job).where(Job.id == job_id).values(lease_owner=owner))
    return instance_id, job_id


def _finish(database: db.Database, instance_id: UUID, job_id: UUID, owner: str) -> None:
    with database.step() as step:
        step.load(instance_id)
        save(step)
        step.finish_job(job_id, lease_owner=owner)


def test_a_finished_job_is_gone_with_its_step(database: db.Database) -> None:
    instance_id, job_id = _leased_job(database)
    _finish(database, instance_id, job_id, "w1")
    assert rows(database, Job) == []
    assert instance_of(database, instance_id)["version"] == 2


def test_a_worker_whose_lease_went_to_another_writes_nothing(database: db.Database) -> None:
    instance_id, job_id = _leased_job(database, owner="w2")
    with pytest.raises(steps.LeaseLost):
        _finish(database, instance_id, job_id, "w1")
    assert len(rows(database, Job)) == 1
    assert instance_of(database, instance_id)["version"] == 1


def test_a_job_that_is_gone_cannot_be_finished_again(database: db.Database) -> None:
    instance_id, job_id = _leased_job(database)
    _finish(database, instance_id, job_id, "w1")
    with pytest.raises(steps.LeaseLost):
        _finish(database, instance_id, job_id, "w1")
    assert instance_of(database, instance_id)["version"] == 2


def test_a_worker_that_holds_the_lease_but_loses_the_race_may_try_again(database: db.Database) -> None:
    instance_id, job_id = _leased_job(database)

    def be_slower() -> None:
        with database.step() as slow:
            slow.load(instance_id)
            with database.step() as fast:
                fast.load(instance_id)
                save(fast)
            save(slow)
            slow.finish_job(job_id, lease_owner="w1")

    with pytest.raises(steps.LostRace):
        be_slower()
    _finish(database, instance_id, job_id, "w1")


def test_an_instance_started_by_a_job_needs_its_lease_too(database: db.Database) -> None:
    _, job_id = _leased_job(database, owner="w2")

    def start(owner: str) -> None:
        with database.step() as step:
            create(step, database)
            step.finish_job(job_id, lease_owner=owner)

    with pytest.raises(steps.LeaseLost):
        start("w1")
    assert _counts(database)["instance"] == 1
    start("w2")
    assert _counts(database)["instance"] == 2
    assert rows(database, Job) == []


def test_a_message_is_delivered_to_one_instance(database: db.Database) -> None:
    message_id, ids = uuid4(), [start_instance(database), start_instance(database)]
    with database.begin() as conn:
        row = {
            "tenant_id": TENANT, "id": message_id, "message_id": "m", "name": "n", "key": "k", "status": "stored",
            "payload": b"", "key_id": uuid4(), "received_at": AT, "expires_at": LATER, "instance_id": None,
        }  # fmt: skip
        conn.execute(insert(Message), row)

    def deliver(instance_id: UUID) -> None:
        with database.step() as step:
            step.load(instance_id)
            save(step)
            step.take_message(message_id)

    deliver(ids[0])
    with pytest.raises(steps.LostRace):
        deliver(ids[1])
    assert [(row["status"], row["instance_id"]) for row in rows(database, Message)] == [("delivered", ids[0])]
    assert instance_of(database, ids[1])["version"] == 1


# -- the chain of the Vorgang


def _event(n: int) -> events.Event:
    return events.Event("vermerk.geschrieben", AT, "iss|7", {"n": n})


def test_events_are_sealed_behind_each_other_and_name_their_step(database: db.Database) -> None:
    key, vorgang_id = new_data_key(), create_vorgang(database)
    instance_id = start_instance(database, vorgang_id=vorgang_id)
    for n in (1, 3):
        with database.step() as step:
            row = step.load(instance_id)
            save(step)
            step.akte_event(key, _event(n))
            step.akte_event(key, _event(n + 1))
    assert row.akte_head is not None
    assert row.akte_head.seq == 2
    found = [events.EventRow(**event) for event in rows(database, "akte_event", order_by="seq")]
    previous = GENESIS
    for event in found:
        assert event.previous_hash == previous
        previous = events.link_of(event)
    assert [events.open_payload(event, key)["n"] for event in found] == [1, 2, 3, 4]
    assert [(event.instance_id, event.instance_seq) for event in found] == [(instance_id, n) for n in (2, 2, 3, 3)]
    assert found[-1].step_hash == instance_of(database, instance_id)["head_hash"]
    (vorgang,) = rows(database, VorgangRow)
    assert (vorgang["kette_seq"], vorgang["kette_hash"]) == (4, previous)


def test_two_instances_of_a_vorgang_cannot_fork_its_chain(database: db.Database) -> None:
    key, vorgang_id = new_data_key(), create_vorgang(database)
    ids = [start_instance(database, vorgang_id=vorgang_id) for _ in range(2)]

    def be_slower() -> None:
        with database.step() as slow:
            slow.load(ids[0])
            with database.step() as fast:
                fast.load(ids[1])
                save(fast)
                fast.akte_event(key, _event(1))
            save(slow)
            slow.open_task("w1", element="a", name="A")
            slow.akte_event(key, _event(2))

    with pytest.raises(steps.LostRace):
        be_slower()
    assert [row["instance_id"] for row in rows(database, "akte_event")] == [ids[1]]
    assert instance_of(database, ids[0])["version"] == 1
    assert rows(database, Task) == []


def test_a_head_that_moved_without_its_events_stops_the_step(database: db.Database) -> None:
    """Even when the rows that would clash are gone, the head in the Vorgang guards the chain."""
    key, vorgang_id = new_data_key(), create_vorgang(database)
    instance_id = start_instance(database, vorgang_id=vorgang_id)

    def be_slower() -> None:
        with database.step() as step:
            step.load(instance_id)
            with database.begin() as conn:
                conn.execute(update(VorgangRow).values(kette_seq=5, kette_hash=b"x" * 32))
            save(step)
            step.akte_event(key, _event(1))

    with pytest.raises(steps.LostRace):
        be_slower()
    assert rows(database, "akte_event") == []
    assert instance_of(database, instance_id)["version"] == 1


def test_a_technical_instance_has_no_file_for_events(database: db.Database) -> None:
    instance_id = start_instance(database)

    def record() -> None:
        with database.step() as step:
            step.load(instance_id)
            save(step)
            step.akte_event(new_data_key(), _event(1))

    with pytest.raises(RuntimeError, match="without a Vorgang"):
        record()


# -- the shape of the write


def test_postgresql_gets_one_statement_to_load_and_one_to_write(postgres_url: str, tmp_path: Path) -> None:
    database = db.Database(postgres_url, tenant_id=TENANT)
    key, vorgang_id = new_data_key(), create_vorgang(database)
    instance_id = start_instance(database, vorgang_id=vorgang_id)
    trace = tmp_path / "protocol"
    with trace.open("w") as file, database.step() as step:
        step._handle.connection.pgconn.trace(file.fileno())
        step.load(instance_id)
        save(step)
        step.open_task("w1", element="a", name="A", candidate_groups=["g", "h"])
        step.add_job("timer", wait="w2", due_at=LATER)
        step.form_values(uuid4(), form_key="f", payload=b"", key_id=uuid4())
        step.akte_event(key, _event(1))
        step.idempotency("k", BODY, {})
    statements = re.findall(r"\tF\t\d+\t(Query|Execute)\t", trace.read_text())
    assert statements == ["Execute", "Execute"]
    assert _counts(database)["akte_event"] == 1


def test_a_connection_lost_during_a_step_is_unavailable_and_replaced(postgres_url: str, pg_server: PgServer) -> None:
    database = db.Database(postgres_url, tenant_id=TENANT)
    instance_id = start_instance(database)

    def lose() -> None:
        with database.step() as step:
            step.load(instance_id)
            pg_server.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'amtsweg_app'"
            )
            save(step)

    with pytest.raises(db.DatabaseUnavailable):
        lose()
    with database.step() as step:
        assert step.load(instance_id).version == 1
        save(step)


def test_a_failed_check_of_the_database_names_no_values(postgres_url: str) -> None:
    database = db.Database(postgres_url, tenant_id=TENANT)

    def leave_out_the_form() -> None:
        with database.step() as step:
            create(step, database)
            step.form_values(uuid4(), form_key=None, payload=b"Dackel", key_id=uuid4())  # type: ignore[arg-type]

    with pytest.raises(psycopg.errors.NotNullViolation) as caught:
        leave_out_the_form()
    assert "Dackel" not in str(caught.value)


@pytest.mark.parametrize("tasks", [1, 2])
def test_a_text_is_never_cut_off_at_a_nul(postgres_url: str, tasks: int) -> None:
    database = db.Database(postgres_url, tenant_id=TENANT)

    def open_tasks() -> None:
        with database.step() as step:
            create(step, database)
            for n in range(tasks):
                step.open_task(f"w{n}", element="a", name="Bello\x00Rex")

    with pytest.raises(psycopg.DataError):
        open_tasks()
    assert rows(database, Task) == []


class _Kind(StrEnum):
    MELDUNG = "meldung"


def test_a_value_of_an_enum_is_stored_as_its_text(database: db.Database) -> None:
    with database.step() as step:
        create(step, database)
        step.open_task("w1", element=_Kind.MELDUNG, name="A")
    assert [row["element"] for row in rows(database, Task)] == ["meldung"]


def test_parts_before_save_are_a_programming_error(database: db.Database) -> None:
    def open_too_early() -> None:
        with database.step() as step:
            step.open_task("w1", element="a", name="A")

    with pytest.raises(RuntimeError):
        open_too_early()


def test_a_step_on_an_unreachable_database_says_so() -> None:
    database = db.Database("postgresql://nobody@127.0.0.1:9/nothing", tenant_id=TENANT)
    with pytest.raises(db.DatabaseUnavailable), database.step():
        pass


@pytest.mark.parametrize("microsecond", [0, 1, 999999])
@pytest.mark.parametrize("hours", [0, 2, -11])
def test_sqlite_moments_are_written_as_sqlalchemy_writes_them(hours: int, microsecond: int) -> None:
    moment = AT.replace(microsecond=microsecond).astimezone(timezone(timedelta(hours=hours)))
    process = UtcDateTime().dialect_impl(sqlite.dialect()).bind_processor(sqlite.dialect())
    assert process is not None
    assert write_sqlite._utc(moment) == process(moment)


def test_moves_are_linked_in_their_rfc_8785_form() -> None:
    moves = {"entered": ["prüfen", "a\u2028\x7f\x01"], "closed": [["w1", "completed"], ["w2", 3, True]], "b": 2**53 - 1}
    assert steps._canonical(moves) == rfc8785.dumps(moves).decode()
