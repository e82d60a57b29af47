from dataclasses import replace

import pytest

from tests.web.test_routes import ROOM, addresses
from web import access, csrf, sessions
from web.access import Door
from web.app import create_app
from web.realms import Realm

STAY = "/sitzung/buergerkonto"


@pytest.fixture
def signed_in(client, sign_in, form_token):
    sign_in(client)
    return form_token(client)


def test_a_form_of_our_own_page_is_taken(client, signed_in):
    own = {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
    assert client.post(STAY, data=signed_in, headers=own).status_code == 204


def test_the_token_may_come_in_a_header(client, signed_in):
    assert client.post(STAY, headers={csrf.HEADER: signed_in[csrf.FIELD]}).status_code == 204


@pytest.mark.parametrize("token", ["", "falsch", "ü" * 43, "\ud800"])
def test_a_wrong_token_is_refused(client, signed_in, token):
    assert client.post(STAY, data={csrf.FIELD: token.encode("utf-8", "replace")}).status_code == 400


def test_the_token_of_another_session_is_refused(app, client, signed_in, sign_in, form_token):
    other = app.test_client()
    sign_in(other, subject="2")
    assert client.post(STAY, data=form_token(other)).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://boese.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "https://boese.example/formular"},
    ],
)
def test_another_origin_is_refused_even_with_the_token(client, signed_in, headers):
    assert client.post(STAY, data=signed_in, headers=headers).status_code == 400


def test_a_refused_form_says_that_nothing_was_processed(client, signed_in):
    page = client.post(STAY).text
    assert "nichts davon verarbeitet" in page
    assert "eine Seite zurück" in page


def test_an_old_browser_may_name_only_the_page_it_comes_from(client, signed_in):
    assert client.post(STAY, data=signed_in, headers={"Referer": "http://127.0.0.1:8080/konto"}).status_code == 204


def test_with_https_only_the_houses_own_address_counts(settings, site, sign_in, form_token):
    away = replace(settings, base_url="https://service.darmstadt.example")
    app = create_app(away, replace(site, settings=away))
    browser = app.test_client()
    with app.test_request_context("/", base_url=away.base_url):
        person = {
            "issuer": "i",
            "subject": "s",
            "name": "",
            "roles": [],
            "level": 2,
            "provider_sid": "",
            "id_token": "",
        }
        person |= {"authenticated_at": site.now().isoformat(), "details": {}}
        session = sessions.sign_in(Realm.BUERGERKONTO, person, actor_id="i|s", provider_sid=None)
    browser.set_cookie(
        "__Host-amtsweg-buergerkonto", session.token, domain="service.darmstadt.example", secure=True, path="/"
    )
    form = {csrf.FIELD: session.csrf}

    def stay(origin: str, host: str = away.base_url) -> int:
        return browser.post(STAY, data=form, headers={"Origin": origin}, base_url=host).status_code

    assert stay(away.base_url) == 204
    assert stay("http://service.darmstadt.example") == 400
    assert stay("https://localhost") == 400


def test_no_form_from_elsewhere_is_taken_anywhere_even_with_the_token(app, client, sign_in, form_token):
    sign_in(client)
    sign_in(client, roles=[role for rule in app.url_map.iter_rules() for role in access.of(app, rule.endpoint).roles])
    for method, address, rule in addresses(app):
        declared = access.of(app, rule.endpoint)
        if method != "GET" and declared.door not in {Door.MACHINE, Door.TOKEN}:
            for headers in ({"Origin": "https://boese.example"}, {"Sec-Fetch-Site": "same-site"}):
                realm = Realm(ROOM["realm"]) if "realm" in rule.arguments else declared.realm
                data = form_token(client, realm)
                answer = client.open(address, method=method, data=data, headers=headers)
                assert answer.status_code == 400, (method, address)
