from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from engine.actors import TrustLevel
from storage.models.web_session import WebSession
from web import sessions
from web.app import create_app, open_site
from web.realms import Realm
from web.settings import Secret

CITIZEN = "amtsweg-buergerkonto"


@pytest.fixture
def rows(site):
    def read():
        with site.house.db.read() as conn:
            return conn.execute(select(WebSession)).all()

    return read


def test_reading_pages_sets_no_cookie_and_stores_nothing(client, rows):
    assert "Set-Cookie" not in client.get("/").headers
    assert rows() == []


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(app):
    with app.test_request_context("/"):
        sessions.current().form_token()
        cookie = sessions.save(app.make_response("ok")).headers["Set-Cookie"]
    assert cookie.startswith("amtsweg-buergerkonto=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}


def test_behind_https_the_cookie_is_bound_to_the_host(settings, site):
    secure = replace(settings, base_url="https://service.darmstadt.example")
    app = create_app(secure, replace(site, settings=secure))
    with app.test_request_context("/", base_url="https://service.darmstadt.example"):
        sessions.current().form_token()
        answer = sessions.save(app.make_response("ok"))
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-amtsweg-buergerkonto=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_the_database_holds_neither_the_token_nor_anything_readable(client, sign_in, rows):
    sign_in(client, name="Erika Mustermann", birthdate="1964-08-12")
    token = client.get_cookie(CITIZEN).value
    [row] = rows()
    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    for readable in (token, "Erika", "Mustermann", "1964"):
        assert readable.encode() not in stored


def test_thirty_minutes_without_a_request_end_it(client, sign_in, clock):
    sign_in(client)
    clock.advance(timedelta(minutes=29))
    assert client.get("/konto").status_code == 200
    clock.advance(timedelta(minutes=29))
    assert client.get("/konto").status_code == 200
    clock.advance(timedelta(minutes=31))
    assert client.get("/konto").status_code == 303


def test_ten_hours_end_it_whatever_happens(client, sign_in, clock):
    sign_in(client)
    for _ in range(29):
        clock.advance(timedelta(minutes=20))
        assert client.get("/konto").status_code == 200
    clock.advance(timedelta(minutes=21))
    assert client.get("/konto").status_code == 303


def test_reading_within_a_minute_writes_nothing(client, sign_in, clock, rows):
    sign_in(client)
    before = rows()
    clock.advance(timedelta(seconds=59))
    client.get("/konto")
    assert rows() == before
    clock.advance(timedelta(seconds=2))
    client.get("/konto")
    assert rows() != before


def test_what_begins_without_sign_in_lasts_half_a_day(app, client, clock):
    with app.test_request_context("/"):
        session = sessions.current()
        session.values["entwurf"] = "e-1"
        sessions.save(app.make_response(""))
    headers = {"Cookie": f"{CITIZEN}={session.token}"}
    clock.advance(timedelta(hours=11))
    with app.test_request_context("/", headers=headers):
        assert sessions.current().values == {"entwurf": "e-1"}
    clock.advance(timedelta(hours=2))
    with app.test_request_context("/", headers=headers):
        assert sessions.current().values == {}


def test_what_was_begun_survives_signing_in_under_a_new_id(app, client, sign_in):
    with app.test_request_context("/"):
        old = sessions.current()
        old.values["entwurf"] = "e-1"
        sessions.save(app.make_response(""))
    with app.test_request_context("/", headers={"Cookie": f"{CITIZEN}={old.token}"}):
        new = sessions.sign_in(Realm.BUERGERKONTO, {"x": 1}, actor_id="i|s", provider_sid=None)
        assert (new.values, new.token == old.token, new.csrf == old.csrf) == ({"entwurf": "e-1"}, False, False)
    with app.test_request_context("/", headers={"Cookie": f"{CITIZEN}={old.token}"}):
        assert sessions.current().values == {}


def test_a_session_ended_elsewhere_is_not_revived_by_a_slow_request(app, client, sign_in, rows):
    sign_in(client)
    headers = {"Cookie": f"{CITIZEN}={client.get_cookie(CITIZEN).value}"}
    with app.test_request_context("/", headers=headers):
        slow = sessions.current()
        with app.test_request_context("/", headers=headers):
            sessions.sign_out(Realm.BUERGERKONTO)
        slow.values["spät"] = True
        sessions.save(app.make_response(""))
    assert rows() == []


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\xff\xfe", "' OR 1=1 --"])
def test_an_invented_cookie_is_nobody(client, token):
    assert client.get("/konto", headers={"Cookie": f"{CITIZEN}={token}"}).status_code == 303


def test_a_citizens_cookie_opens_nothing_as_staffs(app, client, sign_in):
    sign_in(client, level=TrustLevel.HOCH)
    client.set_cookie("amtsweg-verwaltung", client.get_cookie(CITIZEN).value)
    with app.test_request_context("/", headers={"Cookie": f"amtsweg-verwaltung={client.get_cookie(CITIZEN).value}"}):
        assert sessions.of(Realm.VERWALTUNG).person is None


def test_a_new_secret_key_ends_all_sessions(app, settings, site, client, sign_in):
    sign_in(client)
    changed = replace(settings, secret_key=Secret("ein ganz anderer Schlüssel, lang genug"))
    other = create_app(changed, replace(site, settings=changed)).test_client()
    other.set_cookie(CITIZEN, client.get_cookie(CITIZEN).value)
    assert other.get("/konto").status_code == 303


def test_a_session_moved_to_another_row_is_nobody(site, client, sign_in, app):
    sign_in(client, subject="1", sid="a")
    mine = client.get_cookie(CITIZEN).value
    sign_in(app.test_client(), subject="2", sid="b")
    with site.house.db.begin() as conn:
        theirs = conn.execute(select(WebSession.data).where(WebSession.provider_sid == "b")).scalar_one()
        conn.execute(update(WebSession).where(WebSession.provider_sid == "a").values(data=theirs))
    client.set_cookie(CITIZEN, mine)
    assert client.get("/konto").status_code == 303


def test_signing_in_sweeps_out_what_has_expired(client, app, sign_in, clock, rows):
    sign_in(client, sid="old")
    clock.advance(timedelta(hours=1))
    sign_in(app.test_client(), sid="new")
    assert [row.provider_sid for row in rows()] == ["new"]


def test_staying_keeps_the_session_alive(client, sign_in, form_token, clock):
    sign_in(client)
    clock.advance(timedelta(minutes=28))
    assert client.post("/sitzung/buergerkonto", data=form_token(client)).status_code == 204
    clock.advance(timedelta(minutes=28))
    assert client.get("/konto").status_code == 200


def test_signing_out_works_also_when_the_provider_is_away(client, sign_in, form_token, rows):
    sign_in(client)
    answer = client.post("/abmelden/buergerkonto", data=form_token(client))
    assert (answer.status_code, answer.location) == (303, "/abgemeldet")
    assert rows() == []


def test_a_page_says_how_long_the_session_lasts(client, sign_in):
    sign_in(client)
    assert 'data-ends-in-s="1800"' in client.get("/konto").text


def test_answers_to_somebody_signed_in_are_not_kept_by_anyone(client, sign_in):
    sign_in(client)
    for path in ("/", "/konto", "/gibt-es-nicht"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_sessions_work_on_both_databases(settings, database_url, clock):
    own = replace(settings, database_url=database_url)
    opened = replace(open_site(own), now=clock)
    app = create_app(own, opened)
    with app.test_request_context("/"):
        mine = sessions.sign_in(Realm.BUERGERKONTO, {"x": "ü"}, actor_id="i|s", provider_sid="p-1")
    headers = {"Cookie": f"{CITIZEN}={mine.token}"}
    clock.advance(timedelta(minutes=5))
    with app.test_request_context("/", headers=headers):
        assert sessions.current().person == {"x": "ü"}
        sessions.current().values["a"] = 1
        sessions.save(app.make_response(""))
    with app.test_request_context("/", headers=headers):
        assert sessions.current().values == {"a": 1}
    with opened.house.db.begin() as conn:
        ends = {"realm": Realm.BUERGERKONTO, "jti": "j-1", "at": clock()}
        assert sessions.end_at_provider(conn, "darmstadt", provider_sid="p-2", **ends) == 0
    with pytest.raises(IntegrityError), opened.house.db.begin() as conn:
        sessions.end_at_provider(conn, "darmstadt", provider_sid="p-1", **ends)
    with opened.house.db.begin() as conn:
        assert sessions.end_at_provider(conn, "darmstadt", provider_sid="p-1", **ends | {"jti": "j-2"}) == 1
    with app.test_request_context("/", headers=headers):
        assert sessions.current().person is None
    with opened.house.db.begin() as conn:
        assert sessions.purge(conn, "darmstadt", at=clock() + timedelta(days=1)) == 0
    opened.house.db.close()
