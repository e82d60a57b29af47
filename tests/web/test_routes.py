"""Every route of the house, also those of other areas: who may open it, and what every answer carries."""

import pytest
from flask import Blueprint

from engine.actors import TrustLevel
from web import access
from web import app as web_app
from web.access import Door
from web.app import create_app
from web.realms import Realm

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ROOM = {"realm": "buergerkonto", "site": "buergerkonto", "code": "de", "theme": "dark", "path": "css/base.css"}


def addresses(app):
    """Yield method, address and rule of every route; unknown parts of an address are filled with a UUID."""
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        values = {name: ROOM.get(name, "5b943b0c-11a9-5e13-ae80-7132f0ae54be") for name in rule.arguments}
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, adapter.build(rule.endpoint, values, method=method), rule


def test_every_route_says_who_may_open_it(app):
    assert access.undeclared(app) == []


def test_a_route_without_a_declaration_stops_the_start(settings, site, monkeypatch):
    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/vergessen", "index", lambda: "offen")
    found = list(web_app.blueprints())
    monkeypatch.setattr(web_app, "blueprints", lambda: [*found, forgotten])
    with pytest.raises(RuntimeError, match=r"forgotten\.index"):
        create_app(settings, site)


def test_every_answer_carries_the_security_headers(app, client):
    for method, address, _rule in addresses(app):
        answer = client.open(address, method=method)
        for name, value in HEADERS.items():
            assert answer.headers.get(name) == value, (method, address, name)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; "), address
        assert "unsafe" not in policy, address
        assert "frame-ancestors 'none'" in policy, address
        assert answer.headers["Cache-Control"], address
        assert answer.headers["X-Request-ID"], address


def test_no_route_answers_an_anonymous_browser_with_a_server_error(app, client):
    for method, address, _rule in addresses(app):
        assert client.open(address, method=method).status_code not in {500, 501}, (method, address)


def test_a_page_for_staff_or_citizens_lets_no_anonymous_browser_in(app, client):
    for method, address, rule in addresses(app):
        declared = access.of(app, rule.endpoint)
        if declared.door in {Door.CITIZEN, Door.STAFF}:
            answer = client.open(address, method=method)
            if method == "GET":
                assert answer.status_code == 303, address
                assert answer.location.startswith(f"/anmelden/{declared.realm}?weiter="), address
            else:
                assert answer.status_code == 401, address
        if declared.door is Door.TOKEN:
            assert client.open(address, method=method).status_code == 401, address


def test_a_citizen_gets_into_no_page_for_staff(app, client, sign_in):
    sign_in(client, level=TrustLevel.HOCH)
    for method, address, rule in addresses(app):
        if access.of(app, rule.endpoint).door is Door.STAFF:
            assert client.open(address, method=method).status_code in {303, 401}, address


def test_staff_without_the_role_get_into_no_page_that_needs_one(app, client, sign_in):
    sign_in(client, roles=["kantine"])
    for method, address, rule in addresses(app):
        declared = access.of(app, rule.endpoint)
        if declared.door is Door.STAFF and declared.roles:
            assert client.open(address, method=method).status_code == 403, address


def test_no_unsafe_route_with_a_session_works_without_the_form_token(app, client, sign_in):
    sign_in(client, level=TrustLevel.HOCH)
    sign_in(client, roles=[role for rule in app.url_map.iter_rules() for role in access.of(app, rule.endpoint).roles])
    for method, address, rule in addresses(app):
        if method != "GET" and access.of(app, rule.endpoint).door not in {Door.MACHINE, Door.TOKEN}:
            assert client.open(address, method=method).status_code == 400, (method, address)


def test_doors_keep_the_realms_apart(app):
    for rule in app.url_map.iter_rules():
        declared = access.of(app, rule.endpoint)
        if declared.door is Door.STAFF:
            assert declared.realm is Realm.VERWALTUNG
        if declared.door is Door.CITIZEN:
            assert declared.realm is Realm.BUERGERKONTO
            assert not declared.roles
