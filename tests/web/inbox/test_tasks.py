"""A task's page: the form beside the file, finishing it, and what happens when somebody was faster."""

from datetime import timedelta
from typing import Any

from lxml import html

from engine import tasks
from engine.instances import Started
from tests.web.inbox.conftest import Browser, Office


def filled(page: str) -> dict[str, Any]:
    """What a browser without scripts would send from the task's form."""
    (form,) = html.fromstring(page).xpath("//form[@data-task]")
    return {name: value for name, value in form.form_values() if name != "_csrf"}


def reduced(office: Office, clerk: Browser) -> Started:
    """A case in which a reduction was granted, waiting for the second person."""
    started = office.receive()
    task_id = office.task(started, "anzeige_pruefen", clerk.actor)
    (dog,) = tasks.work_on(office.house, task_id, by=clerk.actor, at=office.now()).inputs["hunde"]  # type: ignore[misc, union-attr]
    changed = {**dog, "rasse": "Rauhaardackel", "ermaessigung": "grundsicherung"}  # type: ignore[dict-item]
    office.do(started, "anzeige_pruefen", clerk.actor, ergebnis="vollstaendig", hunde=[changed])
    office.do(started, "steuer_festsetzen", clerk.actor, entscheidung="festsetzen")
    return started


def test_the_page_shows_form_and_file(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    page = schulz.get(f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}")

    assert page.count("<h1") == 1
    for text in (
        started.aktenzeichen,
        "Erika Muster",
        "Ihre Anzeige wird geprüft",
        "in 14 Tagen",
        "Aufgabe abschließen",
    ):
        assert text in page
    assert filled(page)["hunde-0-name"] == "Bello"
    assert "Rheinstraße" in page
    assert "Noch hat sie niemand übernommen" in page


def test_finishing_a_task_leads_to_the_list_and_offers_what_follows(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    schulz.get("/inbox?liste=meine")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"

    answer = schulz.post(address, **filled(schulz.get(address)) | {"ergebnis": "vollstaendig"})

    assert (answer.status_code, answer.location) == (303, "/inbox?liste=meine")
    page = schulz.get(answer.location)
    assert f"Erledigt: Anzeige prüfen, {started.aktenzeichen}" in page
    assert "Weiter in diesem Vorgang: Steuer festsetzen und zeichnen" in page


def test_a_double_click_is_harmless(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    values = filled(schulz.get(address)) | {"ergebnis": "vollstaendig"}

    assert [schulz.post(address, **values).status_code for _ in range(2)] == [303, 303]
    assert "Sie haben diese Aufgabe um 11:00 Uhr erledigt." in schulz.get("/inbox")


def test_wrong_input_is_kept_and_explained(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    values = filled(schulz.get(address)) | {"hunde-0-geboren_am": "gestern", "hunde-0-name": "Rex"}

    answer = schulz.post(address, **values)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "2 Angaben stimmen noch nicht" in page
    assert filled(page)["hunde-0-geboren_am"] == "gestern"
    assert filled(page)["hunde-0-name"] == "Rex"
    assert tasks.work_on(
        office.house, office.task(started, "anzeige_pruefen", schulz.actor), by=schulz.actor, at=office.now()
    )


def test_questions_that_an_answer_brings_up_are_shown_before_they_are_judged(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"

    answer = schulz.post(address, **filled(schulz.get(address)) | {"ergebnis": "rueckfrage"})

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "weitere Fragen dazugekommen" in page
    assert "rueckfrage_text" in filled(page)


def test_a_row_is_added_without_losing_what_was_typed(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    page = schulz.get(address)
    (button,) = html.fromstring(page).xpath("//button[@name='_aktion'][contains(., 'hinzufügen')]")

    answer = schulz.post(address, **filled(page) | {"hunde-0-name": "Rex", "_aktion": button.get("value")})

    assert answer.status_code == 200
    assert filled(answer.get_data(as_text=True))["hunde-0-name"] == "Rex"
    assert "hunde-1-name" in filled(answer.get_data(as_text=True))


def test_whoever_comes_too_late_reads_who_was_faster_and_keeps_her_words(office: Office) -> None:
    started = office.receive()
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    typed = filled(vogel.get(address)) | {
        "ergebnis": "nicht_uebernommen",
        "abschluss_text": "Der Hund <b>lebt</b> anderswo.",
    }
    schulz.post(address, **filled(schulz.get(address)) | {"ergebnis": "vollstaendig"})

    answer = vogel.post(address, **typed)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Petra Schulz hat diese Aufgabe um 11:00 Uhr erledigt." in page
    assert "Ihre Eingaben stehen unten, damit nichts verloren geht." in page
    assert "Der Hund &lt;b&gt;lebt&lt;/b&gt; anderswo." in page
    assert "Nicht übernehmen und Anzeige abschließen" in page
    assert "Petra Schulz hat diese Aufgabe" in vogel.get(address)


def test_a_task_that_somebody_else_holds_can_be_read_but_not_finished(office: Office) -> None:
    started = office.receive()
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    typed = filled(vogel.get(address)) | {"ergebnis": "vollstaendig"}
    schulz.post(f"{address}/uebernehmen")

    page = vogel.get(address)
    assert "Petra Schulz bearbeitet diese Aufgabe seit 24.11.2026, 11:00 Uhr." in page
    assert "Aufgabe abschließen" not in page
    answer = vogel.post(address, **typed)
    assert answer.status_code == 409
    assert "Bello" in answer.get_data(as_text=True)
    assert vogel.post(f"{address}/uebernehmen").location == address
    assert vogel.post(f"{address}/zurueckgeben").status_code == 303


def test_claiming_or_giving_back_what_is_finished_says_so(office: Office) -> None:
    started = office.receive()
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    schulz.post(address, **filled(schulz.get(address)) | {"ergebnis": "vollstaendig"})

    for act in ("uebernehmen", "zurueckgeben"):
        assert vogel.post(f"{address}/{act}").status_code == 303
        assert "Anzeige prüfen: Petra Schulz hat diese Aufgabe" in vogel.get("/inbox")


def test_the_decision_shows_the_computed_tax_as_a_table_and_previews_the_letter(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    address = f"/inbox/aufgaben/{office.task(started, 'steuer_festsetzen', schulz.actor)}"
    page = schulz.get(address)
    for text in ("Steuer je Hund", "Jahresbetrag", "120,00 EUR", "erster Hund", "1. Oktober 2026"):
        assert text in page
    assert f'src="{address}/vorschau"' in page

    shown = schulz.client.get(f"{address}/vorschau")
    typed = schulz.post(f"{address}/vorschau", **filled(page) | {"begruendung": "Weil es so ist."})

    for answer in (shown, typed):
        policy = answer.headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "frame-ancestors 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Entwurf, noch nicht gezeichnet" in shown.get_data(as_text=True)
    assert "Erika" in shown.get_data(as_text=True)
    assert "Weil es so ist." in typed.get_data(as_text=True)
    assert 'style="' not in typed.get_data(as_text=True)


def test_a_preview_that_cannot_be_written_says_what_to_do(office: Office) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    address = f"/inbox/aufgaben/{office.task(started, 'steuer_festsetzen', schulz.actor)}"

    answer = schulz.post(f"{address}/vorschau", begruendung="Nach § 28 VwVfG.")

    assert answer.status_code == 200
    assert "Für die Vorschau fehlt noch etwas" in answer.get_data(as_text=True)


def test_the_second_person_sees_what_changed_and_must_be_another(office: Office) -> None:
    albrecht = office.browser("Dr. Sabine Albrecht", "steueramt", "steueramt-zeichnung")
    vogel = office.browser("Thomas Vogel", "steueramt-zeichnung", "steueramt")
    started = reduced(office, albrecht)
    address = f"/inbox/aufgaben/{office.task(started, 'bescheid_freigeben', vogel.actor)}"

    page = vogel.get(address)
    for text in ("Hund 1: Rasse", "Dackel", "Rauhaardackel", "Angaben sind unverändert", "Dr. Sabine Albrecht"):
        assert text in page
    assert "Bürgergeld, Grundsicherung oder Sozialhilfe" in page

    refused = albrecht.get(address)
    assert "Diese Aufgabe muss eine andere Person erledigen" in refused
    assert "Aufgabe abschließen" not in refused
    assert albrecht.post(f"{address}/uebernehmen").location == address
    assert albrecht.post(address, freigabe="freigeben").status_code == 403
    assert vogel.post(address, freigabe="freigeben").status_code == 303


def test_the_post_room_gets_the_letter_of_its_task_and_nothing_else(office: Office) -> None:
    started = office.receive(bekanntgabe_kanal="brief", einwilligung_abruf=False)
    schulz, post = office.browser("Petra Schulz", "steueramt"), office.browser("Karl Brandt", "poststelle")
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    office.do(started, "steuer_festsetzen", schulz.actor, entscheidung="festsetzen")
    office.work_off()
    address = f"/inbox/aufgaben/{office.task(started, 'bescheid_versenden', post.actor)}"

    page = post.get(address)

    assert "Zu dieser Aufgabe gehört" in page
    assert "Bescheid über die Hundesteuer" in page
    assert "Bello" not in page
    assert "Dokumente (1)" in page
    assert post.post(address, abgesandt_am="24.11.2026").status_code == 303


def test_a_late_look_says_the_day(office: Office, clock) -> None:
    started = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt")
    address = f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    schulz.post(address, **filled(schulz.get(address)) | {"ergebnis": "vollstaendig"})
    clock.advance(timedelta(days=2))

    vogel = office.browser("Thomas Vogel", "steueramt")
    assert "Petra Schulz hat diese Aufgabe am 24.11.2026 um 11:00 Uhr erledigt." in vogel.get(address)
