"""Every Bekanntgabe on the page of a Vorgang: to whom, how, in what state, with its dates, norm and reason."""

from datetime import timedelta

import pytest
from lxml import html

from engine import jobs
from engine.instances import Started
from tests.web.inbox.conftest import Browser, Office


@pytest.fixture
def schulz(office: Office) -> Browser:
    return office.browser("Petra Schulz", "steueramt")


def decide(office: Office, schulz: Browser, **changes: object) -> Started:
    started = office.receive(**changes)
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    office.do(started, "steuer_festsetzen", schulz.actor, entscheidung="festsetzen")
    office.work_off()
    return started


def said(schulz: Browser, started: Started) -> dict[str, str]:
    document = html.fromstring(schulz.get(f"/inbox/vorgaenge/{started.vorgang_id}"))
    (shown,) = document.xpath("//div[contains(@class, 'inbox-decision')]/dl")
    texts = [" ".join(one.text_content().split()) for one in shown]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def test_in_the_postfach_it_says_when_it_was_provided_and_notified(office: Office, schulz: Browser) -> None:
    facts = said(schulz, decide(office, schulz))

    assert facts["Bekanntgabe"] == "an Erika Muster, 1. Versuch, Abruf im Postfach des Portals: bekannt gegeben"
    assert facts["Benachrichtigung"].startswith("versandt, ")
    assert {"Bereitgestellt", "Gilt als bekannt gegeben", "Rechtsbehelfsfrist endet", "Grundlage", "Berechnung"} <= set(
        facts
    )
    assert "Abgesandt am" not in facts


def test_by_letter_it_says_that_nothing_is_posted_yet_and_later_by_whom(office: Office, schulz: Browser) -> None:
    started = decide(office, schulz, bekanntgabe_kanal="brief", einwilligung_abruf=False)
    facts = said(schulz, started)
    assert facts == {"Bekanntgabe": "an Erika Muster, 1. Versuch, Brief: vorbereitet, noch nicht abgesandt"}

    post = office.browser("Karl Brandt", "poststelle")
    office.do(started, "bescheid_versenden", post.actor, abgesandt_am=office.now().date())
    office.work_off()

    facts = said(schulz, started)
    assert facts["Bekanntgabe"].endswith("Brief: bekannt gegeben")
    assert facts["Abgesandt am"].endswith("vermerkt von Karl Brandt")
    assert "Benachrichtigung" not in facts


def test_a_noted_finality_is_shown_and_revoked_with_a_reason(office: Office, schulz: Browser) -> None:
    house = office.house
    house.connectors["frist.abgelaufen"] = house.connectors["bestandskraft.vermerken"]
    started = decide(office, schulz)
    while jobs.run_due(house, at=office.now() + timedelta(days=60)):
        pass
    assert said(schulz, started)["Bestandskraft"].endswith("Bestandskraft widerrufen")
    page = f"/inbox/vorgaenge/{started.vorgang_id}"
    (link,) = html.fromstring(schulz.get(page)).xpath("//a[contains(., 'Bestandskraft widerrufen')]/@href")

    assert "Bescheid ist gegenüber Erika Muster bestandskräftig" in schulz.get(link)
    refused = schulz.post(link, grund=" ")
    answer = schulz.post(link, grund="Widerspruch lag in der Post")

    assert refused.status_code == 422
    assert "Nennen Sie den Grund" in refused.get_data(as_text=True)
    assert (answer.status_code, answer.location) == (303, page)
    assert said(schulz, started)["Bestandskraft"].endswith(": Widerspruch lag in der Post")
    again = schulz.post(link, grund="Noch ein Grund")
    assert again.status_code == 409
    assert "Noch ein Grund" in again.get_data(as_text=True)
    office.browser("Ralf Stein", "ordnungsamt").get(link, status=404)
