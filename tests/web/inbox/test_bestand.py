"""What remains in an Akte, what the Kasse was told, and the person's other matters, on the pages of the office."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import instances, kasse, takeovers
from engine.feel.values import Value
from engine.instances import Sender, Started
from integrations.kasse.folders import KasseFolders
from storage.models.vorgang import Kanal
from tests.houses import citizen, deploy, worker
from tests.web.inbox.conftest import Browser, Office

NUMBER = "HS-2025-000012-3"
FORM: dict[str, Value] = {
    "person": {"anrede": "frau", "vorname": "Erika", "nachname": "Muster", "geburtsdatum": date(1980, 5, 1)},
    "anschrift": {"strasse": "Rheinstraße", "hausnummer": "1", "plz": "64283", "ort": "Darmstadt"},
    "kassenzeichen": NUMBER,
    "hund_name": "Rex",
    "grund": "tod",
    "ende_am": date(2026, 8, 20),
    "bekanntgabe_kanal": "brief",
}
STEUERFALL: dict[str, Value] = {
    "art": "steuerfall",
    "nummer": NUMBER,
    "felder": {"halter": "Erika Muster", "jahresbetrag": Decimal(120)},
    "gueltig_ab": date(2025, 3, 1),
}
REX: dict[str, Value] = {
    "art": "hund",
    "nummer": "M-1",
    "felder": {"name": "Rex", "gefaehrlich": False, "geboren_am": date(2020, 2, 1), "jahresbetrag": Decimal(120)},
    "gueltig_ab": date(2025, 3, 1),
}


@pytest.fixture
def schulz(office: Office) -> Browser:
    return office.browser("Petra Schulz", "steueramt")


@pytest.fixture
def folders(office: Office, tmp_path: Path) -> KasseFolders:
    found = KasseFolders(tmp_path / "kasse" / "ausgang", tmp_path / "kasse" / "eingang")
    object.__setattr__(office.house, "kasse", found)
    return found


@pytest.fixture
def refunded(office: Office, schulz: Browser, folders: KasseFolders) -> Started:
    deployed = deploy(office.house, "hundesteuer_abmelden", at=office.now())
    takeovers.take_over(office.house, deployed, FORM, [STEUERFALL, REX], by=worker(), at=office.now())
    started = instances.start(
        office.house,
        deployed,
        FORM,
        by=citizen(),
        at=office.now(),
        sender=Sender(Kanal.PORTAL),
        idempotency_key="k",
    )
    office.work_off()
    office.do(started, "abmeldung_pruefen", schulz.actor, ergebnis="abmelden")
    office.do(started, "aenderung_festsetzen", schulz.actor, entscheidung="festsetzen")
    office.work_off()
    return started


def page(started: Started) -> str:
    return f"/inbox/vorgaenge/{started.vorgang_id}/bestand"


def refuse(office: Office, folders: KasseFolders, reason: str) -> Any:
    (record,) = [json.loads(path.read_bytes()) for path in folders.outbox.iterdir()]
    folders.inbox.mkdir(parents=True, exist_ok=True)
    answer = {
        "format": "amtsweg.quittung/1",
        "sollstellung": record["sollstellung"],
        "stand": "abgelehnt",
        "grund": reason,
    }
    (folders.inbox / "q.json").write_text(json.dumps(answer))
    kasse.take_answers(office.house, at=office.now())
    return record["sollstellung"]


def test_the_page_shows_what_holds_its_history_the_kasse_and_the_other_matters(
    refunded: Started, schulz: Browser
) -> None:
    shown = schulz.get(page(refunded))
    for said in (
        "Steuerfall: Erika Muster",
        NUMBER,
        "Hund: Rex",
        "1. März 2025 bis 31. August 2026",
        "(beendet)",
        "<strong>ersetzt</strong>",
        "1. Februar 2020",
        "120,00 EUR",
        "an die Kasse übergeben",
        "-40,00 EUR",
        "Erstattung",
        "Petra Schulz",
        "Weitere Vorgänge derselben Person",
        "in dieser Akte",
    ):
        assert said in shown, said


def test_the_page_of_the_case_says_so_in_short_and_leads_there(refunded: Started, schulz: Browser) -> None:
    shown = schulz.get(f"/inbox/vorgaenge/{refunded.vorgang_id}")
    assert "-40,00 EUR: an die Kasse übergeben" in shown
    assert f'href="{page(refunded)}"' in shown


def test_what_the_kasse_refused_is_shown_with_its_reason_and_handed_over_again(
    office: Office, refunded: Started, schulz: Browser, folders: KasseFolders
) -> None:
    sollstellung = refuse(office, folders, "Die Haushaltsstelle ist gesperrt.")
    assert "Die Haushaltsstelle ist gesperrt." in schulz.get(page(refunded))
    again = f"{page(refunded)}/sollstellungen/{sollstellung}"
    assert schulz.post(again).status_code == 303
    assert "Die Haushaltsstelle ist gesperrt." not in schulz.get(page(refunded))
    assert schulz.post(again).status_code == 409


def test_another_office_sees_neither_page_nor_button(office: Office, refunded: Started, folders: KasseFolders) -> None:
    sollstellung = refuse(office, folders, "Grund")
    other = office.browser("Olaf Ordnung", "ordnungsamt")
    other.get(page(refunded), status=404)
    assert other.post(f"{page(refunded)}/sollstellungen/{sollstellung}").status_code == 404


def test_an_empty_bestand_says_when_there_will_be_one(office: Office, schulz: Browser) -> None:
    shown = schulz.get(page(office.receive()))
    assert "noch kein Bestand" in shown
    assert "Es gibt keinen weiteren Vorgang" in shown
