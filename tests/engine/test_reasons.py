"""Every decision stays with its Vorgang: who may read it, that it can be taken along, and that the file proves it."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine import cases, instances, jobs, reasons, tasks
from engine.actors import Actor
from engine.advance import DECIDED
from engine.errors import NotFound
from engine.feel.values import Value
from engine.files import key_of_vorgang
from engine.house import House
from engine.instances import Sender, Started
from storage.akte import history, verify
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

SOON = AT + timedelta(hours=1)
TYSON = {
    "name": "Tyson",
    "rasse": "Bullterrier",
    "geboren_am": date(2022, 8, 20),
    "grund": "erwerb",
    "gehalten_seit": date(2026, 10, 5),
    "gefaehrlich": "ja",
    "chip_fehlt": False,
    "chip": "276098106000002",
}


@pytest.fixture
def clerk(house: House) -> Actor:
    return staff(house, "amt", "steueramt")


def send(house: House, *more_dogs: dict[str, Value]) -> Started:
    values = dog_values()
    values["hunde"] = [*values["hunde"], *more_dogs]
    sender = Sender(Kanal.PORTAL)
    return instances.start(house, deploy(house), values, by=citizen(), at=AT, sender=sender, idempotency_key="k")


def do(house: House, started: Started, element: str, by: Actor, minutes: int, **values: Value) -> None:
    at = AT + timedelta(minutes=minutes)
    with house.db.read() as conn:
        (task,) = [one for one in tasks.of_vorgang(conn, started.vorgang_id, by=by, on=at) if one.element == element]
    work = tasks.work_on(house, task.id, by=by, at=at)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    tasks.complete(house, task.id, known | values, by=by, at=at)
    while jobs.run_due(house, at=at):
        pass


def of(house: House, started: Started, by: Actor) -> list[reasons.Reason]:
    return reasons.of_vorgang(house, started.vorgang_id, by=by, at=SOON)


def test_each_dog_has_its_own_reason_and_says_which_it_is(house: House, clerk: Actor) -> None:
    started = send(house, TYSON)
    do(house, started, "anzeige_pruefen", clerk, 1, ergebnis="vollstaendig")

    bello, tyson, signing = of(house, started, clerk)

    assert [(one.title, one.about) for one in (bello, tyson, signing)] == [
        ("Steuersatz bestimmen", "Bello"),
        ("Steuersatz bestimmen", "Tyson"),
        ("Zeichnung bestimmen", ""),
    ]
    assert [step.name for step in tyson.steps] == ["Regelsatz", "Vergünstigung", "Jahresbetrag"]
    rate = tyson.steps[0].tables[0]
    assert rate.matched == (4,)
    assert [column.given for column in rate.inputs] == ["2", "ja"]
    assert tyson.steps[0].sentence == (
        "Regel 4 gilt, weil Hund gilt als gefährlich = ja; Ergebnis: Jahresbetrag 600,00 EUR, "
        "Steuersatz gefährlicher Hund"
    )
    assert tyson.steps[0].annotations == (
        (4, "Beispielsatzung § 5 Abs. 2: erhöhter Satz, unabhängig von der Zahl der Hunde"),
    )
    assert (bello.who, bello.element) == ("Amt", "satz_bestimmen")


def test_what_was_decided_again_is_no_longer_current(house: House, clerk: Actor) -> None:
    started = send(house)
    do(house, started, "anzeige_pruefen", clerk, 1, ergebnis="vollstaendig")
    do(house, started, "steuer_festsetzen", clerk, 2, entscheidung="zurueck", bearbeitungshinweis="Rasse unklar")
    do(house, started, "anzeige_pruefen", clerk, 3, ergebnis="vollstaendig")

    found = of(house, started, clerk)

    assert [(one.element, one.is_current) for one in found] == [
        ("satz_bestimmen", False),
        ("zeichnung_bestimmen", False),
        ("satz_bestimmen", True),
        ("zeichnung_bestimmen", True),
    ]


def test_only_the_office_in_charge_reads_why(house: House, clerk: Actor) -> None:
    started = send(house)
    do(house, started, "anzeige_pruefen", clerk, 1, ergebnis="vollstaendig")

    for someone in (citizen(), citizen("other"), staff(house, "fremd", "ordnungsamt"), staff(house, "p", "poststelle")):
        with pytest.raises(NotFound):
            reasons.of_vorgang(house, started.vorgang_id, by=someone, at=SOON)
        with pytest.raises(NotFound):
            reasons.exported(house, started.vorgang_id, by=someone, at=SOON)
    told = cases.history(house, started.vorgang_id, by=citizen(), at=SOON)
    assert any(line.elements for line in told)
    assert not any(line.reasons for line in told)


def test_the_export_holds_every_trace_and_is_recorded(house: House, clerk: Actor) -> None:
    started = send(house)
    do(house, started, "anzeige_pruefen", clerk, 1, ergebnis="vollstaendig")

    data = json.loads(json.dumps(reasons.exported(house, started.vorgang_id, by=clerk, at=SOON)))

    assert (data["format"], data["aktenzeichen"]) == ("amtsweg-entscheidungen-1", started.aktenzeichen)
    first = data["entscheidungen"][0]
    assert first["spur"]["decision"] == "jahresbetrag"
    assert first["begruendung"][0].startswith("Regelsatz: Regel 1 gilt, weil Rang des Hundes im Haushalt = 1 und")
    assert first["schritt"]["instanz"] == str(started.instance_id)
    with house.db.read() as conn:
        assert conn.execute(text("SELECT kind, reason FROM zugriff")).all() == [("export", "Entscheidungen")]


def test_the_file_records_every_decision_and_its_chain_proves_it(house: House, clerk: Actor, tmp_path: Path) -> None:
    started = send(house)
    do(house, started, "anzeige_pruefen", clerk, 1, ergebnis="vollstaendig")

    with house.db.read() as conn:
        entries = history.read(conn, key_of_vorgang(house, conn, started.vorgang_id), started.vorgang_id)
        filed = [entry for entry in entries if entry.kind == DECIDED]
        hashes = {row.instance_seq: row.step_hash for row in conn.execute(text(_LINKED)).all()}

    found = of(house, started, clerk)
    assert [entry.payload["element"] for entry in filed] == ["satz_bestimmen", "zeichnung_bestimmen"]
    assert filed[0].payload["begruendung"] == [f"{step.name}: {step.sentence}" for step in found[0].steps]
    assert {entry.instance_seq for entry in filed} == {one.seq for one in found}
    assert all(bytes(hashes[one.seq]) == one.step_hash for one in found)
    with house.db.read() as conn:
        assert verify.verify(conn, house.objects, tmp_path / "anchor").clean


_LINKED = "SELECT instance_seq, step_hash FROM akte_event WHERE kind = 'entscheidung.getroffen'"
