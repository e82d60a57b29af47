import errno
import logging
import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Blueprint, request
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests
from werkzeug.routing import RequestRedirect

from engine.actors import TrustLevel
from engine.errors import Conflict, EngineError, Invalid, NotAllowed, NotFound, Refused, Unavailable
from engine.letters import LetterRefused, RenderFailed
from engine.runtime.errors import ExecutionFailed, WaitGone
from storage.crypto import KeyDestroyed
from storage.db import DatabaseUnavailable
from storage.objects.port import StoreFull, StoreUnavailable
from storage.steps import KeyReused, LostRace
from storage.unavailable import DatabaseFull
from web import access, errors
from web import app as web_app
from web.app import create_app
from web.guard import need_level

RAISED: list[BaseException] = []
blueprint = Blueprint("broken", __name__)


@blueprint.route("/kaputt", methods=["GET", "POST"])
@blueprint.route("/api/v1/kaputt", endpoint="api", methods=["GET", "POST"])
@access.machine
def broken() -> str:
    raise RAISED[0]


@blueprint.get("/stufe")
@access.public
def level() -> str:
    need_level(TrustLevel.HOCH)
    return "hoch"


@blueprint.post("/lesen")
@access.machine
def read() -> str:
    return str(len(request.form))


@pytest.fixture
def client(settings, site, monkeypatch):
    found = list(web_app.blueprints())
    monkeypatch.setattr(web_app, "blueprints", lambda: [*found, blueprint])
    return create_app(settings, site).test_client()


@pytest.fixture
def failing(client):
    """Open the page that fails with this error; `where` may be an address for programs."""

    def open_it(error: BaseException, where: str = "/kaputt"):
        RAISED[:] = [error]
        return client.get(where)

    return open_it


REASONS = [
    (NotFound("task_unknown"), 404, "Diese Seite gibt es nicht"),
    (NotAllowed("second_person"), 403, "Das dürfen Sie hier nicht"),
    (Conflict("task_already_claimed"), 409, "Jemand war schneller"),
    (Invalid("form_invalid", {"chip": "Geben Sie die 15-stellige Chipnummer an."}), 422, "Einige Angaben"),
    (Refused("model_refused", []), 422, "Verfahren"),
    (Unavailable("kasse_unavailable"), 503, "nicht erreichbar"),
    (DatabaseUnavailable("connection refused to 10.0.0.7"), 503, "nicht erreichbar"),
    (DatabaseFull('could not extend file "base/16384": No space left on device'), 503, "nichts annehmen"),
    (WaitGone("w17"), 409, "Jemand war schneller"),
    (LostRace(), 409, "Jemand war schneller"),
    (KeyReused(), 422, "schon etwas anderes angenommen"),
    (ExecutionFailed("no_flow", "gateway_1", 7, "Kein Fluss passt."), 422, "Kein Fluss passt."),
    (LetterRefused("letter_data", message="Der Betrag fehlt."), 422, "Der Betrag fehlt."),
    (RenderFailed("letter_render_timeout"), 500, "Der Brief konnte nicht erzeugt werden"),
    (KeyDestroyed(UUID(int=1)), 410, "endgültig nicht mehr lesbar"),
    (StoreUnavailable("weg"), 503, "nicht erreichbar"),
    (StoreFull("voll"), 503, "nichts annehmen"),
    (OSError(errno.ENOSPC, "No space left on device", "/srv/geheim"), 503, "nichts annehmen"),
    (OSError(errno.EACCES, "Permission denied", "/srv/geheim"), 500, "Das hat nicht geklappt"),
    (ValueError("Erika Mustermann wohnt in der Heinrichstraße"), 500, "Das hat nicht geklappt"),
    (ZeroDivisionError(), 500, "Das hat nicht geklappt"),
    (RequestEntityTooLarge(), 413, "zu groß"),
    (TooManyRequests(retry_after=900), 429, "zu viele Versuche"),
]


@pytest.mark.parametrize(("error", "status", "said"), REASONS, ids=lambda value: str(value)[:40])
def test_people_get_a_german_page_that_says_what_to_do(failing, error, status, said):
    page = failing(error)
    assert page.status_code == status
    assert page.mimetype == "text/html"
    assert said in page.text
    assert re.search(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", page.text)[0] == page.headers["X-Request-ID"]
    for secret in ("Traceback", "Erika", "10.0.0.7", "/srv/geheim", "Error"):
        assert secret not in page.text


@pytest.mark.parametrize(("error", "status", "said"), REASONS, ids=lambda value: str(value)[:40])
def test_programs_get_a_problem_document(failing, error, status, said):
    answer = failing(error, "/api/v1/kaputt")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json["status"] == status
    assert answer.json["code"]
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    assert "Erika" not in answer.text


def test_a_problem_names_code_and_fields(failing):
    answer = failing(Invalid("form_invalid", {"chip": "Geben Sie die Chipnummer an."}), "/api/v1/kaputt")
    assert answer.json["code"] == "form_invalid"
    assert answer.json["errors"] == [{"field": "chip", "detail": "Geben Sie die Chipnummer an."}]


def test_the_sentences_of_a_refused_form_stand_on_the_page(failing):
    assert "Geben Sie die Chipnummer an." in failing(Invalid("x", {"chip": "Geben Sie die Chipnummer an."})).text


def test_what_is_temporary_says_when_to_come_back(failing):
    assert failing(DatabaseUnavailable("x")).headers["Retry-After"] == "30"
    assert failing(TooManyRequests(retry_after=900)).headers["Retry-After"] == "900"


def test_a_failure_is_logged_with_its_reference_and_without_its_words(failing, caplog):
    with caplog.at_level(logging.INFO):
        failing(ValueError("x"))
    [record] = [record for record in caplog.records if record.getMessage() == "request_failed"]
    assert record.status == 500
    assert record.exc_info
    assert record.route == "/kaputt"


def test_an_unknown_method_says_which_are_known(client):
    answer = client.delete("/konto")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_an_unknown_address_of_the_api_is_a_problem_document(client):
    assert client.get("/api/v1/gibt/es/nicht").json["code"] == "not_found"
    assert client.get("/engine-rest/gibt/es/nicht").mimetype == "application/problem+json"


def test_a_page_with_script_in_its_address_shows_none(client):
    page = client.get("/<script>alert(1)</script>")
    assert page.status_code == 404
    assert "<script>alert" not in page.text


def test_a_foreign_host_is_refused(client):
    assert client.get("/", headers={"Host": "boese.example"}).status_code == 400


def test_a_request_that_is_too_large_is_refused_before_it_is_read(client):
    form = {"data": b"a=1", "content_type": "application/x-www-form-urlencoded"}
    assert client.post("/lesen", **form).text == "1"
    assert client.post("/lesen", **form, environ_overrides={"CONTENT_LENGTH": "2000001"}).status_code == 413
    raw = {"data": b"x", "content_type": "application/octet-stream"}
    assert client.post("/lesen", **raw, environ_overrides={"CONTENT_LENGTH": "25000001"}).status_code == 413
    assert client.post("/lesen", data={"feld": "x" * 3_000_000}).status_code == 413


def test_a_form_with_too_many_parts_is_refused(client):
    many = {f"feld{number}": (None, "x") for number in range(2_001)}
    body, content_type = _multipart(many)
    assert client.post("/lesen", data=body, content_type=content_type).status_code == 413


def _multipart(fields):
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n' for name in fields)
    return f"{parts}--b--\r\n".encode(), "multipart/form-data; boundary=b"


def test_somebody_signed_out_is_led_to_sign_in_and_back(client):
    answer = client.get("/konto?tab=1")
    assert (answer.status_code, answer.location) == (303, "/anmelden/buergerkonto?weiter=/konto?tab%3D1")


def test_a_level_that_is_too_low_offers_a_stronger_sign_in(client, sign_in):
    sign_in(client, level=TrustLevel.BASISREGISTRIERUNG)
    page = client.get("/stufe")
    assert page.status_code == 403
    assert 'href="/anmelden/buergerkonto?niveau=hoch&amp;weiter=%2Fstufe"' in page.text
    sign_in(client, level=TrustLevel.HOCH)
    assert client.get("/stufe").text == "hoch"


def test_the_error_page_shows_also_when_the_database_is_away(client, site, monkeypatch, sign_in):
    sign_in(client)

    def away():
        raise DatabaseUnavailable("x")

    monkeypatch.setattr(type(site.house.db), "read", lambda _db: away())
    page = client.get("/konto")
    assert page.status_code == 503
    assert "nicht erreichbar" in page.text
    assert "Impressum" in page.text


def test_a_session_that_cannot_be_stored_is_a_whole_error_page(client, site, monkeypatch, sign_in, clock):
    sign_in(client)
    clock.advance(timedelta(minutes=2))

    def away(_db):
        raise DatabaseUnavailable("x")

    monkeypatch.setattr(type(site.house.db), "begin", away)
    page = client.get("/konto")
    assert page.status_code == 503
    assert "nicht erreichbar" in page.text
    assert page.headers["Content-Security-Policy"]
    assert page.headers["X-Request-ID"] in page.text


def test_even_a_broken_error_page_leaves_a_sentence(client, monkeypatch):
    def break_down(*_args, **_kwargs):
        raise RuntimeError("template")

    monkeypatch.setattr(errors, "render_template", break_down)
    page = client.get("/gibt-es-nicht")
    assert page.status_code == 404
    assert "Das hat nicht geklappt" in page.text
    assert page.headers["X-Request-ID"] in page.text


def test_a_redirect_that_travels_as_an_exception_passes(failing):
    answer = failing(RequestRedirect("/ziel"))
    assert (answer.status_code, answer.location) == (308, "/ziel")


def test_every_kind_of_failure_has_its_texts(site):
    keys = {row.key for _, row in errors._BY_CLASS} | set(errors._BY_STATUS.values()) | {errors._UNKNOWN.key}
    for key in keys:
        for part in ("title", "what", "todo", "action"):
            assert site.texts.has(f"errors.{key}.{part}"), (key, part)


def test_every_engine_error_has_its_row():
    for kind in EngineError.__subclasses__():
        assert any(issubclass(kind, known) for known, _ in errors._BY_CLASS), kind
