"""A Rückfrage with several items: asked, answered in parts, waived, extended, and settled, on both databases."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import update

from engine import cases, instances, jobs, postfach, rueckfragen, tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid, NotFound
from engine.house import House
from engine.instances import Sender, Started
from engine.rueckfragen import RueckfrageView, Upload
from storage.akte.verify import verify
from storage.models.frist import Frist, FristStatus
from storage.models.rueckfrage import PunktStatus, RueckfragePunkt, RueckfrageStatus
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

PUNKTE = [
    {"text": "Wer hat Ihnen den Hund verkauft?", "art": "angabe"},
    {"text": "Ihr Bescheid über Sozialleistungen", "art": "nachweis"},
]
SUNDAY, MONDAY = date(2026, 12, 13), date(2026, 12, 14)


def clerk(house: House) -> Actor:
    return staff(house, "amt", "steueramt")


def work_off(house: House, at: datetime) -> None:
    while jobs.run_due(house, at=at):
        pass


@pytest.fixture
def started(house: House) -> Started:
    """A Vorgang in which two things are asked for until a Sunday."""
    sender = Sender(Kanal.PORTAL)
    sent = instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k")
    asked = {
        "ergebnis": "rueckfrage",
        "rueckfrage_text": "Zwei Dinge fehlen.",
        "rueckfrage_punkte": PUNKTE,
        "rueckfrage_frist_am": SUNDAY,
    }
    do(house, sent, "anzeige_pruefen", clerk(house), AT, asked)
    return sent


def open_task(house: House, started: Started, by: Actor, at: datetime = AT) -> tuple[UUID, str]:
    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=by, on=at)
    return task.id, task.element


def do(house: House, started: Started, element: str, by: Actor, at: datetime, values: dict[str, Any]) -> None:
    task_id, opened = open_task(house, started, by, at)
    assert opened == element
    work = tasks.work_on(house, task_id, by=by, at=at)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    tasks.complete(house, task_id, known | values, by=by, at=at)
    work_off(house, at)


def asked_of(house: House, started: Started, at: datetime = AT) -> RueckfrageView:
    (asked,) = rueckfragen.of_vorgang(house, started.vorgang_id, by=clerk(house), at=at)
    return asked


def photo() -> Upload:
    stream = BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "PNG")
    return Upload("bescheid.png", stream.getvalue())


def say(house: House, started: Started, number: int, text: str = "", upload: Upload | None = None) -> bool:
    task_id, _element = open_task(house, started, citizen())
    punkt = asked_of(house, started).punkte[number]
    return rueckfragen.answer(house, task_id, punkt.id, text=text, upload=upload, by=citizen(), at=AT)


def next_inputs(house: House, started: Started, at: datetime = AT) -> dict[str, Any]:
    work_off(house, at)
    task_id, element = open_task(house, started, clerk(house), at)
    assert element == "anzeige_pruefen"
    case = tasks.work_on(house, task_id, by=clerk(house), at=at).case
    return dict(case.state.variables())


def findings(house: House, folder: Path) -> list[str]:
    with house.db.read() as conn:
        return [one.code for one in verify(conn, house.objects, folder / "anchor").findings]


def test_the_frist_ends_on_a_working_day_and_the_party_gets_the_items(house: House, started: Started) -> None:
    asked = asked_of(house, started)

    assert (asked.frist.ends_on, asked.frist.status) == (MONDAY, FristStatus.LAEUFT)
    assert "Sonntag, 13.12.2026 ist kein Werktag" in asked.frist.reason
    assert "§ 108 Abs. 3 AO" in asked.frist.reason
    (message,) = postfach.list_of(house, citizen().id)
    text = postfach.read(house, message.id, by=citizen(), at=AT).text
    assert "1. Wer hat Ihnen den Hund verkauft?\n2. Ihr Bescheid über Sozialleistungen" in text


def test_each_answer_is_kept_at_once_and_the_last_one_ends_the_task(house: House, started: Started) -> None:
    assert not say(house, started, 0, "Der Züchter.")
    first, second = asked_of(house, started).punkte
    assert (first.status, first.answer, second.status) == (PunktStatus.ERFUELLT, "Der Züchter.", PunktStatus.OFFEN)

    assert say(house, started, 1, upload=photo())

    variables = next_inputs(house, started)
    assert (variables["offen_angaben"], variables["offen_nachweise"]) == (0, 0)
    assert "Der Züchter." in variables["hinweise"]
    asked = asked_of(house, started)
    assert (asked.status, asked.frist.status) == (RueckfrageStatus.BEANTWORTET, FristStatus.EINGEHALTEN)
    names = [one.name for one in cases.get(house, started.vorgang_id, by=clerk(house), at=AT).documents]
    assert "bescheid.png" in names


def test_a_nachweis_stays_open_when_only_words_came(house: House, started: Started) -> None:
    say(house, started, 1, "Kommt nächste Woche.")
    task_id, _element = open_task(house, started, citizen())

    rueckfragen.finish(house, task_id, text="Mehr habe ich nicht.", by=citizen(), at=AT)

    variables = next_inputs(house, started)
    assert (variables["offen_angaben"], variables["offen_nachweise"]) == (1, 1)
    assert "Kommt nächste Woche." in variables["hinweise"]
    assert "Mehr habe ich nicht." in variables["hinweise"]


def test_an_empty_answer_and_a_foreign_item_are_refused(house: House, started: Started) -> None:
    with pytest.raises(Invalid):
        say(house, started, 0, "  ")
    task_id, _element = open_task(house, started, citizen())
    with pytest.raises(NotFound):
        rueckfragen.answer(house, task_id, started.vorgang_id, text="x", upload=None, by=citizen(), at=AT)
    punkt = asked_of(house, started).punkte[0].id
    with pytest.raises(NotFound):
        rueckfragen.answer(house, task_id, punkt, text="x", upload=None, by=citizen("max"), at=AT)


def test_the_office_waives_what_it_no_longer_needs(house: House, started: Started) -> None:
    first, second = asked_of(house, started).punkte
    assert not rueckfragen.waive(house, started.vorgang_id, first.id, by=clerk(house), at=AT)
    with pytest.raises(Conflict):
        say(house, started, 0, "Der Züchter.")

    assert rueckfragen.waive(house, started.vorgang_id, second.id, by=clerk(house), at=AT)

    assert next_inputs(house, started)["offen_nachweise"] == 0
    assert {one.status for one in asked_of(house, started).punkte} == {PunktStatus.VERZICHTET}


def test_only_the_office_in_charge_sees_waives_and_extends(house: House, started: Started) -> None:
    asked = asked_of(house, started)
    other = staff(house, "ordnung", "ordnungsamt")
    for stranger in (other, citizen(), citizen("max")):
        with pytest.raises(NotFound):
            rueckfragen.waive(house, started.vorgang_id, asked.punkte[0].id, by=stranger, at=AT)
        with pytest.raises(NotFound):
            rueckfragen.grant(house, started.vorgang_id, asked.id, day=SUNDAY, why="x", by=stranger, at=AT)


def test_more_time_is_asked_for_once_and_moves_the_timer_when_it_is_granted(house: House, started: Started) -> None:
    task_id, _element = open_task(house, started, citizen())
    for _ in range(2):
        asked = rueckfragen.ask_for_time(house, task_id, by=citizen(), at=AT)
    assert asked.frist.asked_at == AT
    day = rueckfragen.proposed(house, asked)
    assert day == date(2026, 12, 28)

    rueckfragen.grant(house, started.vorgang_id, asked.id, day=day, why="Urlaub", by=clerk(house), at=AT)
    work_off(house, AT)

    after = asked_of(house, started)
    assert (after.frist.ends_on, after.frist.original_ends_on, after.frist.asked_at) == (day, MONDAY, None)
    work_off(house, datetime(2026, 12, 24, tzinfo=UTC))
    assert asked_of(house, started).reminded_at is None, "the first end is past, nobody is reminded"
    task_id, _element = open_task(house, started, citizen())
    with house.db.read() as conn:
        due = tasks.get(conn, task_id, by=citizen(), on=AT).due_at
    assert due is not None
    assert due.date() in (day, day - timedelta(days=1))


def test_an_extension_ends_later_and_has_a_reason(house: House, started: Started) -> None:
    asked = asked_of(house, started)
    for day, why in ((SUNDAY, "Urlaub"), (date(2026, 12, 28), " ")):
        with pytest.raises(Invalid):
            rueckfragen.grant(house, started.vorgang_id, asked.id, day=day, why=why, by=clerk(house), at=AT)
    assert asked_of(house, started).frist.ends_on == MONDAY


def test_a_refusal_needs_a_request_and_can_be_followed_by_another(house: House, started: Started) -> None:
    asked = asked_of(house, started)
    with pytest.raises(Conflict):
        rueckfragen.refuse(house, started.vorgang_id, asked.id, why="Nein.", by=clerk(house), at=AT)
    task_id, _element = open_task(house, started, citizen())
    later = AT + timedelta(minutes=1)
    rueckfragen.ask_for_time(house, task_id, by=citizen(), at=AT)
    rueckfragen.refuse(house, started.vorgang_id, asked.id, why="Eilt.", by=clerk(house), at=later)

    frist = asked_of(house, started).frist
    assert (frist.asked_at, frist.was_refused, frist.ends_on) == (None, True, MONDAY)
    again = rueckfragen.ask_for_time(house, task_id, by=citizen(), at=later + timedelta(minutes=1))
    assert again.frist.asked_at is not None


def test_without_an_answer_one_reminder_and_then_the_office_goes_on(house: House, started: Started) -> None:
    say(house, started, 0, "Der Züchter.")
    reminded = datetime(2026, 12, 20, tzinfo=UTC)
    work_off(house, reminded)
    asked = asked_of(house, started)
    assert (asked.reminded_at, asked.frist.ends_on) == (reminded, date(2026, 12, 28))

    over = datetime(2027, 1, 4, tzinfo=UTC)
    variables = next_inputs(house, started, over)

    assert (variables["offen_angaben"], variables["offen_nachweise"]) == (0, 1)
    assert "Es gilt der Satz ohne Vergünstigung" in variables["hinweise"]
    asked = asked_of(house, started)
    assert (asked.status, asked.frist.status) == (RueckfrageStatus.UEBERFAELLIG, FristStatus.ABGELAUFEN)


def test_all_of_it_is_sealed_in_the_file(house: House, started: Started, tmp_path: Path) -> None:
    say(house, started, 0, "Der Züchter.")
    task_id, _element = open_task(house, started, citizen())
    rueckfragen.ask_for_time(house, task_id, by=citizen(), at=AT)
    assert findings(house, tmp_path) == []

    with house.db.begin() as conn:
        conn.execute(update(RueckfragePunkt).values(status="offen").where(RueckfragePunkt.position == 1))
        conn.execute(update(Frist).values(ends_on=SUNDAY))

    assert findings(house, tmp_path).count("row_changed") == 2
