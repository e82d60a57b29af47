"""How a decision is shown: at the task, on a page of its own with the rule that applied, and without any case."""

import json

import pytest
from lxml import html

from engine import cases, reasons
from engine.instances import Started
from tests.web.inbox.conftest import Browser, Office


@pytest.fixture
def schulz(office: Office) -> Browser:
    return office.browser("Petra Schulz", "steueramt")


@pytest.fixture
def checked(office: Office, schulz: Browser) -> Started:
    """A case that waits for the signature."""
    started = office.receive()
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    return started


def keys(office: Office, started: Started, browser: Browser) -> list[str]:
    return [one.key for one in reasons.of_vorgang(office.house, started.vorgang_id, by=browser.actor, at=office.now())]


def test_whoever_signs_reads_before_how_the_rules_decided(office: Office, checked: Started, schulz: Browser) -> None:
    page = schulz.get(f"/inbox/aufgaben/{office.task(checked, 'steuer_festsetzen', schulz.actor)}")

    document = html.fromstring(page)
    (section,) = document.xpath("//section[@aria-labelledby='entschieden']")
    said = " ".join(section.text_content().split())
    assert "Regel 1 gilt, weil Rang des Hundes im Haushalt = 1 und Hund gilt als gefährlich = nein" in said
    assert "Jahresbetrag 120,00 EUR" in said
    assert "Beispielsatzung § 5 Abs. 1 Buchst. a" in said
    (matched,) = section.xpath(".//details[contains(summary, 'Regelsatz')]//tr[contains(@class, 'matched')]")
    assert "gilt" in matched.xpath("th[@scope='row']")[0].text_content()
    assert document.xpath("//form[@data-task]/preceding::section[@aria-labelledby='entschieden']")


def test_before_anything_is_decided_there_is_no_such_section(office: Office, schulz: Browser) -> None:
    started = office.receive()
    assert "Wie wurde entschieden?" not in schulz.get(
        f"/inbox/aufgaben/{office.task(started, 'anzeige_pruefen', schulz.actor)}"
    )
    assert "Noch ist nichts entschieden" in schulz.get(f"/inbox/vorgaenge/{started.vorgang_id}/entscheidungen")


def test_the_page_of_a_case_leads_to_each_decision_with_its_whole_table(
    office: Office, checked: Started, schulz: Browser
) -> None:
    base = f"/inbox/vorgaenge/{checked.vorgang_id}"
    first = keys(office, checked, schulz)[0]
    assert f'href="{base}/entscheidungen/{first}"' in schulz.get(base)
    assert "Entscheidungen als Datei laden" in schulz.get(f"{base}/entscheidungen")

    document = html.fromstring(schulz.get(f"{base}/entscheidungen/{first}"))

    table = document.xpath("//table[contains(caption, 'Regelsatz')]")[0]
    assert len(table.xpath("tbody/tr")) == 4
    assert [cell.text_content() for cell in table.xpath("thead//tr[contains(@class, 'given')]/td")][:2] == ["1", "nein"]
    assert [
        row.xpath("th")[0].text_content().split()[0] for row in table.xpath("tbody/tr[contains(@class, 'matched')]")
    ] == ["1"]
    assert all(header.get("scope") for header in table.xpath(".//th"))


def test_the_export_is_a_file_with_every_trace(checked: Started, schulz: Browser) -> None:
    answer = schulz.client.get(f"/inbox/vorgaenge/{checked.vorgang_id}/entscheidungen/entscheidungen.json")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    data = json.loads(answer.data)
    assert [one["element"] for one in data["entscheidungen"]] == ["satz_bestimmen", "zeichnung_bestimmen"]


def test_nobody_else_reads_how_it_was_decided(office: Office, checked: Started, schulz: Browser) -> None:
    base = f"/inbox/vorgaenge/{checked.vorgang_id}/entscheidungen"
    key = keys(office, checked, schulz)[0]
    other = office.receive()
    schulz.get(f"/inbox/vorgaenge/{other.vorgang_id}/entscheidungen/{key}", status=404)
    for someone in (office.browser("Ralf Stein", "ordnungsamt"), office.browser("Nadja Weiß")):
        for address in (base, f"{base}/{key}", f"{base}/entscheidungen.json"):
            someone.get(address, status=404)


def test_another_office_with_a_task_sees_its_task_and_no_reasons(office: Office, schulz: Browser) -> None:
    started = office.receive(bekanntgabe_kanal="brief", einwilligung_abruf=False)
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    office.do(started, "steuer_festsetzen", schulz.actor, entscheidung="festsetzen")
    office.work_off()
    post = office.browser("Karl Brandt", "poststelle")
    case = cases.get(office.house, started.vorgang_id, by=post.actor, at=office.now())

    assert case.view is cases.View.TASK
    for address in (
        f"/inbox/vorgaenge/{case.id}",
        f"/inbox/aufgaben/{office.task(started, 'bescheid_versenden', post.actor)}",
    ):
        page = post.get(address)
        assert "Regel 1 gilt" not in page
        assert "Entscheidungen nach Regeln" not in page


def test_the_tables_of_a_procedure_are_read_without_any_case(office: Office, schulz: Browser) -> None:
    assert 'href="/inbox/entscheidungstabellen/hundesteuer_anmelden/regelsatz"' in schulz.get(
        "/inbox/entscheidungstabellen"
    )

    page = schulz.get("/inbox/entscheidungstabellen/hundesteuer_anmelden/jahresbetrag")

    for said in ("Regelsatz", "Vergünstigung", "nicht 1 oder 2", "not(1,2)", "Genau eine Regel gilt.", "hund.rang"):
        assert said in page, said
    assert "In diesem Fall" not in page
    schulz.get("/inbox/entscheidungstabellen/hundesteuer_anmelden/keine", status=404)
    schulz.get("/inbox/entscheidungstabellen/keins/regelsatz", status=404)
