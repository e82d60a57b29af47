"""Notes on the pages of a Vorgang and its tasks."""

from lxml import html

from tests.web.inbox.conftest import Office


def test_a_telephone_note_is_written_from_the_task_and_shown_there(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    task = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    (link,) = html.fromstring(schulz.get(task)).xpath("//a[contains(., 'Vermerk schreiben')]/@href")
    (form,) = html.fromstring(schulz.get(link)).xpath("//form[.//textarea]")

    sent = {name: value for name, value in form.form_values() if name != "_csrf"}
    answer = schulz.post(form.action, **sent | {"art": "telefon", "text": "Ruft morgen wieder an."})

    assert (answer.status_code, answer.location) == (303, task)
    page = schulz.get(task)
    assert "Ruft morgen wieder an." in page
    assert "Telefonvermerk, Petra Schulz" in page
    assert "Ruft morgen wieder an." in schulz.get(f"/inbox/vorgaenge/{started.vorgang_id}")


def test_an_empty_note_is_explained_and_keeps_its_kind(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")

    answer = schulz.post(f"/inbox/vorgaenge/{started.vorgang_id}/vermerke", art="telefon", text=" ")

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Schreiben Sie auf, was in der Akte stehen soll." in page
    assert html.fromstring(page).xpath("//input[@value='telefon']/@checked")
