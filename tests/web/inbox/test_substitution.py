"""Vertretung on the pages: arranged, seen in the list, marked at the task, and ended."""

from lxml import html

from engine import tasks
from tests.web.inbox.conftest import Office


def test_the_substitute_finds_and_does_the_tasks_of_the_absent(office: Office) -> None:
    started = office.receive()
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    task_id = office.task(started, "anzeige_pruefen", schulz.actor)
    tasks.claim(office.house, task_id, by=schulz.actor, at=office.now())
    assert "In Vertretung" not in vogel.get("/inbox")

    days = {"von": "2026-11-24", "bis": "2026-11-30"}
    wrong = schulz.post("/inbox/vertretung", vertretung=schulz.actor.id, **days)
    assert wrong.status_code == 422
    assert "Wählen Sie eine andere Person" in wrong.get_data(as_text=True)
    assert schulz.post("/inbox/vertretung", vertretung=vogel.actor.id, **days).status_code == 303

    assert "in Vertretung für Petra Schulz" in vogel.get("/inbox?liste=vertretung")
    page = vogel.get(f"/inbox/aufgaben/{task_id}")
    assert "In Vertretung für Petra Schulz." in page
    assert "Aufgabe abschließen" in page
    assert "Zurückgeben" not in page

    (form,) = html.fromstring(schulz.get("/inbox/vertretung")).xpath("//form[.//input[@name='id']]")
    assert schulz.post("/inbox/vertretung/beenden", id=form.fields["id"]).status_code == 303
    assert "Petra Schulz bearbeitet diese Aufgabe" in vogel.get(f"/inbox/aufgaben/{task_id}")


def test_only_the_lead_chooses_who_is_absent(office: Office) -> None:
    schulz = office.browser("Petra Schulz", "steueramt")
    lead = office.browser("Sabine Albrecht", "steueramt", "leitung")
    vogel = office.browser("Thomas Vogel", "steueramt")
    facts = {"abwesend": vogel.actor.id, "vertretung": schulz.actor.id, "von": "2026-11-24", "bis": "2026-11-30"}

    assert "Wer ist abwesend?" not in schulz.get("/inbox/vertretung")
    assert schulz.post("/inbox/vertretung", **facts).status_code == 403
    assert "Wer ist abwesend?" in lead.get("/inbox/vertretung")
    assert lead.post("/inbox/vertretung", **facts).status_code == 303
    assert "Petra Schulz vertritt Thomas Vogel" in schulz.get("/inbox/vertretung")
