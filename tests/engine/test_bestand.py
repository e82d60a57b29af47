"""What remains after a procedure: written by a process, read by the next one, provable and secret."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from engine import bestand, instances, numbers
from engine.connectors import Call, Result
from engine.errors import Conflict
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from engine.instances import Sender, Started
from storage.akte import verify
from storage.models.vorgang import Kanal, VorgangRow
from storage.steps import LostRace, Step
from tests.houses import AT, citizen, deploy, dog_values

LATER = AT + timedelta(days=30)
JAN = date(2027, 1, 1)
STEUERFALL = {
    "art": "steuerfall",
    "nummer": "HS-2026-000001-7",
    "felder": {"halter": "Erika Muster", "jahresbetrag": Decimal("120.00")},
    "gueltig_ab": JAN,
}
BELLO = {
    "art": "hund",
    "nummer": "M-1",
    "felder": {"name": "Bello", "jahresbetrag": Decimal(120)},
    "gueltig_ab": JAN,
}


def send(house: House, name: str = "erika", **changes: Any) -> Started:
    return instances.start(
        house,
        deploy(house),
        dog_values(**changes),
        by=citizen(name),
        at=AT,
        sender=Sender(Kanal.PORTAL),
        idempotency_key=str(uuid4()),
    )


def call(house: House, started: Started, topic: str, inputs: Mapping[str, Value]) -> Call:
    return Call(uuid4(), house.tenant_id, started.instance_id, "w1", started.vorgang_id, topic, inputs, AT)


def apply(house: House, started: Started, result: Result) -> None:
    """Write what a handler gave back, as the job that called it does."""
    with house.db.step() as step:
        row = step.load(started.instance_id)
        step.save(
            state=row.state,
            status="active",
            at=AT,
            actor_id="system:worker",
            command="complete_job",
            moves={},
            payload=b"",
        )
        for write in result.writes:
            write(step)


def write(house: House, started: Started, *objekte: Mapping[str, Value]) -> list[str]:
    result = bestand.write(house, call(house, started, "bestand.schreiben", {"objekte": [dict(o) for o in objekte]}))
    apply(house, started, result)
    ids = result.variables["objekte"]
    assert isinstance(ids, list)
    return [str(one) for one in ids]


def read(house: House, started: Started, **inputs: Value) -> dict[str, Any]:
    result = bestand.read(house, call(house, started, "bestand.lesen", {"art": "steuerfall", **inputs}))
    found = result.variables["bestand"]
    assert isinstance(found, dict)
    return found


def akte_of(house: House, started: Started) -> Any:
    with house.db.read() as conn:
        return conn.execute(select(VorgangRow.akte_id).where(VorgangRow.id == started.vorgang_id)).scalar_one()


def test_what_one_process_wrote_the_next_one_reads_by_number_by_person_or_from_its_akte(house: House) -> None:
    first = send(house)
    write(house, first, STEUERFALL, BELLO)
    other = send(house, "max", person=person("Max"), anschrift=ELSEWHERE)

    by_akte = read(house, first)
    by_number = read(house, other, kassenzeichen="hs-2026-000001-7 ", person=person("Erika"))
    by_person = read(house, other, person=person("Erika"))

    assert by_akte["steuerfall"]["halter"] == "Erika Muster"
    assert [(dog["name"], dog["gueltig_ab"], dog["gueltig_bis"]) for dog in by_akte["hunde"]] == [("Bello", JAN, None)]
    assert by_number["steuerfall"] == by_person["steuerfall"] == by_akte["steuerfall"]
    assert (by_number["person_passt"], by_akte["person_passt"]) == (True, None)
    assert read(house, other, kassenzeichen="HS-2026-000001-7", person=person("Max"))["person_passt"] is False
    assert read(house, other) == {"gefunden": False, "person_passt": None, "steuerfall": None, "hunde": []}


ELSEWHERE = {"strasse": "Bergweg", "hausnummer": "9", "plz": "64289", "ort": "Darmstadt"}


def person(first_name: str) -> dict[str, Any]:
    return {"anrede": "frau", "vorname": first_name, "nachname": "Muster", "geburtsdatum": date(1980, 5, 1)}


def test_an_end_keeps_what_was_there_and_the_history_shows_what_was_known_before(house: House) -> None:
    started = send(house)
    _, dog = write(house, started, STEUERFALL, BELLO)
    end = date(2027, 6, 30)
    write(house, started, {"art": "hund", "id": dog, "felder": {"ende_grund": "tod"}, "gueltig_bis": end})

    (entry,) = read(house, started)["hunde"]
    assert (entry["name"], entry["ende_grund"], entry["gueltig_ab"], entry["gueltig_bis"]) == ("Bello", "tod", JAN, end)
    with house.db.read() as conn:
        kept = bestand.of_akte(house, conn, open_file(house, conn, started.vorgang_id))
    assert kept is not None
    objekt = next(one for one in kept.objects if one.kind == "hund")
    assert [(state.valid_to, state.superseded_at is None) for state in objekt.states] == [(None, False), (end, True)]


def test_a_change_from_a_day_on_cuts_off_what_held_before(house: House) -> None:
    started = send(house)
    write(house, started, STEUERFALL, BELLO)
    july = date(2027, 7, 1)
    write(house, started, BELLO | {"felder": {"jahresbetrag": Decimal(60)}, "gueltig_ab": july})

    assert read(house, started, am=date(2027, 6, 30))["hunde"][0]["jahresbetrag"] == Decimal(120)
    assert read(house, started, am=july)["hunde"][0]["jahresbetrag"] == Decimal(60)
    assert read(house, started, am=july)["hunde"][0]["gueltig_ab"] == JAN


def test_an_end_before_the_last_change_takes_that_change_back(house: House) -> None:
    started = send(house)
    _, dog = write(house, started, STEUERFALL, BELLO)
    write(house, started, BELLO | {"felder": {"jahresbetrag": Decimal(60)}, "gueltig_ab": date(2027, 7, 1)})
    write(house, started, {"art": "hund", "id": dog, "gueltig_bis": date(2027, 3, 31)})

    (entry,) = read(house, started)["hunde"]
    assert (entry["jahresbetrag"], entry["gueltig_ab"], entry["gueltig_bis"]) == (Decimal(120), JAN, date(2027, 3, 31))


def test_an_object_written_twice_in_one_call_is_one_object(house: House) -> None:
    started = send(house)
    write(house, started, STEUERFALL, BELLO, BELLO | {"felder": {"chip": "276098106123456"}, "gueltig_ab": None})

    (dog,) = read(house, started)["hunde"]
    assert (dog["name"], dog["chip"]) == ("Bello", "276098106123456")


@pytest.mark.parametrize(
    ("objekt", "code"),
    [
        (BELLO | {"art": "katze"}, "bestand_kind_unknown"),
        (BELLO | {"felder": {"rasse": "Dackel"}}, "bad_fields"),
        (BELLO | {"felder": {"name": "Bello", "jahresbetrag": "120"}}, "bad_fields"),
        (BELLO | {"felder": {"name": "Bello", "jahresbetrag": Decimal("1.234")}}, "bad_fields"),
        (BELLO | {"gueltig_ab": None}, "valid_from_missing"),
        (BELLO | {"gueltig_ab": "2027-01-01"}, "bad_objects"),
        (BELLO | {"gueltig_bis": date(2026, 1, 1)}, "bad_period"),
        (BELLO | {"eltern": "HS-9"}, "parent_missing"),
        (BELLO | {"id": str(uuid4())}, "object_unknown"),
    ],
)
def test_what_does_not_fit_the_description_is_refused_and_nothing_is_written(
    house: House, objekt: dict[str, Any], code: str
) -> None:
    started = send(house)
    write(house, started, STEUERFALL)
    with pytest.raises(Conflict) as refused:
        write(house, started, objekt)
    assert refused.value.code == code
    assert read(house, started)["hunde"] == []


def test_a_dog_without_a_steuerfall_is_refused(house: House) -> None:
    with pytest.raises(Conflict, match="parent_missing"):
        write(house, send(house), BELLO)


def test_of_two_that_write_at_once_one_must_do_it_again(house: House) -> None:
    first = send(house)
    write(house, first, STEUERFALL)
    second = send(house)
    assert akte_of(house, first) == akte_of(house, second)
    late = bestand.write(house, call(house, first, "bestand.schreiben", STEUERFALL))
    early = bestand.write(house, call(house, second, "bestand.schreiben", STEUERFALL))

    def other_is_faster(_step: Step) -> None:
        apply(house, second, early)

    with pytest.raises(LostRace):
        apply(house, first, replace(late, writes=(*late.writes, other_is_faster)))
    apply(house, first, late)


def test_the_bestand_is_sealed_in_the_chain_and_nothing_of_it_stands_in_clear(house: House, tmp_path: Path) -> None:
    started = send(house)
    _, dog = write(house, started, STEUERFALL, BELLO)
    write(house, started, {"art": "hund", "id": dog, "gueltig_bis": date(2027, 6, 30)})
    with house.db.read() as conn:
        assert verify.verify(conn, house.objects, tmp_path / "anchors.jsonl").findings == []
        stored = conn.execute(text("SELECT fields FROM bestandsobjekt_state")).scalars().all()
    assert not any(b"Bello" in bytes(cell) or b"Muster" in bytes(cell) for cell in stored)
    with house.db.begin() as conn:
        conn.execute(text("UPDATE bestandsobjekt_state SET valid_from = '2020-01-01' WHERE seq = 2"))
    with house.db.read() as conn:
        found = verify.verify(conn, house.objects, tmp_path / "anchors.jsonl").findings
    assert [finding.code for finding in found] == ["row_changed"]


def test_a_later_matter_of_the_same_person_comes_into_the_same_akte(house: House) -> None:
    first = send(house)
    same_account = send(house, anschrift=ELSEWHERE)
    same_address = send(house, "someone", person=person("ERIKA"))
    assert akte_of(house, first) == akte_of(house, same_account) == akte_of(house, same_address)


def test_a_name_and_a_date_of_birth_alone_lead_into_nobodys_akte(house: House) -> None:
    first = send(house)
    stranger = send(house, "stranger", anschrift=ELSEWHERE)
    other_person = send(house, person=person("Max"))
    assert len({akte_of(house, one) for one in (first, stranger, other_person)}) == 3


def test_numbers_come_from_the_ranges_of_the_procedure(house: House) -> None:
    started = send(house)

    def draw(**inputs: Value) -> Mapping[str, Value]:
        return numbers.assign(house, call(house, started, "nummer.vergeben", inputs)).variables

    assert draw(bereich="kassenzeichen")["nummer"] == "HS-2026-000001-7"
    dogs = draw(bereich="markennummer", anzahl=Decimal(2))["nummern"]
    assert isinstance(dogs, list)
    assert [str(one)[:13] for one in dogs] == ["M-2026-000001", "M-2026-000002"]
    with pytest.raises(Conflict, match="number_range_unknown"):
        draw(bereich="hausnummer")
    with pytest.raises(Conflict, match="bad_count"):
        draw(bereich="markennummer", anzahl=Decimal("1.5"))


def test_a_new_year_begins_at_one_again(house: House) -> None:
    one = replace(call(house, send(house), "nummer.vergeben", {"bereich": "kassenzeichen"}), at=AT)
    numbers.assign(house, one)
    drawn = numbers.assign(house, replace(one, at=LATER + timedelta(days=30))).variables["nummer"]
    assert str(drawn).startswith("HS-2027-000001")
