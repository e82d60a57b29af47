"""A case goes through: from what a citizen sends to the end of the remedy period, in a whole house."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from engine import cases, drafts, instances, jobs, postfach, tasks
from engine.actors import Actor, TrustLevel
from engine.cases import View
from engine.errors import Conflict, Invalid, NotAllowed, NotFound
from engine.feel.values import Value
from engine.house import House
from engine.instances import Sender, Started
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

SOON = AT + timedelta(hours=1)


def send(house: House, by: Actor | None = None, key: str = "k", **changes: Any) -> Started:
    return instances.start(
        house,
        deploy(house),
        dog_values(**changes),
        by=by or citizen(),
        at=AT,
        sender=Sender(Kanal.PORTAL),
        idempotency_key=key,
    )


def open_tasks(house: House, started: Started, by: Actor) -> dict[str, UUID]:
    with house.db.read() as conn:
        return {task.element: task.id for task in tasks.of_vorgang(conn, started.vorgang_id, by=by, on=SOON)}


def do(house: House, started: Started, element: str, by: Actor, at: datetime = SOON, **values: Value) -> None:
    """Complete a task with what its form was filled with, changed by `values`."""
    task_id = open_tasks(house, started, by)[element]
    work = tasks.work_on(house, task_id, by=by, at=at)
    known = work.form.names if work.form else frozenset()
    filled = {name: value for name, value in work.inputs.items() if name in known}
    try:
        tasks.complete(house, task_id, filled | values, by=by, at=at)
    except Invalid as refused:
        pytest.fail(f"{element}: {dict(refused.errors)}")


def work_off(house: House, at: datetime = SOON) -> None:
    for _ in range(20):
        if jobs.run_due(house, at=at) == 0:
            return
    pytest.fail("jobs do not come to an end")


def rows(house: House, query: str) -> list[Any]:
    with house.db.read() as conn:
        return [dict(row) for row in conn.execute(text(query)).mappings()]


def decided_case(house: House, **changes: Any) -> tuple[Started, Actor]:
    clerk = staff(house, "amt", "steueramt")
    started = send(house, **changes)
    do(house, started, "anzeige_pruefen", clerk, ergebnis="vollstaendig")
    do(house, started, "steuer_festsetzen", clerk, entscheidung="festsetzen")
    work_off(house)
    return started, clerk


def test_a_standard_case_goes_from_the_form_to_the_end_of_the_remedy_period(house: House) -> None:
    started, clerk = decided_case(house)

    case = cases.get(house, started.vorgang_id, by=citizen(), at=SOON)
    assert case.stage is not None
    assert case.stage.key == "frist"
    (decision,) = case.decisions
    (service,) = decision.services
    assert decision.signed_by == "Amt"
    assert service.made_known_on == date(2026, 11, 30)  # the fourth day is a Saturday: § 108 (3) AO
    assert service.remedy_ends_on == date(2026, 12, 30)
    (message,) = postfach.list_of(house, citizen().id)
    assert message.documents == (decision.document_id,)

    do(house, started, "marke_zuteilen", clerk, versandt_am=date(2026, 11, 24), marken=marken(house, started, clerk))
    work_off(house, datetime(2026, 12, 30, 22, 59, tzinfo=UTC))
    assert rows(house, "SELECT status FROM instance") == [{"status": "active"}]
    work_off(house, datetime(2026, 12, 30, 23, 0, tzinfo=UTC))

    assert rows(house, "SELECT status FROM instance") == [{"status": "completed"}]
    assert rows(house, "SELECT count(*) AS n FROM job") == [{"n": 0}]
    assert cases.get(house, started.vorgang_id, by=citizen(), at=SOON).is_over


def marken(house: House, started: Started, clerk: Actor) -> Value:
    task_id = open_tasks(house, started, clerk)["marke_zuteilen"]
    rows_of = tasks.work_on(house, task_id, by=clerk, at=SOON).inputs["marken"]
    assert isinstance(rows_of, list)
    return [{**one, "markennummer": "M-1"} for one in rows_of if isinstance(one, dict)]


def test_by_letter_nothing_is_served_before_somebody_records_the_posting(house: House) -> None:
    started, _clerk = decided_case(house, bekanntgabe_kanal="brief", einwilligung_abruf=False)
    post = staff(house, "post", "poststelle")
    (service,) = cases.get(house, started.vorgang_id, by=citizen(), at=SOON).decisions[0].services
    assert (service.channel, service.made_known_on) == ("brief", None)
    assert cases.get(house, started.vorgang_id, by=post, at=SOON).view is View.TASK

    do(house, started, "bescheid_versenden", post, abgesandt_am=date(2026, 11, 24))
    work_off(house)

    (service,) = cases.get(house, started.vorgang_id, by=citizen(), at=SOON).decisions[0].services
    assert service.made_known_on == date(2026, 11, 30)
    assert rows(house, "SELECT abgesandt_by FROM bekanntgabe") == [{"abgesandt_by": post.id}]


def test_without_an_account_the_bescheid_comes_by_letter_whatever_the_form_says(house: House) -> None:
    anonymous = Actor("anonymous", citizen().kind.ANONYMOUS, "darmstadt")

    started, _clerk = decided_case(house, by=anonymous)

    assert rows(house, "SELECT kanal FROM bekanntgabe") == [{"kanal": "brief"}]
    case = cases.by_number(house, started.aktenzeichen, started.access_code.lower(), at=SOON)
    assert case.view is View.STAGE
    assert (case.applicant, case.documents, case.decisions) == ("", (), ())


def test_the_same_form_sent_twice_makes_one_antrag_and_the_same_receipt(house: House) -> None:
    first, second = send(house), send(house)

    assert first == second
    assert rows(house, "SELECT count(*) AS n FROM vorgang") == [{"n": 1}]


def test_the_same_key_with_other_answers_is_a_conflict(house: House) -> None:
    send(house)

    with pytest.raises(Conflict, match="idempotency_key_reused"):
        send(house, weitere_hunde=Decimal(1))


def test_the_access_code_is_nowhere_at_rest(house: House) -> None:
    started = send(house)

    for query in ("SELECT * FROM vorgang", "SELECT * FROM idempotency_key", "SELECT * FROM step"):
        assert started.access_code not in repr(rows(house, query))


def test_missing_answers_are_told_field_by_field_and_nothing_is_written(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        send(house, anschrift={"strasse": "Rheinstraße"})

    assert {"anschrift-hausnummer", "anschrift-plz", "anschrift-ort"} <= set(refused.value.errors)
    assert rows(house, "SELECT count(*) AS n FROM vorgang") == [{"n": 0}]


def test_a_value_that_the_form_does_not_have_never_reaches_the_process(house: House) -> None:
    started = send(house, entscheidung="festsetzen", zeichnungsgruende=["x"])

    work = tasks.work_on(
        house,
        open_tasks(house, started, staff(house, "amt", "steueramt"))["anzeige_pruefen"],
        by=staff(house, "amt", "steueramt"),
        at=SOON,
    )
    assert not {"entscheidung", "zeichnungsgruende"} & set(work.case.state.variables())


def test_a_task_completed_twice_is_a_conflict_that_names_who_was_faster(house: House) -> None:
    started = send(house)
    first, second = staff(house, "eins", "steueramt"), staff(house, "zwei", "steueramt")
    task_id = open_tasks(house, started, second)["anzeige_pruefen"]
    do(house, started, "anzeige_pruefen", first, ergebnis="vollstaendig")

    with pytest.raises(Conflict, match="task_finished") as refused:
        tasks.complete(house, task_id, {}, by=second, at=SOON)

    assert refused.value.details["holder"] == first.id


def test_a_claimed_task_is_only_its_holders(house: House) -> None:
    started = send(house)
    first, second = staff(house, "eins", "steueramt"), staff(house, "zwei", "steueramt")
    task_id = open_tasks(house, started, second)["anzeige_pruefen"]
    tasks.claim(house, task_id, by=first, at=SOON)
    tasks.claim(house, task_id, by=first, at=SOON)

    with pytest.raises(Conflict, match="task_already_claimed"):
        tasks.claim(house, task_id, by=second, at=SOON)
    tasks.release(house, task_id, by=first, at=SOON)
    tasks.claim(house, task_id, by=second, at=SOON)


def test_a_foreign_task_and_a_foreign_case_look_like_none(house: House) -> None:
    started = send(house)
    task_id = open_tasks(house, started, staff(house, "amt", "steueramt"))["anzeige_pruefen"]
    foreign = staff(house, "fremd", "ordnungsamt")

    with pytest.raises(NotFound):
        tasks.claim(house, task_id, by=foreign, at=SOON)
    with pytest.raises(NotFound):
        cases.get(house, started.vorgang_id, by=foreign, at=SOON)
    with pytest.raises(NotFound):
        cases.get(house, started.vorgang_id, by=citizen("other"), at=SOON)


def reduced_case(house: House) -> tuple[Started, Actor]:
    """A reduction is granted, so a second person has to sign."""
    clerk = staff(house, "amt", "steueramt", "steueramt-zeichnung")
    started = send(house)
    task_id = open_tasks(house, started, clerk)["anzeige_pruefen"]
    (dog,) = tasks.work_on(house, task_id, by=clerk, at=SOON).inputs["hunde"]  # type: ignore[misc, union-attr]
    do(
        house,
        started,
        "anzeige_pruefen",
        clerk,
        ergebnis="vollstaendig",
        hunde=[{**dog, "ermaessigung": "grundsicherung"}],  # type: ignore[dict-item]
    )
    return started, clerk


def test_whoever_drafted_cannot_be_the_second_person(house: House) -> None:
    started, clerk = reduced_case(house)
    do(house, started, "steuer_festsetzen", clerk, entscheidung="festsetzen")
    other = staff(house, "leitung", "steueramt-zeichnung")
    task_id = open_tasks(house, started, other)["bescheid_freigeben"]

    with pytest.raises(NotAllowed, match="second_person_needed"):
        tasks.claim(house, task_id, by=clerk, at=SOON)
    with pytest.raises(NotAllowed, match="second_person_needed"):
        tasks.complete(house, task_id, {"freigabe": "freigegeben"}, by=clerk, at=SOON)
    tasks.claim(house, task_id, by=other, at=SOON)
    do(house, started, "bescheid_freigeben", other, freigabe="freigeben")
    work_off(house)

    (akt,) = rows(house, "SELECT prepared_by, signed_by, second_person FROM verwaltungsakt")
    assert (akt["prepared_by"], akt["signed_by"]) == (clerk.id, other.id)
    assert akt["second_person"]


def test_whoever_only_claimed_and_gave_back_cannot_be_the_second_person_either(house: House) -> None:
    toucher = staff(house, "finger", "steueramt", "steueramt-zeichnung")
    started, clerk = reduced_case(house)
    task_id = open_tasks(house, started, toucher)["steuer_festsetzen"]
    tasks.claim(house, task_id, by=toucher, at=SOON)
    tasks.release(house, task_id, by=toucher, at=SOON)
    do(house, started, "steuer_festsetzen", clerk, entscheidung="festsetzen")

    with pytest.raises(NotAllowed, match="second_person_needed"):
        tasks.claim(house, open_tasks(house, started, toucher)["bescheid_freigeben"], by=toucher, at=SOON)


def test_a_connector_that_fails_three_times_leaves_an_incident_with_the_real_cause(house: House) -> None:
    def broken(_call: object) -> Any:
        try:
            raise OSError("no route to the printer")
        except OSError as error:
            raise RuntimeError("letter not made") from error

    house.connectors["bescheid.erzeugen"] = broken
    started, _clerk = decided_case(house)
    for minutes in (1, 10, 60):
        work_off(house, SOON + timedelta(minutes=minutes))

    (incident,) = rows(house, "SELECT cause, element, code FROM incident")
    assert "OSError: no route to the printer" in incident["cause"]
    assert incident["element"] == "bescheid_erzeugen"
    assert cases.get(house, started.vorgang_id, by=citizen(), at=SOON).stage is not None


def test_a_procedure_can_ask_for_a_trust_level(house: House) -> None:
    deployed = deploy(house)
    needed = deployed.procedure.facts.minimum_trust
    assert needed is TrustLevel.KEINS

    send(house, by=citizen(trust=TrustLevel.KEINS))


def test_a_draft_is_saved_resumed_and_sent_as_a_vorgang_with_its_id(house: House) -> None:
    deploy(house)
    begun = drafts.begin(house, "hundesteuer_anmelden", by=citizen(), at=AT)
    draft = drafts.resume(house, begun.id, by=citizen(), at=AT, in_session=False)
    drafts.save(house, draft, page="hunde", values=dog_values(), at=AT)
    with pytest.raises(Conflict, match="draft_changed"):
        drafts.save(house, draft, page="person", values={}, at=AT)

    again = drafts.resume_by_code(house, begun.id, begun.code, at=SOON)
    started = drafts.send(house, again, by=citizen(), at=SOON)

    assert started.vorgang_id == begun.id
    assert drafts.send(house, again, by=citizen(), at=SOON) == started
    assert drafts.sent(house, begun.id, by=citizen()) == started
    with pytest.raises(NotFound):
        drafts.resume(house, begun.id, by=citizen(), at=SOON, in_session=True)


def test_a_draft_is_nobody_elses(house: House) -> None:
    deploy(house)
    begun = drafts.begin(house, "hundesteuer_anmelden", by=citizen(), at=AT)

    with pytest.raises(NotFound):
        drafts.resume(house, begun.id, by=citizen("other"), at=AT, in_session=True)
    with pytest.raises(NotFound):
        drafts.resume_by_code(house, begun.id, "AAAA-AAAA-AAAA-AAAA", at=AT)
    with pytest.raises(NotFound):
        drafts.resume(house, begun.id, by=citizen(), at=AT + drafts.KEPT, in_session=False)
