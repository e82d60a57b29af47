"""Steuergeheimnis: of a tax case another office, an operator and an author learn nothing, wherever they look.

The route matrix proves each address by itself; here it is one case through search, lists, pages, exports, API and logs.
"""

import logging
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import cases, export, kennzahlen, reasons
from engine.cases import View
from engine.errors import NotFound
from engine.instances import Started
from storage.models.zugriff import Zugriff
from tests.web.inbox.conftest import Browser, Office, office

__all__ = ["office"]

NEEDLES = ("Erika", "Muster", "Bello", "Dackel", "276098106123456", "Rheinstraße", "120,00")
STRANGERS = (("ordnungsamt",), ("ordnungsamt", "leitung"), ("betrieb",), ("verfahren",), ("poststelle",))


@pytest.fixture
def decided(office: Office) -> Started:
    clerk = office.browser("Petra Schulz", "steueramt").actor
    started = office.receive()
    office.do(started, "anzeige_pruefen", clerk, ergebnis="vollstaendig")
    office.do(started, "steuer_festsetzen", clerk, entscheidung="festsetzen")
    office.work_off()
    return started


@pytest.fixture(params=STRANGERS, ids=" ".join)
def stranger(request: pytest.FixtureRequest, office: Office) -> Browser:
    return office.browser("Ralf Stein", *request.param)


def assert_silent(page: str, started: Started) -> None:
    for needle in (*NEEDLES, started.aktenzeichen):
        assert needle not in page, needle


def test_the_office_in_charge_finds_it_where_the_others_look(office: Office, decided: Started) -> None:
    clerk = office.browser("Petra Schulz", "steueramt")

    found = clerk.client.get("/inbox", query_string={"suche": decided.aktenzeichen}, follow_redirects=True)

    assert str(decided.vorgang_id) in found.get_data(as_text=True)
    assert "Erika" in clerk.get(f"/inbox/vorgaenge/{decided.vorgang_id}")


def test_search_and_lists_know_nothing_of_it(decided: Started, stranger: Browser) -> None:
    assert_silent(stranger.get("/inbox"), decided)
    found = stranger.client.get("/inbox", query_string={"suche": decided.aktenzeichen}, follow_redirects=True)
    page = found.get_data(as_text=True).replace(f'value="{decided.aktenzeichen}"', "")
    assert str(decided.vorgang_id) not in page
    for needle in NEEDLES:
        assert needle not in page, needle


def test_its_pages_and_exports_do_not_exist(decided: Started, stranger: Browser) -> None:
    for path in ("", "/akte", "/akte/akte.pdf", "/akte/zda", "/entscheidungen", "/entscheidungen/entscheidungen.json"):
        answer = stranger.client.get(f"/inbox/vorgaenge/{decided.vorgang_id}{path}")
        assert answer.status_code == 404, path
        assert_silent(answer.get_data(as_text=True), decided)


def test_the_use_cases_refuse_as_if_it_did_not_exist(office: Office, decided: Started, stranger: Browser) -> None:
    by, at = stranger.actor, office.now()
    assert cases.look_up(office.house, decided.aktenzeichen, by=by, at=at) is None
    assert kennzahlen.of_offices(office.house, by=by, at=at) == []
    for act in (cases.get, cases.history, cases.answers, reasons.exported, export.export):
        with pytest.raises(NotFound):
            act(office.house, decided.vorgang_id, by=by, at=at)


def test_number_and_code_show_the_stage_only_and_are_recorded(office: Office, decided: Started) -> None:
    case = cases.by_number(office.house, decided.aktenzeichen, decided.access_code, at=office.now())

    assert case.view is View.STAGE
    assert (case.applicant, case.documents, case.decisions) == ("", (), ())
    assert case.stage is not None
    assert _accesses(office, decided.vorgang_id) == [("auskunft", "anonymous")]


def test_logs_tell_of_a_refusal_without_naming_anybody(
    decided: Started, stranger: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        stranger.client.get(f"/inbox/vorgaenge/{decided.vorgang_id}")
        stranger.client.get("/inbox", query_string={"suche": decided.aktenzeichen})

    for record in caplog.records:
        assert_silent(f"{record.getMessage()} {vars(record)}", decided)


def _accesses(office: Office, vorgang_id: UUID) -> list[tuple[str, str]]:
    with office.house.db.read() as conn:
        rows = conn.execute(select(Zugriff.kind, Zugriff.actor_id).where(Zugriff.vorgang_id == vorgang_id)).all()
    return [(row.kind, row.actor_id) for row in rows]
