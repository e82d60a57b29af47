from dataclasses import replace

import pytest
from flask import Blueprint, make_response

from web import access, downloads, headers
from web import app as web_app
from web.app import create_app
from web.settings import Environment, IdentitySource, Secret

documents = Blueprint("documents", __name__)


@documents.get("/akte")
@access.public
def show_file():
    headers.allow("frame-src", "'self'")
    return "die Seite"


@documents.get("/akte/dokument")
@access.public
def show_document():
    headers.allow_framing()
    return "das Dokument"


@documents.get("/akte/hochgeladen")
@access.public
def download():
    answer = make_response(b"%PDF")
    answer.headers["Content-Security-Policy"] = "sandbox"
    answer.headers["Cache-Control"] = "private, max-age=60"
    return answer


@pytest.fixture
def client(settings, site, monkeypatch):
    found = list(web_app.blueprints())
    monkeypatch.setattr(web_app, "blueprints", lambda: [*found, documents])
    return create_app(settings, site).test_client()


def policy(answer) -> dict[str, str]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return {name: sources for name, _, sources in (part.partition(" ") for part in parts)}


def test_a_page_allows_only_its_own_files(client):
    assert policy(client.get("/")) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def test_a_view_widens_its_own_answer_and_no_other(client):
    assert policy(client.get("/akte"))["frame-src"] == "'self'"
    assert "frame-src" not in policy(client.get("/"))


def test_a_document_may_be_framed_by_our_own_pages(client):
    answer = client.get("/akte/dokument")
    assert policy(answer)["frame-ancestors"] == "'self'"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert client.get("/akte").headers["X-Frame-Options"] == "DENY"


def test_a_views_own_headers_stay(client):
    answer = client.get("/akte/hochgeladen")
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Cache-Control"] == "private, max-age=60"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_in_production_browsers_are_told_to_stay_with_https(settings, site, client):
    assert "Strict-Transport-Security" not in client.get("/").headers
    production = replace(
        settings,
        env=Environment.PRODUCTION,
        base_url="https://service.darmstadt.example",
        secret_key=Secret("x" * 40),
        identity=IdentitySource.OIDC,
        oidc_buerger_issuer="https://login.example/realms/buergerkonto",
        oidc_buerger_client_secret=Secret("eins"),
        oidc_amt_issuer="https://login.example/realms/verwaltung",
        oidc_amt_client_secret=Secret("zwei"),
        smtp_host="mail.example",
    )
    app = create_app(production, replace(site, settings=production))
    answer = app.test_client().get("/", base_url=production.base_url)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert "https://login.example/realms/verwaltung" in policy(answer)["form-action"]
    assert "Offizielle Website" in answer.text
    assert [rule for rule in app.url_map.iter_rules() if "demo" in rule.rule] == []


def test_answers_differ_in_who_may_keep_them(client, sign_in):
    assert client.get("/").headers["Cache-Control"] == "no-cache"
    assert client.get("/", headers={"Authorization": "Bearer x"}).headers["Cache-Control"] == "no-store"
    sign_in(client)
    assert client.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("media_type", "how", "is_boxed"),
    [
        ("application/pdf", "inline", False),
        ("image/png", "inline", True),
        ("image/jpeg", "inline", True),
        ("text/html", "attachment", True),
        ("image/svg+xml", "attachment", True),
        ("application/json", "attachment", True),
    ],
)
def test_a_document_acts_nowhere_and_is_kept_by_nobody(settings, site, monkeypatch, media_type, how, is_boxed):
    served = Blueprint("served", __name__)
    name = 'Müller"; filename=x.html\r\nSet-Cookie: a=b'
    served.add_url_rule("/d", "d", access.public(lambda: downloads.document(name, media_type, b"<script>")))
    found = list(web_app.blueprints())
    monkeypatch.setattr(web_app, "blueprints", lambda: [*found, served])
    answer = create_app(settings, site).test_client().get("/d")
    assert answer.mimetype == media_type
    assert answer.headers["Content-Disposition"].startswith(how)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert policy(answer)["script-src"] == "'none'"
    assert ("sandbox" in policy(answer)) == is_boxed
