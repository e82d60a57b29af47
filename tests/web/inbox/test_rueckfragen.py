"""The office sees what was asked and answered, does without an item, and decides on more time."""

from datetime import date

import pytest

from engine import rueckfragen
from engine.instances import Started
from engine.rueckfragen import RueckfrageView
from tests.houses import citizen
from tests.web.inbox.conftest import Browser, Office

PUNKTE = [{"text": "Wer hat den Hund verkauft?", "art": "angabe"}, {"text": "Ihr Bescheid", "art": "nachweis"}]


@pytest.fixture
def clerk(office: Office) -> Browser:
    return office.browser("amt", "steueramt")


@pytest.fixture
def started(office: Office, clerk: Browser) -> Started:
    sent = office.receive()
    asked = {"rueckfrage_text": "Zwei Dinge.", "rueckfrage_punkte": PUNKTE, "rueckfrage_frist_am": date(2026, 12, 13)}
    office.do(sent, "anzeige_pruefen", clerk.actor, ergebnis="rueckfrage", **asked)
    office.work_off()
    return sent


def page_of(started: Started) -> str:
    return f"/inbox/vorgaenge/{started.vorgang_id}/rueckfragen"


def asked_of(office: Office, started: Started, clerk: Browser) -> RueckfrageView:
    (asked,) = rueckfragen.of_vorgang(office.house, started.vorgang_id, by=clerk.actor, at=office.now())
    return asked


def test_the_page_shows_items_frist_and_why(clerk: Browser, started: Started) -> None:
    assert page_of(started) in clerk.get(f"/inbox/vorgaenge/{started.vorgang_id}")

    page = clerk.get(page_of(started))

    assert "Wer hat den Hund verkauft?" in page
    assert "14. Dezember 2026" in page
    assert "Der Sonntag, 13.12.2026 ist kein Werktag." in page
    assert "§ 108 Abs. 3 AO" in page


def test_an_item_is_waived_and_the_last_one_lets_the_vorgang_go_on(
    office: Office, clerk: Browser, started: Started
) -> None:
    first, second = asked_of(office, started, clerk).punkte
    for punkt in (first, second):
        assert clerk.post(page_of(started), _aktion=f"verzichten:{punkt.id}").status_code == 303
    office.work_off()

    assert office.task(started, "anzeige_pruefen", clerk.actor)
    assert clerk.post(page_of(started), _aktion=f"verzichten:{first.id}").status_code == 409


def test_more_time_is_granted_with_a_reason(office: Office, clerk: Browser, started: Started) -> None:
    task_id = office.task(started, "rueckfrage_beantworten", citizen())
    rueckfragen.ask_for_time(office.house, task_id, by=citizen(), at=office.now())
    asked = asked_of(office, started, clerk)
    assert "wurde um mehr Zeit gebeten" in clerk.get(page_of(started))
    assert 'value="2026-12-28"' in clerk.get(page_of(started))

    refused = clerk.post(page_of(started), _aktion=f"verlaengern:{asked.id}", tag="2026-12-28", grund="")
    assert refused.status_code == 422
    assert "Schreiben Sie einen Grund." in refused.get_data(as_text=True)
    granted = clerk.post(page_of(started), _aktion=f"verlaengern:{asked.id}", tag="2026-12-28", grund="Urlaub")

    assert granted.status_code == 303
    page = clerk.get(page_of(started))
    assert "28. Dezember 2026" in page
    assert "zuerst bis 14. Dezember 2026" in page


def test_more_time_is_refused(office: Office, clerk: Browser, started: Started) -> None:
    task_id = office.task(started, "rueckfrage_beantworten", citizen())
    rueckfragen.ask_for_time(office.house, task_id, by=citizen(), at=office.now())
    asked = asked_of(office, started, clerk)

    assert clerk.post(page_of(started), _aktion=f"ablehnen:{asked.id}", grund="Eilt.").status_code == 303

    assert asked_of(office, started, clerk).frist.was_refused


def test_a_button_that_is_not_there_and_another_office_change_nothing(office: Office, started: Started) -> None:
    clerk, other = office.browser("amt", "steueramt"), office.browser("ordnung", "ordnungsamt")
    assert clerk.post(page_of(started), _aktion="loeschen:alles").status_code == 422
    other.get(page_of(started), 404)
    assert other.post(page_of(started), _aktion="verzichten:x").status_code == 404
