from dataclasses import replace
from datetime import datetime

import pytest
from flask import Blueprint, jsonify

from engine.actors import Actor, ActorKind, TrustLevel
from web import access
from web import app as web_app
from web.app import create_app
from web.auth import current_actor

doors = Blueprint("doors", __name__)


def who():
    actor = current_actor()
    return jsonify(id=actor.id, kind=actor.kind, roles=sorted(actor.roles), level=int(actor.trust_level))


for name, rule in {
    "offen": access.public,
    "person": access.citizen,
    "person-hoch": access.citizen_at(TrustLevel.HOCH),
    "amt": access.staff(),
    "amt-leitung": access.staff("leitung", "steueramt-zeichnung"),
    "api/v1/programm": access.token(),
    "api/v1/programm-lesen": access.token("lesen"),
}.items():

    def view():
        return who()

    doors.add_url_rule(f"/{name}", name.replace("/", "_"), rule(view), methods=["GET", "POST"])


def token_actor(secret: str, _at: datetime) -> Actor | None:
    if secret != "geheim":
        return None
    return Actor("token:1", ActorKind.TOKEN, "darmstadt", "Sensor", frozenset({"melden"}))


@pytest.fixture
def client(settings, site, monkeypatch):
    found = list(web_app.blueprints())
    monkeypatch.setattr(web_app, "blueprints", lambda: [*found, doors])
    return create_app(settings, replace(site, token_actor=token_actor)).test_client()


def test_nobody_acts_anonymously(client):
    assert client.get("/offen").json == {"id": "anonymous", "kind": "anonymous", "roles": [], "level": 0}


def test_a_citizen_acts_as_issuer_and_subject_at_the_level_of_the_session(client, sign_in):
    actor = sign_in(client, subject="s-1", level=TrustLevel.SUBSTANTIELL)
    assert actor.id == "https://login.example/buergerkonto|s-1"
    for path in ("/offen", "/person"):
        assert client.get(path).json == {"id": actor.id, "kind": "citizen", "roles": [], "level": 2}
    assert client.get("/person-hoch").status_code == 403


def test_a_citizen_has_no_roles_whatever_her_token_claims(client, sign_in):
    sign_in(client)
    assert client.get("/person").json["roles"] == []


def test_staff_act_with_their_roles_where_staff_are_asked_for(client, sign_in):
    actor = sign_in(client, roles=["steueramt"])
    assert client.get("/amt").json == {"id": actor.id, "kind": "staff", "roles": ["steueramt"], "level": 2}
    assert client.get("/amt-leitung").status_code == 403
    assert client.get("/offen").json["kind"] == "anonymous"


def test_one_of_the_roles_is_enough(client, sign_in):
    sign_in(client, roles=["steueramt-zeichnung"])
    assert client.get("/amt-leitung").status_code == 200


def test_a_person_in_both_realms_acts_as_the_one_the_page_is_for(client, sign_in):
    citizen = sign_in(client, subject="c")
    clerk = sign_in(client, subject="s", roles=["leitung"])
    assert client.get("/person").json["id"] == citizen.id
    assert client.get("/amt").json["id"] == clerk.id


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer falsch", "Basic geheim", "geheim", "Bearer  "]
)
def test_a_program_without_a_good_token_gets_nothing(client, header):
    answer = client.get("/api/v1/programm", headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json["code"] == "token_missing_or_unknown"


def test_a_program_acts_with_its_scopes_and_needs_no_form_token(client):
    bearer = {"Authorization": "bearer geheim"}
    assert client.post("/api/v1/programm", headers=bearer).json["id"] == "token:1"
    assert client.get("/api/v1/programm-lesen", headers=bearer).status_code == 403


def test_a_session_opens_no_door_for_programs_and_a_token_none_for_people(client, sign_in):
    sign_in(client, roles=["lesen"])
    assert client.get("/api/v1/programm-lesen").status_code == 401
    other = client.application.test_client()
    assert other.get("/person", headers={"Authorization": "Bearer geheim"}).status_code == 303


def test_a_form_sent_after_the_session_ended_says_where_the_input_is(client):
    page = client.post("/person")
    assert page.status_code == 401
    assert "Ihre Eingaben stehen meist noch da" in page.text
    assert 'href="/anmelden/buergerkonto"' in page.text


def test_a_part_of_a_page_is_not_led_to_the_sign_in(client):
    assert client.get("/person", headers={"HX-Request": "true"}).status_code == 401
