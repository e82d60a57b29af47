"""A Rückfrage in the portal: answered item by item, with a file, without a script, and with more time."""

from datetime import date
from io import BytesIO

import pytest
from lxml import html
from PIL import Image

from engine import cases, rueckfragen, tasks
from engine.instances import Started
from engine.rueckfragen import RueckfrageView
from tests.web.portal.conftest import Portal, Visitor

QUESTION = "Wie alt ist Bello?"
PUNKTE = [{"text": QUESTION, "art": "angabe"}, {"text": "Ihr Bescheid", "art": "nachweis"}]


def asked(portal: Portal) -> tuple[Visitor, Started, str]:
    """A citizen who is asked for two things, and the address of the page."""
    erika = portal.citizen()
    started = portal.send(erika.actor)
    values = {"rueckfrage_text": "Uns fehlt noch etwas.", "rueckfrage_punkte": PUNKTE}
    due = date(2026, 12, 15)
    portal.do(started, "anzeige_pruefen", portal.clerk(), ergebnis="rueckfrage", rueckfrage_frist_am=due, **values)
    portal.work_off()
    task_id = portal.task(started, "rueckfrage_beantworten", erika.actor)
    return erika, started, f"/antraege/{started.vorgang_id}/aufgaben/{task_id}/rueckfrage"


def view(portal: Portal, started: Started) -> RueckfrageView:
    (found,) = rueckfragen.of_vorgang(portal.house, started.vorgang_id, by=portal.clerk(), at=portal.now())
    return found


def photo() -> BytesIO:
    stream = BytesIO()
    Image.new("RGB", (8, 8), "green").save(stream, "PNG")
    stream.seek(0)
    return stream


def test_the_vorgang_leads_to_the_items_with_their_day(portal: Portal) -> None:
    erika, started, address = asked(portal)

    page = erika.get(f"/antraege/{started.vorgang_id}")

    assert "Das brauchen wir von Ihnen" in page
    assert "Antworten Sie bis zum 15. Dezember 2026." in page
    assert address.removesuffix("/rueckfrage") in page
    shown = erika.get(address)
    assert QUESTION in shown
    assert "Offen sind noch 2 von 2 Punkten." in shown


def test_one_answer_is_kept_and_the_other_stays_open(portal: Portal) -> None:
    erika, started, address = asked(portal)
    first, _second = view(portal, started).punkte

    answer = erika.post(address, antwort="Drei Jahre.", _aktion=str(first.id))

    assert (answer.status_code, answer.location) == (303, f"{address}#punkt-{first.id}")
    page = erika.get(address)
    assert "Ihre Antwort: Drei Jahre." in page
    assert "Offen sind noch 1 von 2 Punkten." in page
    assert len(html.fromstring(page).xpath("//input[@type='file']")) == 1


def test_the_last_answer_with_a_photo_reaches_the_caseworker(portal: Portal) -> None:
    erika, started, address = asked(portal)
    first, second = view(portal, started).punkte
    erika.post(address, antwort="Drei Jahre.", _aktion=str(first.id))

    answer = erika.post(address, datei=(photo(), "bescheid.png"), _aktion=str(second.id))

    assert (answer.status_code, answer.location) == (303, f"/antraege/{started.vorgang_id}")
    page = erika.get(answer.location)
    assert "Ihre Antwort ist da" in page
    assert "bescheid.png" in page
    portal.work_off()
    clerk = portal.clerk()
    work = tasks.work_on(portal.house, portal.task(started, "anzeige_pruefen", clerk), by=clerk, at=portal.now())
    assert "Drei Jahre." in str(work.inputs["hinweise"])
    papers = cases.get(portal.house, started.vorgang_id, by=clerk, at=portal.now()).documents
    assert "bescheid.png" in [one.name for one in papers]


def test_that_is_all_ends_it_with_open_items_also_after_a_double_click(portal: Portal) -> None:
    erika, started, address = asked(portal)

    answers = [erika.post(address, antwort="Mehr weiß ich nicht.", _aktion="fertig") for _ in range(2)]

    assert [one.location for one in answers] == [f"/antraege/{started.vorgang_id}"] * 2
    portal.work_off()
    clerk = portal.clerk()
    work = tasks.work_on(portal.house, portal.task(started, "anzeige_pruefen", clerk), by=clerk, at=portal.now())
    assert "Mehr weiß ich nicht." in str(work.inputs["hinweise"])
    assert work.case.state.variables()["offen_nachweise"] == 1


def test_an_empty_answer_is_explained_at_its_item(portal: Portal) -> None:
    erika, started, address = asked(portal)
    _first, second = view(portal, started).punkte

    answer = erika.post(address, antwort=" ", _aktion=str(second.id))

    page = html.fromstring(answer.get_data(as_text=True))
    assert answer.status_code == 422
    (link,) = page.xpath("//*[@id='fehler']//a/@href")
    assert link == f"#antwort-{second.id}"
    assert page.get_element_by_id(link[1:]).get("aria-invalid") == "true"


def test_a_file_that_is_no_document_is_refused_and_the_words_stay(portal: Portal) -> None:
    erika, started, address = asked(portal)
    _first, second = view(portal, started).punkte

    answer = erika.post(address, antwort="Anbei.", datei=(BytesIO(b"MZ"), "bescheid.pdf"), _aktion=str(second.id))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Wählen Sie ein PDF oder ein Foto" in page
    assert ">Anbei.</textarea>" in page


def test_what_was_waived_meanwhile_is_told(portal: Portal) -> None:
    erika, started, address = asked(portal)
    first, _second = view(portal, started).punkte
    rueckfragen.waive(portal.house, started.vorgang_id, first.id, by=portal.clerk(), at=portal.now())

    answer = erika.post(address, antwort="Drei.", _aktion=str(first.id))

    assert answer.status_code == 409
    assert "gerade an anderer Stelle geändert" in answer.get_data(as_text=True)
    assert "Nicht mehr nötig" in erika.get(address)


def test_more_time_is_one_click(portal: Portal) -> None:
    erika, started, address = asked(portal)

    assert erika.post(address, _aktion="frist").status_code == 303

    page = erika.get(address)
    assert "um mehr Zeit gebeten" in page
    assert "Frist verlängern" not in page
    assert view(portal, started).frist.asked_at is not None


@pytest.mark.parametrize(("code", "words"), [("leicht", "Ich brauche mehr Zeit"), ("en", "Ask for more time")])
def test_it_speaks_the_language_of_the_reader(portal: Portal, code: str, words: str) -> None:
    erika, _started, address = asked(portal)
    assert words in erika.get(f"{address}?sprache={code}")


def test_nobody_else_can_answer_and_no_other_vorgang_leads_there(portal: Portal) -> None:
    erika, started, address = asked(portal)
    own = portal.send(erika.actor)

    assert portal.citizen("max").post(address, antwort="Hundert.", _aktion="fertig").status_code == 404
    erika.get(address.replace(str(started.vorgang_id), str(own.vorgang_id)), 404)
