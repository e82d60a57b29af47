"""Meine Anträge and the page of a Vorgang: one's own is shown, a foreign one does not exist."""

from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select

from engine import cases, drafts, postfach
from storage.akte.documents import DokumentView
from storage.keys import destroy_key
from storage.models.dokument import Dokument, ScanState
from storage.models.vorgang import VorgangRow
from tests.houses import scanned
from tests.web.portal.conftest import Portal


def test_my_list_shows_what_i_sent_and_how_far_it_is(portal: Portal) -> None:
    erika = portal.citizen()
    assert "Sie haben noch nichts gesendet" in erika.get("/antraege")
    started = portal.send(erika.actor)

    page = erika.get("/antraege")

    for words in ("Hund zur Hundesteuer anmelden", started.aktenzeichen, "Ihre Anzeige wird geprüft", "24. November"):
        assert words in page
    assert f"/antraege/{started.vorgang_id}" in page
    assert started.aktenzeichen not in portal.citizen("max").get("/antraege")


def test_the_start_page_leads_whoever_is_signed_in_to_her_own_matters(portal: Portal) -> None:
    page = portal.citizen().get("/")

    assert "Stand Ihrer Vorgänge" in page
    assert 'href="/postfach"' in page


def test_the_page_says_where_it_stands_and_whose_turn_it_is(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)

    page = erika.get(f"/antraege/{started.vorgang_id}")

    for words in (
        "Das Steueramt prüft Ihre Angaben.",
        "Jetzt ist am Zug:",
        "Kassen- und Steueramt",
        'aria-current="step"',
    ):
        assert words in page


def test_a_decision_is_told_in_words_with_the_day_until_which_one_can_object(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.decide(started)

    page = erika.get(f"/antraege/{started.vorgang_id}")

    assert "Das Steueramt hat die Hundesteuer für Ihren Hund" in page
    assert "bis zum 30. Dezember 2026" in page
    assert "ab dem 30. November 2026" in page
    assert "Steuer für jedes folgende Jahr: 120,00 EUR" in page


def test_opening_the_bescheid_on_the_page_of_the_vorgang_fetches_it(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.decide(started)
    (message,) = postfach.list_of(portal.house, erika.actor.id)

    answer = erika.client.get(f"/antraege/{started.vorgang_id}/dokumente/{message.documents[0]}")

    assert answer.status_code == 200
    (read,) = postfach.list_of(portal.house, erika.actor.id)
    assert read.read_at == portal.now()


def test_a_bescheid_that_waits_for_the_post_is_not_shown_before_it_was_sent(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor, bekanntgabe_kanal="brief", einwilligung_abruf=False)
    portal.decide(started)

    assert "Entscheidung:" not in erika.get(f"/antraege/{started.vorgang_id}")
    documents = _documents(portal, started.vorgang_id)
    (bescheid,) = [one for one in documents if one.art == "steuerbescheid"]
    erika.get(f"/antraege/{started.vorgang_id}/dokumente/{bescheid.id}", 404)


def test_a_draft_can_be_continued_by_whoever_began_it(portal: Portal) -> None:
    erika = portal.citizen()
    begun = drafts.begin(portal.house, "hundesteuer_anmelden", by=erika.actor, at=portal.now())

    page = erika.get("/antraege")

    assert f"/antraege/entwurf/{begun.id}" in page
    assert "Aufgehoben bis 24. Dezember 2026." in page
    assert str(begun.id) not in portal.citizen("max").get("/antraege")


@pytest.mark.parametrize("path", ["", "/dokumente/{document}", "/aufgaben/{task}/rueckfrage"])
def test_a_foreign_vorgang_looks_like_none(portal: Portal, path: str) -> None:
    erika, other = portal.citizen(), portal.citizen("max")
    started = portal.send(erika.actor)
    portal.ask(started, "Wie alt ist Bello?")
    document = _documents(portal, started.vorgang_id)[0].id
    task = portal.task(started, "rueckfrage_beantworten", erika.actor)
    address = f"/antraege/{started.vorgang_id}" + path.format(document=document, task=task)

    erika.get(address)
    other.get(address, 404)
    assert portal.anonymous().client.get(address).status_code in (302, 303)


def _documents(portal: Portal, vorgang_id: UUID) -> tuple[DokumentView, ...]:
    return cases.get(portal.house, vorgang_id, by=portal.clerk(), at=portal.now()).documents


def test_a_document_with_a_virus_is_named_but_never_opened(portal: Portal) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.decide(started)
    (message,) = postfach.list_of(portal.house, erika.actor.id)
    address = f"/antraege/{started.vorgang_id}/dokumente/{message.documents[0]}"
    scanned(portal.house, Dokument, ScanState.BEFALLEN)

    refused = erika.get(address, 403)

    assert "Diese Datei öffnen wir nicht" in refused
    assert "wurde ein Virus gefunden" in refused
    (unread,) = postfach.list_of(portal.house, erika.actor.id)
    assert unread.read_at is None, "what was not shown was not fetched"
    page = erika.get(f"/antraege/{started.vorgang_id}")
    assert "Abgelehnt: In dieser Datei wurde ein Virus gefunden." in page
    assert html.fromstring(page).xpath("//section[@aria-labelledby='dokumente']//a") == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ScanState.OFFEN, "Angenommen, noch nicht auf Viren geprüft."),
        (ScanState.SAUBER, "Angenommen und auf Viren geprüft."),
        (ScanState.NICHT_PRUEFBAR, "Angenommen. Auf Viren prüfen lässt sich diese Datei nicht."),
    ],
)
def test_a_document_says_what_became_of_it(portal: Portal, state: ScanState, words: str) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    assert "scan-state" not in erika.get(f"/antraege/{started.vorgang_id}"), "the house made it"
    scanned(portal.house, Dokument, state)
    assert words in erika.get(f"/antraege/{started.vorgang_id}")


def test_a_longer_list_asks_the_database_no_more_often(portal: Portal, statements: list[str]) -> None:
    erika = portal.citizen()
    needed = []
    for number in (1, 4):
        while portal.sent < number:
            started = portal.send(erika.actor)
            drafts.begin(portal.house, "hundesteuer_anmelden", by=erika.actor, at=portal.now())
            portal.ask(started, "Wie alt ist Bello?")
        erika.get("/antraege")
        statements.clear()
        page = erika.get("/antraege")
        needed.append(len(statements))
        assert page.count("Ihre Antwort fehlt") == number

    assert needed[0] == needed[1] <= 20, statements


def test_the_list_speaks_the_language_of_the_reader(portal: Portal) -> None:
    erika = portal.citizen()
    portal.send(erika.actor)
    erika.client.set_cookie("amtsweg-sprache", "en")
    page = erika.get("/antraege")
    assert "Register a dog for dog tax" in page
    assert "Hund zur Hundesteuer anmelden" not in page


def test_a_vorgang_whose_key_is_destroyed_leaves_the_list_and_not_the_others(portal: Portal) -> None:
    erika = portal.citizen()
    gone, kept = portal.send(erika.actor), portal.send(erika.actor)
    with portal.house.db.begin() as conn:
        key_id = conn.execute(select(VorgangRow.key_id).where(VorgangRow.id == gone.vorgang_id)).scalar_one()
        destroy_key(conn, key_id, at=portal.now(), by="system:test", reason="Aufbewahrung abgelaufen")
    page = erika.get("/antraege")
    assert kept.aktenzeichen in page
    assert gone.aktenzeichen not in page
