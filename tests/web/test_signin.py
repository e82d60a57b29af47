"""Signing in through a real HTTP server at the demo provider, and every way a provider's answer can be wrong."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hmac import digest
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select
from werkzeug.serving import make_server

from engine import attempts
from engine.actors import TrustLevel
from integrations.demo_identity.provider import DemoIdentity
from storage.models.account import Account
from storage.models.web_session import WebSession
from web.app import create_app, open_site
from web.settings import Settings
from web.site import move_in

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Served:
    """An app behind a real address, and browsers for it."""

    address: str
    app: Flask

    def browser(self) -> "Browser":
        return Browser(self.address)

    @property
    def site(self):
        return self.app.extensions["amtsweg"]

    @property
    def demo(self) -> DemoIdentity:
        (cell,) = (
            value
            for value in (c.cell_contents for c in self.app.view_functions["demo_identity.token"].__closure__)
            if isinstance(value, DemoIdentity)
        )
        return cell

    def rows(self, table):
        with self.site.house.db.read() as conn:
            return conn.execute(select(table)).all()


@dataclass
class Browser:
    address: str
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **params: str) -> requests.Response:
        return self.http.get(self.address + path, params=params, timeout=10)

    def post(self, path: str, **data: str) -> requests.Response:
        return self.http.post(self.address + path, data=data, timeout=10)

    def choose(self, page: requests.Response, person: str, *, follow: bool = True) -> requests.Response:
        sealed = re.search(r'name="anfrage" value="([^"]+)"', page.text)[1]
        data = {"anfrage": sealed, "person": person}
        return self.http.post(page.url, data=data, timeout=10, allow_redirects=follow)

    def sign_in(self, person: str, *, realm: str = "buergerkonto", **asked: str) -> requests.Response:
        return self.choose(self.get(f"/anmelden/{realm}", **asked), person)

    def cookie(self, realm: str = "buergerkonto") -> str | None:
        return self.http.cookies.get(f"amtsweg-{realm}")

    def form_token(self) -> str:
        return re.search(r'name="_csrf" value="([^"]+)"', self.get("/konto").text)[1]


APPS: list[Flask] = []


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a server answers with the app that the test put into APPS."""
    server = make_server("127.0.0.1", 0, lambda environ, start: APPS[0](environ, start), threaded=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture
def served(address: str, settings: Settings, clock) -> Iterator[Served]:
    here = replace(settings, base_url=address)
    site = replace(open_site(here), now=clock)
    if not APPS:
        APPS.append(create_app(here, site))
    move_in(APPS[0], site)
    yield Served(address, APPS[0])
    site.house.db.close()


@pytest.fixture
def browser(served: Served) -> Browser:
    return served.browser()


# --- the good way ------------------------------------------------------------------------------------------------


def test_a_citizen_signs_in_and_lands_where_she_wanted_to_go(served, browser):
    page = browser.sign_in("erika:substantiell", weiter="/konto")
    assert page.url == f"{served.address}/konto"
    assert "Erika Mustermann" in page.text
    assert "12. August 1964" in page.text
    assert "substantiell" in page.text


def test_a_page_that_needs_a_citizen_leads_through_the_sign_in_and_back(browser):
    page = browser.choose(browser.get("/konto"), "mehmet:basisregistrierung")
    assert page.status_code == 200
    assert "Mehmet Aydın" in page.text


def test_citizens_and_staff_have_two_sessions_in_one_browser(served, browser):
    browser.sign_in("erika:hoch")
    browser.sign_in("schulz:hoch", realm="verwaltung", weiter="/")
    assert browser.cookie("buergerkonto")
    assert browser.cookie("verwaltung")
    rows = served.rows(WebSession)
    assert {row.realm for row in rows} == {"buergerkonto", "verwaltung"}
    assert len({row.actor_id for row in rows}) == 2


def test_an_account_is_issuer_and_subject(served, browser):
    browser.sign_in("erika:hoch")
    [row] = served.rows(WebSession)
    issuer, subject = row.actor_id.split("|")
    assert issuer == f"{served.address}/demo-anmeldung/buergerkonto"
    assert re.fullmatch(r"[0-9a-f-]{36}", subject)


def test_the_names_of_staff_are_kept_for_histories_and_those_of_citizens_are_not(served, browser):
    browser.sign_in("erika:hoch")
    browser.sign_in("schulz:hoch", realm="verwaltung", weiter="/")
    assert [row.name for row in served.rows(Account)] == ["Petra Schulz"]


def test_signing_in_gives_a_new_session_id_and_ends_the_old_one(served, browser):
    browser.get("/anmelden/buergerkonto")
    before = browser.cookie()
    browser.sign_in("erika:hoch")
    assert before
    assert browser.cookie() != before
    stranger = served.browser()
    stranger.http.cookies.set("amtsweg-buergerkonto", before)
    assert "/demo-anmeldung/" in stranger.get("/konto").url


def test_a_step_up_raises_the_level_and_asks_only_for_what_is_enough(served, browser):
    browser.sign_in("erika:basisregistrierung")
    page = browser.get("/anmelden/buergerkonto", niveau="hoch", weiter="/konto")
    assert "mit Online-Ausweis" in page.text
    assert "mit ELSTER-Zertifikat" not in page.text
    assert "hoch (Online-Ausweis)" in browser.choose(page, "erika:hoch").text


def test_cancelling_leaves_the_earlier_sign_in_alone(browser):
    browser.sign_in("erika:basisregistrierung")
    page = browser.choose(browser.get("/anmelden/buergerkonto", niveau="hoch"), "")
    assert page.status_code == 400
    assert "abgebrochen" in page.text
    assert "Erika Mustermann" in browser.get("/konto").text


def test_signing_out_ends_the_session_here_and_at_the_provider(served, browser):
    browser.sign_in("erika:hoch")
    cookie = browser.cookie()
    page = browser.post("/abmelden/buergerkonto", _csrf=browser.form_token())
    assert page.url == f"{served.address}/abgemeldet"
    assert any("/logout?id_token_hint=" in step.url for step in page.history)
    assert served.rows(WebSession) == []
    browser.http.cookies.set("amtsweg-buergerkonto", cookie)
    assert "/demo-anmeldung/" in browser.get("/konto").url


def test_signing_out_twice_is_no_error(served, browser):
    browser.sign_in("erika:hoch")
    token = browser.form_token()
    browser.post("/abmelden/buergerkonto", _csrf=token)
    assert browser.post("/abmelden/buergerkonto", _csrf=token).url == f"{served.address}/abgemeldet"


@pytest.mark.parametrize("path", ["https://boese.example", "//boese.example", "/\\boese.example", "konto", "/a\nb"])
def test_nobody_is_led_to_another_site(served, browser, path):
    page = browser.sign_in("erika:hoch", weiter=path)
    assert page.url == f"{served.address}/"


# --- answers that do not belong to this sign-in ------------------------------------------------------------------


def test_an_answer_without_a_sign_in_is_refused(browser):
    page = browser.get("/anmelden/buergerkonto/antwort", code="x", state="y")
    assert page.status_code == 400
    assert "Die Anmeldung hat nicht geklappt" in page.text


def test_an_answer_counts_once(browser):
    browser.sign_in("erika:hoch")
    answer = browser.choose(browser.get("/anmelden/buergerkonto"), "erika:hoch", follow=False).headers["Location"]
    assert browser.http.get(answer, timeout=10).status_code == 200
    assert browser.http.get(answer, timeout=10).status_code == 400


def test_an_answer_to_another_browser_signs_nobody_in(served, browser):
    stranger = served.browser()
    answer = stranger.choose(stranger.get("/anmelden/buergerkonto"), "mehmet:substantiell", follow=False)
    browser.get("/anmelden/buergerkonto")
    assert browser.http.get(answer.headers["Location"], timeout=10).status_code == 400
    assert "/demo-anmeldung/" in browser.get("/konto").url


def test_an_answer_of_one_realm_signs_nobody_in_at_the_other(browser):
    answer = browser.choose(browser.get("/anmelden/buergerkonto"), "erika:hoch", follow=False).headers["Location"]
    browser.get("/anmelden/verwaltung")
    page = browser.http.get(answer.replace("/anmelden/buergerkonto/", "/anmelden/verwaltung/"), timeout=10)
    assert page.status_code == 400
    assert browser.cookie("verwaltung") is None or "/demo-anmeldung/" in browser.get("/konto").url


def test_an_answer_that_names_another_issuer_is_refused(browser):
    answer = browser.choose(browser.get("/anmelden/buergerkonto"), "erika:hoch", follow=False).headers["Location"]
    page = browser.http.get(
        answer.replace("buergerkonto&", "x&").replace("iss=", "iss=https://boese.example/"), timeout=10
    )
    assert page.status_code == 400


def test_an_answer_after_ten_minutes_is_too_late(browser, clock):
    page = browser.get("/anmelden/buergerkonto")
    clock.advance(timedelta(minutes=11))
    answer = browser.choose(page, "erika:hoch")
    assert answer.status_code == 400
    assert "zehn Minuten" in answer.text


def test_a_code_stolen_on_the_way_is_worth_nothing_without_the_verifier(served, browser):
    answer = browser.choose(browser.get("/anmelden/buergerkonto"), "erika:hoch", follow=False).headers["Location"]
    [code] = parse_qs(urlsplit(answer).query)["code"]
    thief = served.browser()
    mine = thief.choose(thief.get("/anmelden/buergerkonto"), "johanna:basisregistrierung", follow=False)
    own = parse_qs(urlsplit(mine.headers["Location"]).query)
    page = thief.get("/anmelden/buergerkonto/antwort", code=code, state=own["state"][0], iss=own["iss"][0])
    assert page.status_code == 400
    assert served.rows(WebSession)
    assert all(row.actor_id is None for row in served.rows(WebSession))


# --- forged tokens (every mode of an evil or confused provider) ---------------------------------------------------


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(kind: str, claims: dict, demo: DemoIdentity) -> str | None:
    """Return the ID token of one kind of forgery, None for none at all."""
    now = claims["iat"]
    changed = {
        "foreign audience": {"aud": "another-app"},
        "two audiences": {"aud": [claims["aud"], "another-app"]},
        "foreign party": {"azp": "another-app"},
        "other realm": {"iss": demo.issuer("verwaltung" if "buergerkonto" in claims["iss"] else "buergerkonto")},
        "foreign issuer": {"iss": "https://boese.example"},
        "wrong nonce": {"nonce": "falsch"},
        "expired half a minute ago": {"exp": now - 31},
        "from tomorrow": {"iat": now + 86400, "exp": now + 90000},
        "access token": {"typ": "Bearer", "aud": "account"},
        "refresh token": {"typ": "Refresh"},
        "logout token": {"typ": "Logout", "events": {EVENT: {}}},
        "no subject": {"sub": None},
        "no authentication time": {"auth_time": None},
        "no expiry": {"exp": None},
        "no nonce": {"nonce": None},
    }.get(kind, {})
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    if kind == "foreign key":
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048))
    if kind == "our public key as a password":
        parts = [json.dumps({"alg": "HS256"}), json.dumps(claims)]
        signed = ".".join(_b64(part.encode()) for part in parts)
        return f"{signed}.{_b64(digest(demo._signing_key.as_pem(private=False), signed.encode(), 'sha256'))}"
    if kind == "no signature":
        head, body, _ = demo.sign(claims).split(".")
        return f"eyJhbGciOiJub25lIn0.{body}." if head else ""
    if kind == "changed after signing":
        head, _, signature = demo.sign(claims).split(".")
        return f"{head}.{demo.sign(claims | {'sub': 'x'}).split('.')[1]}.{signature}"
    if kind == "access token header":
        return demo.sign(claims, typ="at+jwt")
    if kind == "too long":
        return demo.sign(claims | {"name": "x" * 30_000})
    if kind == "garbage":
        return "a.b.c"
    return None if kind == "none at all" else demo.sign(claims)


@pytest.mark.parametrize(
    "kind",
    [
        "foreign audience",
        "two audiences",
        "foreign party",
        "other realm",
        "foreign issuer",
        "wrong nonce",
        "expired half a minute ago",
        "from tomorrow",
        "access token",
        "refresh token",
        "logout token",
        "no subject",
        "no authentication time",
        "no expiry",
        "no nonce",
        "foreign key",
        "our public key as a password",
        "no signature",
        "changed after signing",
        "access token header",
        "too long",
        "garbage",
        "none at all",
    ],
)
@pytest.mark.parametrize("realm", ["buergerkonto", "verwaltung"])
def test_a_forged_token_signs_nobody_in(served, browser, monkeypatch, kind, realm):
    honest = DemoIdentity._tokens

    def dishonest(demo, site, client, granted):
        tokens = honest(demo, site, client, granted)
        claims = jwt.decode(tokens["id_token"], demo._signing_key, algorithms=["RS256"]).claims
        forged = forge(kind, claims, demo)
        return {name: value for name, value in (tokens | {"id_token": forged}).items() if value is not None}

    monkeypatch.setattr(DemoIdentity, "_tokens", dishonest)
    page = browser.sign_in({"buergerkonto": "erika:hoch", "verwaltung": "schulz:hoch"}[realm], realm=realm, weiter="/")
    assert page.status_code == 400
    assert all(row.actor_id is None for row in served.rows(WebSession))


@pytest.mark.parametrize("acr", ["basisregistrierung", "substantiell", "1"])
def test_a_level_lower_than_asked_for_does_not_count_as_a_step_up(served, browser, monkeypatch, acr):
    browser.sign_in("erika:basisregistrierung")
    honest = DemoIdentity._tokens

    def lowered(demo, site, client, granted):
        tokens = honest(demo, site, client, granted)
        claims = jwt.decode(tokens["id_token"], demo._signing_key, algorithms=["RS256"]).claims
        return tokens | {"id_token": demo.sign(claims | {"acr": acr})}

    monkeypatch.setattr(DemoIdentity, "_tokens", lowered)
    page = browser.sign_in("erika:hoch", niveau="hoch")
    assert page.status_code == 400
    assert "Basisregistrierung" in browser.get("/konto").text


def test_a_new_key_of_the_provider_is_fetched_when_it_signs(served, browser, monkeypatch):
    browser.sign_in("erika:hoch")
    monkeypatch.setattr("web.oidc._REFETCH_KEYS_AFTER_S", -1.0)
    monkeypatch.setattr(served.demo, "_signing_key", RSAKey.generate_key(2048, auto_kid=True))
    assert served.browser().sign_in("mehmet:substantiell", weiter="/konto").status_code == 200


def test_an_unreachable_provider_is_told_as_such(settings, clock):
    away = replace(settings, base_url="http://127.0.0.1:9")
    site = replace(open_site(away), now=clock)
    answer = create_app(away, site).test_client().get("/anmelden/buergerkonto")
    assert answer.status_code == 503
    assert "Servicekonto antwortet nicht" in answer.text
    site.house.db.close()


# --- back-channel logout -----------------------------------------------------------------------------------------


@pytest.fixture
def signed_in(served, browser):
    browser.sign_in("erika:hoch")
    [row] = served.rows(WebSession)
    now = int(served.site.now().timestamp())
    client = served.site.sign_in["buergerkonto"].client
    return {
        "iss": client.issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": "j-1",
        "sid": row.provider_sid,
        "events": {EVENT: {}},
    }


def test_the_provider_ends_a_session(served, browser, signed_in):
    token = served.demo.sign(signed_in, typ="logout+jwt")
    assert served.browser().post("/anmelden/buergerkonto/abmeldung", logout_token=token).status_code == 200
    assert "/demo-anmeldung/" in browser.get("/konto").url


def test_a_logout_token_counts_once(served, signed_in):
    token = served.demo.sign(signed_in, typ="logout+jwt")
    other = served.browser()
    assert other.post("/anmelden/buergerkonto/abmeldung", logout_token=token).status_code == 200
    assert other.post("/anmelden/buergerkonto/abmeldung", logout_token=token).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [{"aud": "another-app"}, {"nonce": "n"}, {"events": {}}, {"iat": 1}, {"sid": ""}],
    ids=["foreign audience", "with nonce", "no event", "old", "no session"],
)
def test_a_wrong_logout_token_ends_nothing(served, browser, signed_in, changes):
    token = served.demo.sign(signed_in | changes, typ="logout+jwt")
    assert served.browser().post("/anmelden/buergerkonto/abmeldung", logout_token=token).status_code == 400
    assert "Erika Mustermann" in browser.get("/konto").text


def test_a_logout_token_of_one_realm_ends_nothing_in_the_other(served, browser, signed_in):
    token = served.demo.sign(signed_in, typ="logout+jwt")
    assert served.browser().post("/anmelden/verwaltung/abmeldung", logout_token=token).status_code == 400
    assert "Erika Mustermann" in browser.get("/konto").text


def test_the_level_of_a_session_is_what_this_sign_in_reached(served, browser):
    browser.sign_in("erika:hoch")
    browser.sign_in("erika:basisregistrierung", weiter="/konto")
    assert "Basisregistrierung" in browser.get("/konto").text
    assert TrustLevel.HOCH.name.lower() not in browser.get("/konto").text.split("Angemeldet seit")[0].lower()


def test_after_some_answers_that_are_wrong_the_house_asks_the_provider_no_more(served, browser, monkeypatch, clock):
    monkeypatch.setattr(attempts, "SIGN_INS", 2)

    def answer(code: str | None) -> requests.Response:
        page = browser.choose(browser.get("/anmelden/buergerkonto"), "erika:hoch", follow=False)
        own = {name: value for name, [value] in parse_qs(urlsplit(page.headers["Location"]).query).items()}
        return browser.get("/anmelden/buergerkonto/antwort", **(own | ({"code": code} if code else {})))

    assert [answer("erraten").status_code for _ in range(3)] == [400, 400, 429]
    assert answer(None).status_code == 429
    clock.advance(timedelta(minutes=16))
    assert answer(None).status_code == 200
