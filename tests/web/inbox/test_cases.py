"""A Vorgang's page and its documents, and that nobody opens what is not hers."""

import pytest
from sqlalchemy import text
from werkzeug.routing import MapAdapter

from engine import cases
from engine.instances import Started
from storage.models.dokument import Dokument, ScanState
from tests.houses import scanned
from tests.web.inbox.conftest import Browser, Office


@pytest.fixture
def schulz(office: Office) -> Browser:
    return office.browser("Petra Schulz", "steueramt")


@pytest.fixture
def decided(office: Office, schulz: Browser) -> Started:
    started = office.receive()
    office.do(started, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    office.do(started, "steuer_festsetzen", schulz.actor, entscheidung="festsetzen")
    office.work_off()
    return started


def test_the_page_says_where_the_case_stands_what_was_decided_and_why(decided: Started, schulz: Browser) -> None:
    page = schulz.get(f"/inbox/vorgaenge/{decided.vorgang_id}")

    for said in (
        "Wo steht der Vorgang?",
        "Ende der Rechtsbehelfsfrist",
        "wartet bis 31. Dezember 2026, 00:00 Uhr",
        "Marke zuteilen und versenden",
        "Gezeichnet von Petra Schulz",
        "30. November 2026",
        "30. Dezember 2026",
        "§ 122a",
        "Steuersatz bestimmen",
        "Bello",
    ):
        assert said in page, said
    assert 'data-active="marke_zuteilen rechtsbehelfsfrist"' in page


def test_the_diagram_is_the_model_by_which_the_case_runs(decided: Started, schulz: Browser) -> None:
    answer = schulz.client.get(f"/inbox/vorgaenge/{decided.vorgang_id}/diagramm.bpmn")

    assert answer.mimetype == "application/xml"
    assert b'id="rechtsbehelfsfrist"' in answer.data


def test_a_document_is_shown_in_a_frame_and_every_opening_is_recorded(
    office: Office, decided: Started, schulz: Browser
) -> None:
    case = cases.get(office.house, decided.vorgang_id, by=schulz.actor, at=office.now())
    bescheid = next(one for one in case.documents if one.media_type == "application/pdf")
    address = f"/inbox/vorgaenge/{decided.vorgang_id}/dokumente/{bescheid.id}"

    assert f'src="{address}/inhalt"' in schulz.get(address)
    answer = schulz.client.get(f"{address}/inhalt")

    assert answer.headers["Content-Disposition"].startswith("inline")
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    with office.house.db.read() as conn:
        rows = conn.execute(text("SELECT actor_id FROM zugriff")).scalars().all()
    assert schulz.actor.id in rows


def test_what_a_browser_might_run_is_only_downloaded(office: Office, decided: Started, schulz: Browser) -> None:
    case = cases.get(office.house, decided.vorgang_id, by=schulz.actor, at=office.now())
    data = next(one for one in case.documents if one.media_type == "application/json")

    answer = schulz.client.get(f"/inbox/vorgaenge/{decided.vorgang_id}/dokumente/{data.id}/inhalt")

    assert answer.headers["Content-Disposition"].startswith("attachment")


def routes(office: Office, started: Started, task_id: object, document_id: object) -> list[tuple[str, str]]:
    """Every address of the inbox that names a task or a Vorgang."""
    adapter: MapAdapter = office.app.url_map.bind("127.0.0.1")
    known = {"task_id": task_id, "vorgang_id": started.vorgang_id, "dokument_id": document_id}
    return [
        (method, adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments}, method=method))
        for rule in office.app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in ("task", "case")
        for method in sorted(rule.methods & {"GET", "POST"})
    ]


def test_nobody_opens_a_foreign_task_case_or_document(office: Office, decided: Started, schulz: Browser) -> None:
    case = cases.get(office.house, decided.vorgang_id, by=schulz.actor, at=office.now())
    open_task = office.task(decided, "marke_zuteilen", schulz.actor)
    finished = office.receive()
    finished_task = office.do(finished, "anzeige_pruefen", schulz.actor, ergebnis="vollstaendig")
    foreign = [
        office.browser("Ralf Stein", "ordnungsamt"),
        office.browser("Karl Brandt", "poststelle"),
        office.browser("Nadja Weiß"),
    ]

    for document in case.documents:
        for task_id in (open_task, finished_task):
            for method, address in routes(office, decided, task_id, document.id):
                for someone in foreign:
                    status = (someone.post(address) if method == "POST" else someone.client.get(address)).status_code
                    assert status == 404, (someone.actor.name, method, address, status)


def test_a_document_is_not_opened_through_another_case(office: Office, decided: Started, schulz: Browser) -> None:
    other = office.receive()
    case = cases.get(office.house, decided.vorgang_id, by=schulz.actor, at=office.now())

    for end in ("", "/inhalt"):
        schulz.get(f"/inbox/vorgaenge/{other.vorgang_id}/dokumente/{case.documents[0].id}{end}", status=404)


def test_a_document_with_a_virus_is_told_of_and_opened_by_nobody(
    office: Office, decided: Started, schulz: Browser
) -> None:
    case = cases.get(office.house, decided.vorgang_id, by=schulz.actor, at=office.now())
    address = f"/inbox/vorgaenge/{decided.vorgang_id}/dokumente/{case.documents[0].id}"
    scanned(office.house, Dokument, ScanState.BEFALLEN)

    assert "Virus gefunden" in schulz.get(address)
    assert f"{address}/inhalt" not in schulz.get(address)
    assert "Diese Datei öffnen wir nicht" in schulz.get(f"{address}/inhalt", status=403)
    with office.house.db.read() as conn:
        opened = "SELECT count(*) FROM zugriff WHERE kind = 'herunterladen'"
        assert conn.execute(text(opened)).scalar_one() == 0
