"""A case goes through the interface, and nobody gets further than the token reaches."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate
from sqlalchemy import text

from engine.tokens import Scope
from storage.models.dokument import Dokument, ScanState
from tests.houses import scanned
from web.api.openapi import document
from web.api.operation import OPERATIONS

UNKNOWN = "5b943b0c-11a9-5e13-ae80-7132f0ae54be"
DOCS = Path(__file__).parents[3] / "docs"
document()  # reads every module of the interface, so that OPERATIONS is complete


def count(site, query):
    with site.house.db.read() as conn:
        return conn.execute(text(query)).scalar_one()


def test_a_case_goes_from_the_form_to_the_decision(site, program, start):
    amt = program("steueramt")
    receipt = start(amt)
    assert receipt.status_code == 201, receipt.json
    assert len(receipt.json["sha256"]) == 64

    [line] = amt("GET", "/tasks").json["tasks"]
    assert (line["element"], line["aktenzeichen"]) == ("anzeige_pruefen", receipt.json["aktenzeichen"])
    assert amt("POST", f"/tasks/{line['id']}/claim").status_code == 204
    assert amt("POST", f"/tasks/{line['id']}/release").status_code == 204
    assert amt("POST", f"/tasks/{line['id']}/release").json["code"] == "task_not_yours"
    assert amt("POST", f"/tasks/{line['id']}/claim").status_code == 204
    assert [one["id"] for one in amt("GET", "/tasks?shelf=mine").json["tasks"]] == [line["id"]]
    task = amt("GET", f"/tasks/{line['id']}").json
    values = {
        name: task["inputs"][name]
        for name in task["form"]["properties"]
        if name in task["inputs"] and task["form"]["properties"][name].get("type") != "object"
    } | {"ergebnis": "vollstaendig"}
    done = amt("POST", f"/tasks/{line['id']}/complete", json={"values": values})
    assert done.status_code == 204, done.json
    again = amt("POST", f"/tasks/{line['id']}/complete", json={"values": values})
    assert (again.status_code, again.json["code"]) == (409, "task_finished")
    assert [one["element"] for one in amt("GET", "/tasks").json["tasks"]] == ["steuer_festsetzen"]


def test_status_tells_the_stage_and_nothing_else_and_not_too_often(program, start):
    receipt = start(program()).json
    hotline = program(scopes=["status:read"])
    asked = {name: receipt[name] for name in ("aktenzeichen", "access_code")}
    status = hotline("POST", "/status", json=asked)
    assert status.status_code == 200
    assert set(status.json) == {"procedure", "is_over", "stage", "next"}
    for secret in ("Muster", "Bello", "Rheinstra"):
        assert secret not in status.text
    for _ in range(5):
        wrong = hotline("POST", "/status", json=asked | {"access_code": "falsch"})
        assert (wrong.status_code, wrong.json["code"]) == (404, "number_or_code_wrong")
    refused = hotline("POST", "/status", json=asked)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")


def test_the_same_key_makes_one_case_and_another_body_is_refused(site, program, start, dog):
    amt = program()
    first, second = start(amt), start(amt)
    assert first.json == second.json
    assert count(site, "SELECT count(*) FROM vorgang") == 1
    other = start(amt, values=dog | {"weitere_hunde": 1})
    assert (other.status_code, other.json["code"]) == (422, "idempotency_key_reused")
    assert start(program()).json["aktenzeichen"] != first.json["aktenzeichen"]  # the key belongs to the token
    for key in ("", "x" * 201, "ä"):
        assert start(amt, key=key).status_code == 422
    assert count(site, "SELECT count(*) FROM vorgang") == 2


def test_pages_of_tasks_follow_each_other_without_gap(program, start):
    amt = program("steueramt")
    for number in range(5):
        start(amt, key=str(number))
    seen, after = [], ""
    while after is not None:
        page = amt("GET", f"/tasks?limit=2&after={after}").json
        seen += [one["id"] for one in page["tasks"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) == 5


def test_documents_are_listed_and_fetched_and_the_access_is_recorded(site, program, start):
    receipt = start(program()).json
    amt, other = program("steueramt"), program("poststelle")
    path = f"/vorgaenge/{receipt['vorgang_id']}/documents"
    [paper] = amt("GET", path).json["documents"]
    assert paper["sha256"] == receipt["sha256"]
    fetched = amt("GET", f"{path}/{paper['id']}/content")
    assert fetched.status_code == 200
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    assert b"Bello" in fetched.data
    assert count(site, "SELECT count(*) FROM zugriff WHERE kind = 'herunterladen'") == 1
    for address in (path, f"{path}/{paper['id']}/content"):
        assert other("GET", address).status_code == 404
    assert amt("GET", f"{path}/{UNKNOWN}/content").json["code"] == "document_unknown"


def test_search_keeps_the_secrecy_of_taxes_and_shows_others_the_stage(program, start):
    receipt = start(program()).json
    search = "/search?q=" + receipt["aktenzeichen"]
    own = program("steueramt")("GET", search).json
    assert (own["vorgang"]["id"], own["vorgang"]["applicant"]) == (receipt["vorgang_id"], "Erika Muster")
    assert program("buergerbuero")("GET", search).json["vorgang"] is None
    assert [one["key"] for one in own["procedures"]] == []
    found = program()("GET", "/search?q=Hund anmelden").json["procedures"]
    assert found[0]["key"] == "hundesteuer_anmelden"


CERTIFICATE = {
    "person": {"anrede": "frau", "vorname": "Mira", "nachname": "Beispiel", "geburtsdatum": "1988-04-12"},
    "anschrift": {"strasse": "Musterstraße", "hausnummer": "7", "plz": "64283", "ort": "Darmstadt"},
    "umfang": "einfach",
    "anzahl": "1",
    "bekanntgabe_kanal": "brief",
}


def test_a_program_outside_the_office_starts_nothing_that_needs_proof_of_identity(site, program, start):
    refused = start(program("steueramt"), procedure="meldebescheinigung", values=CERTIFICATE)
    assert (refused.status_code, refused.json["code"]) == (403, "trust_level_too_low")
    assert count(site, "SELECT count(*) FROM vorgang") == 0
    assert start(program("buergerbuero"), procedure="meldebescheinigung", values=CERTIFICATE).status_code == 201


def test_of_a_case_without_special_secrecy_another_office_sees_the_stage_and_that_is_recorded(site, program, start):
    receipt = start(program("buergerbuero"), procedure="meldebescheinigung", values=CERTIFICATE).json
    found = program("steueramt")("GET", "/search?q=" + receipt["aktenzeichen"].lower()).json["vorgang"]
    assert (found["id"], found["applicant"]) == (None, "")
    assert found["status"]["stage"]["title"]
    assert "Beispiel" not in str(found)
    assert count(site, "SELECT count(*) FROM zugriff WHERE kind = 'auskunft'") == 1


def test_a_procedure_shows_its_form(program):
    call = program()
    assert [one["key"] for one in call("GET", "/procedures").json["procedures"]] == [
        "hundesteuer_anmelden",
        "meldebescheinigung",
    ]
    one = call("GET", "/procedures/hundesteuer_anmelden").json
    assert one["form"]["additionalProperties"] is False
    assert one["texts"]["leistung.kurz"] == one["summary"]
    assert call("GET", "/procedures/%00").json["code"] == "procedure_unknown"


@pytest.mark.parametrize("one", [one for one in OPERATIONS if one.scope], ids=lambda one: one.name)
def test_every_operation_needs_its_scope(program, client, one):
    path = one.template.removeprefix("/api/v1")
    for name in ("vorgang_id", "task_id", "document_id"):
        path = path.replace("{" + name + "}", UNKNOWN)
    path = path.replace("{key}", "gibt_es_nicht")
    assert client.open("/api/v1" + path, method=one.method).status_code == 401
    for scope in Scope:
        answer = program("steueramt", scopes=[scope.value])(one.method, path, json={})
        assert (answer.json or {}).get("code") != "token_missing_or_unknown"
        assert (answer.status_code == 403) == (scope is not one.scope), scope


def test_another_office_finds_no_task_of_this_one(program, start):
    start(program())
    [line] = program("steueramt")("GET", "/tasks").json["tasks"]
    other = program("buergerbuero")
    assert other("GET", "/tasks").json["tasks"] == []
    for method, end in (("GET", ""), ("POST", "/claim"), ("POST", "/release"), ("POST", "/complete")):
        assert other(method, f"/tasks/{line['id']}{end}", json={}).status_code == 404


def test_the_description_is_valid_and_the_committed_copy_is_not_stale(client):
    served = client.get("/api/v1/openapi.json")
    assert served.status_code == 200
    validate(served.json)
    assert json.loads((DOCS / "openapi.json").read_text("utf-8")) == document() == served.json


def test_a_document_with_a_virus_is_given_to_no_program(site, program, start):
    amt = program("steueramt")
    vorgang = start(amt).json["vorgang_id"]
    [line, *_] = amt("GET", f"/vorgaenge/{vorgang}/documents").json["documents"]
    content = f"/vorgaenge/{vorgang}/documents/{line['id']}/content"
    assert amt("GET", content).status_code == 200

    scanned(site.house, Dokument, ScanState.BEFALLEN)

    refused = amt("GET", content)
    assert (refused.status_code, refused.json["code"]) == (403, "document_infected")
    assert "wurde ein Virus gefunden" in refused.json["detail"]
    assert amt("GET", f"/vorgaenge/{vorgang}/documents").json["documents"][0]["scan_state"] == "befallen"
