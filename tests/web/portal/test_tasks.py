"""A question to the citizen: shown, answered with files and without a script, and read by the caseworker."""

from io import BytesIO

from lxml import html
from PIL import Image

from engine import cases, tasks
from engine.instances import Started
from storage.models.dokument import Dokument, ScanState
from tests.houses import scanned
from tests.web.portal.conftest import Portal, Visitor

QUESTION = "Wie alt ist Bello?"


def asked(portal: Portal) -> tuple[Visitor, Started, str]:
    """A citizen with an open question, and the address of its form."""
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.ask(started, QUESTION)
    task_id = portal.task(started, "rueckfrage_beantworten", erika.actor)
    return erika, started, f"/antraege/{started.vorgang_id}/aufgaben/{task_id}"


def photo() -> BytesIO:
    stream = BytesIO()
    Image.new("RGB", (8, 8), "green").save(stream, "PNG")
    stream.seek(0)
    return stream


def test_the_page_of_the_vorgang_leads_to_the_question(portal: Portal) -> None:
    erika, started, address = asked(portal)

    page = erika.get(f"/antraege/{started.vorgang_id}")

    assert "Das brauchen wir von Ihnen" in page
    assert "Antworten Sie bis zum 15. Dezember 2026." in page
    assert address in page
    assert "Ihre Antwort fehlt" in erika.get("/antraege")
    assert QUESTION in erika.get(address)


def test_the_answer_with_a_photo_reaches_the_caseworker(portal: Portal) -> None:
    erika, started, address = asked(portal)

    answer = erika.post(address, antwort="Drei Jahre.", nachweis=(photo(), "impfpass.png"))

    assert (answer.status_code, answer.location) == (303, f"/antraege/{started.vorgang_id}")
    page = erika.get(answer.location)
    assert "Ihre Antwort ist da" in page
    assert "Das brauchen wir von Ihnen" not in page
    assert "impfpass.png" in page
    assert "Ihre Antwort ist da" not in erika.get(answer.location), "said once"

    clerk = portal.clerk()
    work = tasks.work_on(portal.house, portal.task(started, "anzeige_pruefen", clerk), by=clerk, at=portal.now())
    assert "Antwort auf die Rückfrage: Drei Jahre." in str(work.inputs)
    sent = cases.submitted(portal.house, started.vorgang_id, by=clerk, at=portal.now())
    (last,) = (one for one in sent if one.element == "rueckfrage_beantworten")
    (file,) = last.values["nachweis"]
    papers = cases.get(portal.house, started.vorgang_id, by=clerk, at=portal.now()).documents
    assert [str(one.id) for one in papers if one.name == "impfpass.png"] == [file["id"]]


def test_a_missing_answer_is_explained_and_the_file_stays(portal: Portal) -> None:
    erika, _started, address = asked(portal)

    answer = erika.post(address, antwort="", nachweis=(photo(), "impfpass.png"))

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Schreiben Sie Ihre Antwort." in page
    assert "impfpass.png" in page
    assert "impfpass.png" in erika.get(address), "also when she comes back later"


def test_a_file_is_taken_back_by_its_button(portal: Portal) -> None:
    erika, started, address = asked(portal)
    shown = erika.post(address, antwort="", nachweis=(photo(), "impfpass.png")).get_data(as_text=True)
    (button,) = html.fromstring(shown).xpath("//button[@name='_aktion']")
    (kept,) = html.fromstring(shown).xpath("//input[@name='nachweis'][@type='hidden']")

    page = erika.post(address, antwort="Drei", nachweis=kept.get("value"), _aktion=button.get("value"))

    assert "impfpass.png" not in page.get_data(as_text=True)
    assert "Drei" in page.get_data(as_text=True)
    assert "impfpass.png" not in erika.get(f"/antraege/{started.vorgang_id}")


def test_what_is_no_document_is_refused_with_a_way_out(portal: Portal) -> None:
    erika, started, address = asked(portal)

    answer = erika.post(address, antwort="Drei.", nachweis=(BytesIO(b"MZ"), "impfpass.pdf"))

    assert answer.status_code == 422
    assert "Wählen Sie ein PDF oder ein Foto" in answer.get_data(as_text=True)
    assert portal.task(started, "rueckfrage_beantworten", erika.actor)


def test_a_document_that_was_not_added_here_cannot_be_named(portal: Portal) -> None:
    erika, started, address = asked(portal)
    foreign = cases.get(portal.house, started.vorgang_id, by=erika.actor, at=portal.now()).documents[0].id

    assert erika.post(address, antwort="Drei.", nachweis=str(foreign)).status_code == 422


def test_a_double_click_is_harmless(portal: Portal) -> None:
    erika, started, address = asked(portal)

    answers = [erika.post(address, antwort="Drei.") for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert len(cases.submitted(portal.house, started.vorgang_id, by=erika.actor, at=portal.now())) == 3


def test_nobody_else_can_answer_and_no_other_vorgang_leads_there(portal: Portal) -> None:
    erika, _started, address = asked(portal)
    other = portal.citizen("max")
    own = portal.send(erika.actor)

    assert other.post(address, antwort="Hundert.").status_code == 404
    task_id = address.rsplit("/", 1)[1]
    erika.get(f"/antraege/{own.vorgang_id}/aufgaben/{task_id}", 404)


def test_a_file_says_what_became_of_it_and_one_with_a_virus_is_not_sent(portal: Portal) -> None:
    erika, _started, address = asked(portal)
    erika.post(address, antwort="", nachweis=(photo(), "impfpass.png"))
    assert "Angenommen, noch nicht auf Viren geprüft." in erika.get(address)

    scanned(portal.house, Dokument, ScanState.BEFALLEN)

    assert "Abgelehnt: In dieser Datei wurde ein Virus gefunden." in erika.get(address)
    (file_id,) = html.fromstring(erika.get(address)).xpath("//input[@name='nachweis' and @type='hidden']/@value")
    answer = erika.post(address, antwort="Drei Jahre.", nachweis=file_id)
    assert answer.status_code == 422
    assert "Entfernen Sie sie und laden Sie eine andere hoch." in answer.get_data(as_text=True)
