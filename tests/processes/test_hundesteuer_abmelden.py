"""An Abmeldung works on what the Anmeldung left: the same Akte, the Bestand, the Kasse, on both databases."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine import bestand, instances, takeovers
from engine.errors import Conflict
from engine.feel.values import Value
from engine.files import open_file
from engine.house import House
from engine.instances import Sender
from storage.akte import verify
from storage.akte.bestand import Objekt
from storage.db import Database
from storage.models.akte import AkteRow
from storage.models.vorgang import Kanal, VorgangRow
from tests.engine.test_case import do, work_off
from tests.houses import citizen, deploy, make_house, staff, worker

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
NUMBER = "HS-2025-000012-3"
PERSON = {"anrede": "frau", "vorname": "Erika", "nachname": "Muster", "geburtsdatum": date(1980, 5, 1)}
ADDRESS = {"strasse": "Rheinstraße", "hausnummer": "1", "plz": "64283", "ort": "Darmstadt"}
FORM: Mapping[str, Value] = {
    "person": PERSON,
    "anschrift": ADDRESS,
    "kassenzeichen": NUMBER,
    "hund_name": "Rex",
    "grund": "tod",
    "ende_am": date(2026, 8, 20),
    "bekanntgabe_kanal": "brief",
}


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return make_house(database, tmp_path)


def dog(name: str, number: str, amount: int, since: date) -> dict[str, Value]:
    fields = {"name": name, "gefaehrlich": False, "ermaessigung": "keine", "jahresbetrag": Decimal(amount)}
    return {"art": "hund", "nummer": number, "felder": fields, "gueltig_ab": since}


STEUERFALL: dict[str, Value] = {
    "art": "steuerfall",
    "nummer": NUMBER,
    "felder": {"halter": "Erika Muster", "jahresbetrag": Decimal(300)},
    "gueltig_ab": date(2025, 3, 1),
}
DOGS = [dog("Rex", "M-1", 120, date(2025, 3, 1)), dog("Bella", "M-2", 180, date(2025, 5, 1))]


def kept(house: House, vorgang_id: Any) -> dict[str, Objekt]:
    with house.db.read() as conn:
        found = bestand.of_akte(house, conn, open_file(house, conn, vorgang_id))
    assert found is not None
    return {one.number or "": one for one in found.objects}


def test_a_dog_that_died_leaves_the_bestand_and_the_kasse_pays_back(house: House, tmp_path: Path) -> None:
    deployed, clerk = deploy(house, "hundesteuer_abmelden", at=AT), staff(house, "amt", "steueramt")
    takeovers.take_over(house, deployed, FORM, [STEUERFALL, *DOGS], by=worker(), at=AT - timedelta(days=1))
    started = instances.start(
        house, deployed, FORM, by=citizen(), at=AT, sender=Sender(Kanal.PORTAL), idempotency_key="k"
    )
    work_off(house, AT)
    do(house, started, "abmeldung_pruefen", clerk, AT, ergebnis="abmelden")
    do(house, started, "aenderung_festsetzen", clerk, AT, entscheidung="festsetzen")
    work_off(house, AT)

    objects = kept(house, started.vorgang_id)
    assert objects["M-1"].valid_to == date(2026, 8, 31)
    assert objects["M-2"].valid_to is None
    amounts = [bestand.fields_of(_kind(deployed), one.fields)["jahresbetrag"] for one in objects["M-2"].periods]
    assert amounts == [Decimal(180), Decimal(120)]
    (record,) = [json.loads(path.read_bytes()) for path in (tmp_path / "kasse" / "ausgang").iterdir()]
    assert (record["kassenzeichen"], record["summe_cent"]) == (NUMBER, -6000)
    assert record["angeordnet"]["vermerk"] == "Zur Auszahlung angeordnet"
    with house.db.read() as conn:
        assert len(conn.execute(select(AkteRow.id)).all()) == 1
        assert len(conn.execute(select(VorgangRow.id)).all()) == 2
        assert verify.verify(conn, house.objects, tmp_path / "anchors.jsonl").findings == []


def _kind(deployed: Any) -> Any:
    return deployed.procedure.bestand.kind("hund")


def test_a_take_over_that_does_not_fit_leaves_nothing(house: House) -> None:
    deployed = deploy(house, "hundesteuer_abmelden", at=AT)
    with pytest.raises(Conflict, match="parent_missing"):
        takeovers.take_over(house, deployed, FORM, DOGS, by=worker(), at=AT)
    with house.db.read() as conn:
        assert conn.execute(select(AkteRow.id)).all() == []


def test_the_number_of_another_persons_steuerfall_leads_into_nobodys_akte(house: House) -> None:
    deployed = deploy(house, "hundesteuer_abmelden", at=AT)
    takeovers.take_over(house, deployed, FORM, [STEUERFALL, *DOGS], by=worker(), at=AT)
    stranger = {**FORM, "person": {**PERSON, "vorname": "Max"}}
    started = instances.start(
        house, deployed, stranger, by=citizen("max"), at=AT, sender=Sender(Kanal.PORTAL), idempotency_key="k"
    )
    assert kept(house, started.vorgang_id) == {}
