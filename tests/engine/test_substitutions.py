"""Vertretung: on its days the substitute may do what the absent holds, and the second person is still another."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from engine import instances, substitutions, tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.files import key_of_vorgang
from engine.house import House
from engine.instances import Sender, Started
from engine.tasks import OpenTask
from storage import queries
from storage.akte import history
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

TODAY = AT.date()
LAST = TODAY + timedelta(days=6)


@pytest.fixture
def schulz(house: House) -> Actor:
    return staff(house, "schulz", "steueramt")


@pytest.fixture
def vogel(house: House) -> Actor:
    return staff(house, "vogel", "steueramt", "steueramt-zeichnung")


@pytest.fixture
def started(house: House) -> Started:
    sender = Sender(Kanal.PORTAL)
    return instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k")


def task_of(house: House, started: Started, by: Actor, at: datetime = AT) -> OpenTask:
    with house.db.read() as conn:
        return tasks.of_vorgang(conn, started.vorgang_id, by=by, on=at)[0]


def arrange(house: House, absent: Actor, standing_in: Actor, **changes: Any) -> None:
    facts = {"absent": absent.id, "substitute": standing_in.id, "starts_on": TODAY, "ends_on": LAST, "by": absent}
    substitutions.arrange(house, **(facts | changes), at=AT)


def complete(house: House, task: OpenTask, by: Actor, at: datetime) -> None:
    work = tasks.work_on(house, task.id, by=by, at=at)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    tasks.complete(house, task.id, known | {"ergebnis": "vollstaendig"}, by=by, at=at)


def test_only_on_its_days_the_substitute_may_do_what_the_absent_holds(
    house: House, started: Started, schulz: Actor, vogel: Actor
) -> None:
    task = task_of(house, started, schulz)
    tasks.claim(house, task.id, by=schulz, at=AT)
    arrange(house, schulz, vogel)

    with house.db.read() as conn:
        held = tasks.get(conn, task.id, by=vogel, on=AT)
        for day, may in ((-1, False), (0, True), (6, True), (7, False)):
            assert tasks.stands_in(conn, held, vogel, on=AT + timedelta(days=day)) is may
    with pytest.raises(Conflict):
        complete(house, held, vogel, AT + timedelta(days=7))
    complete(house, held, vogel, AT + timedelta(days=1))

    with house.db.read() as conn:
        entries = history.read(conn, key_of_vorgang(house, conn, started.vorgang_id), started.vorgang_id)
    (said,) = [one for one in entries if one.kind == "aufgabe.in_vertretung"]
    assert (said.actor_id, said.payload["fuer"]) == (vogel.id, schulz.id)


def test_who_stood_in_has_acted_and_is_no_second_person_any_more(
    house: House, started: Started, schulz: Actor, vogel: Actor
) -> None:
    task = task_of(house, started, schulz)
    tasks.claim(house, task.id, by=schulz, at=AT)
    arrange(house, schulz, vogel)
    complete(house, task, vogel, AT)

    with house.db.read() as conn:
        (following, *_) = tasks.of_vorgang(conn, started.vorgang_id, by=schulz, on=AT)
        acted = tasks.acted_before(house, conn, following)
    assert {schulz.id, vogel.id} <= acted


def test_a_substitute_of_another_group_sees_what_the_absent_holds(
    house: House, started: Started, schulz: Actor
) -> None:
    other = staff(house, "stein", "ordnungsamt")
    task = task_of(house, started, schulz)
    tasks.claim(house, task.id, by=schulz, at=AT)
    with house.db.read() as conn, pytest.raises(NotFound):
        tasks.get(conn, task.id, by=other, on=AT)
    arrange(house, schulz, other)

    with house.db.read() as conn:
        assert tasks.get(conn, task.id, by=other, on=AT).id == task.id
        absent = substitutions.absent_of(conn, other.id, on=TODAY)
        assert [one.id for one in queries.held_by(conn, absent, limit=9)] == [task.id]
        assert queries.count_held_by(conn, absent).number == 1
        assert queries.count_held_by(conn, frozenset()).number == 0


def test_everybody_arranges_her_own_and_the_lead_anybodys(house: House, schulz: Actor, vogel: Actor) -> None:
    lead = staff(house, "albrecht", "steueramt", "leitung")
    with pytest.raises(NotAllowed):
        arrange(house, schulz, vogel, by=vogel)
    for _ in range(2):  # a double click
        arrange(house, schulz, vogel, by=lead)

    (one,) = substitutions.list_of(house, by=schulz, at=AT)
    assert (one.absent_name, one.substitute_name) == ("Schulz", "Vogel")
    with pytest.raises(NotFound):
        substitutions.revoke(house, one.id, by=vogel, at=AT)
    substitutions.revoke(house, one.id, by=schulz, at=AT)
    assert substitutions.list_of(house, by=lead, at=AT) == []
    with house.db.read() as conn:
        assert substitutions.absent_of(conn, vogel.id, on=TODAY) == frozenset()


@pytest.mark.parametrize(
    "wrong",
    [
        {"substitute": "nobody"},
        {"starts_on": None},
        {"ends_on": date(2026, 11, 1)},
        {"starts_on": LAST, "ends_on": TODAY},
    ],
)
def test_days_and_people_must_fit(house: House, schulz: Actor, vogel: Actor, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        arrange(house, schulz, vogel, **wrong)
    with pytest.raises(Invalid):
        arrange(house, schulz, schulz)
