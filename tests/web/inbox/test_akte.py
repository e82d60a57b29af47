"""The page of the file: its papers in order, whether it is unchanged, and what the office does with it."""

from lxml import html
from sqlalchemy import text

from engine.instances import Started
from integrations.letters.renderer import ChildRenderer
from tests.houses import file_paper
from tests.web.inbox.conftest import Browser, Office
from tests.web.inbox.test_cases import decided, schulz

__all__ = ["decided", "schulz"]


def address(started: Started) -> str:
    return f"/inbox/vorgaenge/{started.vorgang_id}/akte"


def test_the_papers_stand_in_order_with_direction_kind_dates_and_version(decided: Started, schulz: Browser) -> None:
    page = html.fromstring(schulz.get(address(decided)))

    rows = [" ".join(row.text_content().split()) for row in page.xpath("//tbody/tr")]
    assert [row.split()[0] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    assert "Eingang Anzeige eingegangen 24.11.2026 abgelegt 24.11.2026 Reinschrift, Version 1" in rows[0]
    assert any("Ausgang" in row for row in rows)
    assert "Der Ablauf wartet noch" in page.text_content() or "Es gibt noch offene Aufgaben" in page.text_content()


def test_the_button_says_in_words_that_the_file_is_unchanged(decided: Started, schulz: Browser) -> None:
    answer = schulz.post(f"{address(decided)}/pruefung")

    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "Die Akte ist unverändert." in page
    assert "Geprüft am 24. November 2026, 11:00 Uhr" in page


def test_the_button_names_what_was_changed(office: Office, decided: Started, schulz: Browser) -> None:
    with office.house.db.begin() as conn:
        conn.execute(text("UPDATE dokument SET richtung = 'intern' WHERE richtung = 'ausgang'"))

    page = schulz.post(f"{address(decided)}/pruefung").get_data(as_text=True)

    assert "An der Akte wurde etwas verändert." in page
    assert "der Tabelle dokument wurde verändert." in page


def test_a_paper_is_cancelled_with_a_reason_and_shown_as_such(
    office: Office, decided: Started, schulz: Browser
) -> None:
    act = f"{address(decided)}/dokumente/{file_paper(office.house, decided.vorgang_id, schulz.actor)}/stornieren"
    assert "Grund" in schulz.get(act)

    assert schulz.post(act, grund=" ").status_code == 422
    answer = schulz.post(act, grund="Doppelt abgelegt.")

    assert (answer.status_code, answer.location) == (303, address(decided))
    assert "storniert am 24.11.2026: Doppelt abgelegt." in schulz.get(address(decided))
    assert schulz.post(act, grund="Noch einmal.").status_code == 409


def test_a_paper_is_moved_to_the_vorgang_with_the_number(office: Office, decided: Started, schulz: Browser) -> None:
    other = office.receive()
    act = f"{address(decided)}/dokumente/{file_paper(office.house, decided.vorgang_id, schulz.actor)}/umhaengen"

    refused = schulz.post(act, ziel="22.61/2026-999999", grund="Falscher Vorgang.")
    assert refused.status_code == 422
    assert "22.61/2026-999999" in refused.get_data(as_text=True)
    answer = schulz.post(act, ziel=other.aktenzeichen, grund="Falscher Vorgang.")

    assert (answer.status_code, answer.location) == (303, address(other))
    assert "aus einem anderen Vorgang hierher umgehängt" in schulz.get(address(other))


def test_closing_is_refused_while_tasks_are_open_and_says_why(decided: Started, schulz: Browser) -> None:
    answer = schulz.post(f"{address(decided)}/zda")

    assert answer.status_code == 409
    assert "Es gibt noch offene Aufgaben." in answer.get_data(as_text=True)


def test_a_closed_file_says_who_ordered_it_and_how_long_it_is_kept(office: Office, schulz: Browser) -> None:
    started = office.receive()
    office.do(
        started,
        "anzeige_pruefen",
        schulz.actor,
        ergebnis="nicht_uebernommen",
        abschluss_grund="hund_nicht_uebernommen",
        abschluss_text="Sie haben den Hund zurückgegeben.",
    )
    office.work_off()
    assert "Zu den Akten verfügen" in schulz.get(f"{address(started)}/zda")

    assert schulz.post(f"{address(started)}/zda").status_code == 303

    page = " ".join(html.fromstring(schulz.get(address(started))).text_content().split())
    assert "am 24. November 2026 von Petra Schulz" in page
    assert "31. Dezember 20" in page
    assert "Jahre ab Ende des Jahres der Verfügung" in page


def test_the_file_is_downloaded_as_one_pdf(office: Office, decided: Started, schulz: Browser) -> None:
    object.__setattr__(office.house, "renderer", ChildRenderer())

    answer = schulz.client.get(f"{address(decided)}/akte.pdf")

    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.data.startswith(b"%PDF-")


def test_a_disclosure_needs_its_norm_and_stands_on_the_page_of_the_file(decided: Started, schulz: Browser) -> None:
    act = f"/inbox/vorgaenge/{decided.vorgang_id}/offenlegung"
    told = {"recipient": "Ordnungsamt", "purpose": "Gefährlicher Hund", "content": "Rasse des Hundes"}
    assert "Offenlegung festhalten" in schulz.get(act)

    refused = schulz.post(act, **told, norm=" ")
    assert refused.status_code == 422
    assert "Rasse des Hundes" in refused.get_data(as_text=True)
    assert schulz.post(act, **told, norm="§ 30 Abs. 4 Nr. 1 AO").status_code == 303

    assert "An Ordnungsamt, § 30 Abs. 4 Nr. 1 AO: Gefährlicher Hund" in schulz.get(address(decided))
