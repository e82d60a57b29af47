"""Several tasks at once: the preview says what will happen, and only that happens."""

from lxml import html

from engine import tasks
from tests.web.inbox.conftest import Browser, Office


def chosen(office: Office, by: Browser, number: int) -> list[str]:
    return [str(office.task(office.receive(), "anzeige_pruefen", by.actor)) for _ in range(number)]


def confirm(browser: Browser, ids: list[str], act: str, **more: str) -> str:
    """Go through the preview as a browser without scripts does; return what the list says afterwards."""
    answer = browser.post("/inbox/sammel", aufgabe=ids, tun=act)
    (form,) = html.fromstring(answer.get_data(as_text=True)).xpath("//form[@action='/inbox/sammel/ausfuehren']")
    will = form.xpath(".//input[@name='aufgabe']/@value")
    assert browser.post("/inbox/sammel/ausfuehren", aufgabe=will, tun=act, **more).status_code == 303
    return browser.get("/inbox?liste=meine")


def test_several_are_claimed_and_released_but_not_what_another_holds(office: Office) -> None:
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    ids = chosen(office, schulz, 3)
    tasks.claim(
        office.house, office.task(office.receive(), "anzeige_pruefen", vogel.actor), by=vogel.actor, at=office.now()
    )
    assert vogel.post(f"/inbox/aufgaben/{ids[2]}/uebernehmen").status_code == 303

    preview = schulz.post("/inbox/sammel", aufgabe=ids, tun="uebernehmen").get_data(as_text=True)
    assert "Das betrifft 2 Aufgaben." in preview
    assert "Sie ist nicht mehr frei." in preview
    page = confirm(schulz, ids, "uebernehmen")
    assert "2 Aufgaben übernommen." in page
    assert len(html.fromstring(page).xpath("//tr[@data-row]")) == 2

    assert "2 Aufgaben zurückgegeben." in confirm(schulz, ids, "zurueckgeben")


def test_the_preview_changes_nothing_and_an_empty_choice_is_explained(office: Office) -> None:
    schulz = office.browser("Petra Schulz", "steueramt")
    ids = chosen(office, schulz, 1)
    schulz.post("/inbox/sammel", aufgabe=ids, tun="uebernehmen")
    assert "Noch hat sie niemand übernommen" in schulz.get(f"/inbox/aufgaben/{ids[0]}")
    assert schulz.post("/inbox/sammel", tun="uebernehmen").status_code == 303
    assert "Wählen Sie zuerst" in schulz.get("/inbox")


def test_the_lead_gives_tasks_to_a_colleague_and_nobody_else_does(office: Office) -> None:
    schulz, vogel = office.browser("Petra Schulz", "steueramt"), office.browser("Thomas Vogel", "steueramt")
    lead = office.browser("Sabine Albrecht", "steueramt", "leitung")
    ids = chosen(office, schulz, 2)

    assert "Zuteilen" not in schulz.get("/inbox")
    schulz.post("/inbox/sammel/ausfuehren", aufgabe=ids, tun="zuteilen", an=vogel.actor.id)
    assert "0 Aufgaben zugeteilt. 2 blieben unverändert" in schulz.get("/inbox")

    assert "2 Aufgaben zugeteilt." in confirm(lead, ids, "zuteilen", an=vogel.actor.id)
    assert len(html.fromstring(vogel.get("/inbox?liste=meine")).xpath("//tr[@data-row]")) == 2
    lead.post("/inbox/sammel/ausfuehren", aufgabe=ids, tun="zuteilen", an="nobody")
    assert "0 Aufgaben zugeteilt" in lead.get("/inbox")
