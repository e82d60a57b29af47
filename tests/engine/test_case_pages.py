"""What the pages about a Vorgang ask for: where it waits, what was sent, which papers another office may open."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from engine import cases, instances, jobs, tasks
from engine.actors import Actor
from engine.cases import View, WaitKind
from engine.errors import Conflict, NotFound
from engine.feel.values import Value
from engine.house import House
from engine.instances import Sender, Started
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

SOON = AT + timedelta(hours=1)


def send(house: House, **changes: Value) -> Started:
    sender = Sender(Kanal.PORTAL)
    values = dog_values(**changes)
    return instances.start(house, deploy(house), values, by=citizen(), at=AT, sender=sender, idempotency_key="k")


def do(house: House, started: Started, element: str, by: Actor, at: datetime = SOON, **values: Value) -> UUID:
    with house.db.read() as conn:
        (task,) = [one for one in tasks.of_vorgang(conn, started.vorgang_id, by=by, on=SOON) if one.element == element]
    work = tasks.work_on(house, task.id, by=by, at=SOON)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    tasks.complete(house, task.id, known | values, by=by, at=at)
    return task.id


def decide(house: House, **changes: Value) -> tuple[Started, Actor, UUID]:
    clerk = staff(house, "amt", "steueramt")
    started = send(house, **changes)
    first = do(house, started, "anzeige_pruefen", clerk, ergebnis="vollstaendig")
    do(house, started, "steuer_festsetzen", clerk, SOON + timedelta(minutes=1), entscheidung="festsetzen")
    while jobs.run_due(house, at=SOON + timedelta(minutes=1)):
        pass
    return started, clerk, first


def test_a_case_says_for_whom_and_for_which_day_it_waits(house: House) -> None:
    started, clerk, _first = decide(house)

    waits = {one.element: one for one in cases.waits(house, started.vorgang_id, by=clerk, at=SOON)}

    assert waits["marke_zuteilen"].kind is WaitKind.PERSON
    assert waits["marke_zuteilen"].name == "Marke zuteilen und versenden"
    assert waits["rechtsbehelfsfrist"].kind is WaitKind.DAY
    assert waits["rechtsbehelfsfrist"].due_at == datetime(2026, 12, 30, 23, 0, tzinfo=UTC)
    assert b'id="marke_zuteilen"' in cases.diagram(house, started.vorgang_id, by=clerk, at=SOON)


def test_everything_that_was_sent_is_told_in_order_with_its_form(house: House) -> None:
    started, clerk, first = decide(house)

    sent = cases.submitted(house, started.vorgang_id, by=clerk, at=SOON)

    assert [one.element for one in sent] == [None, "anzeige_pruefen", "steuer_festsetzen"]
    assert sent[0].values["weitere_hunde"] == 0
    assert (sent[1].task_id, sent[1].name, sent[1].actor_id) == (first, "Anzeige prüfen", clerk.id)
    assert sent[1].form is not None


def test_a_vorgang_is_found_by_its_number_without_blanks_capitals_and_check_digit(house: House) -> None:
    started, clerk, _first = decide(house)
    number = started.aktenzeichen

    assert cases.find(house, f" {number.lower()} ", by=clerk, at=SOON) == started.vorgang_id
    assert cases.find(house, number.rpartition("-")[0], by=clerk, at=SOON) == started.vorgang_id
    assert cases.find(house, number[:-3], by=clerk, at=SOON) is None
    assert cases.find(house, "", by=clerk, at=SOON) is None
    assert cases.find(house, number, by=staff(house, "fremd", "ordnungsamt"), at=SOON) is None


def test_another_office_opens_only_the_papers_that_its_task_names(house: House) -> None:
    started, clerk, _first = decide(house, bekanntgabe_kanal="brief", einwilligung_abruf=False)
    post = staff(house, "post", "poststelle")
    everything = cases.get(house, started.vorgang_id, by=clerk, at=SOON)

    case = cases.get(house, started.vorgang_id, by=post, at=SOON)

    assert case.view is View.TASK
    assert [one.id for one in case.documents] == [everything.decisions[0].document_id]
    cases.open_document(house, started.vorgang_id, case.documents[0].id, by=post, at=SOON)
    for paper in everything.documents:
        if paper.id != case.documents[0].id:
            with pytest.raises(NotFound):
                cases.open_document(house, started.vorgang_id, paper.id, by=post, at=SOON)
    for question in (cases.waits, cases.submitted, cases.diagram, cases.history):
        with pytest.raises(NotFound):
            question(house, started.vorgang_id, by=post, at=SOON)


def test_a_finished_task_tells_only_those_who_might_have_done_it(house: House) -> None:
    _started, clerk, first = decide(house)
    colleague, foreign = staff(house, "zwei", "steueramt"), staff(house, "fremd", "ordnungsamt")

    assert tasks.finished(house, first, by=colleague, at=SOON).actor_id == clerk.id
    with pytest.raises(Conflict, match="task_finished"):
        tasks.complete(house, first, {}, by=colleague, at=SOON)
    for someone in (foreign, citizen(), citizen("other")):
        with pytest.raises(NotFound):
            tasks.finished(house, first, by=someone, at=SOON)
        with pytest.raises(NotFound):
            tasks.complete(house, first, {}, by=someone, at=SOON)
