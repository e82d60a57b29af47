"""A real PostgreSQL goes away under the pages: stopped, or silent behind a proxy that swallows everything.

People and programs hear so within five seconds, nothing is lost, and the same process works on when it is back.
"""

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from engine import tokens
from engine.actors import Actor
from engine.tokens import Scope
from storage.silence import BREATHER_S
from tests import tcp_proxy
from tests.houses import PlainRenderer, deploy
from tests.postgres_server import PgServer
from tests.tcp_proxy import Proxy
from tests.web.conftest import NOW
from tests.web.portal.test_forms import PAGES, START, Browser
from web.settings import Settings
from web.site import Site

WITHIN_S = 5.0
SEND_AGAIN = "senden Sie es noch einmal: Es wird nicht doppelt bearbeitet."
PORTAL = ["/", "/leistungen/hundesteuer_anmelden", "/antraege", "/postfach"]
INBOX = ["/inbox"]
API = ["/api/v1/procedures", "/api/v1/tasks"]


@pytest.fixture
def proxy(postgres_url: str, pg_server: PgServer) -> Iterator[Proxy]:
    with tcp_proxy.running(pg_server.port) as proxy:
        yield proxy


@pytest.fixture
def settings(settings: Settings, postgres_url: str, pg_server: PgServer, proxy: Proxy) -> Settings:
    """The usual ones, over PostgreSQL and through the proxy."""
    through = postgres_url.replace(f":{pg_server.port}/", f":{proxy.port}/")
    return replace(settings, database_url=through)


@pytest.fixture
def sqlite_url() -> str:
    return "sqlite://"  # asked for by the settings of all tests, never opened here


@dataclass
class Outage:
    begin: Callable[[], None]
    end: Callable[[], None]


@pytest.fixture(params=["stopped", "silent"])
def outage(request: pytest.FixtureRequest, pg_server: PgServer, proxy: Proxy) -> Iterator[Outage]:
    """How the database goes away, and how it comes back; at the end of the test it is there in any case."""
    with ExitStack() as at_the_end:

        def stop() -> None:
            pg_server.stop()
            at_the_end.callback(pg_server.start)

        stopped, silent = Outage(stop, at_the_end.close), Outage(proxy.swallow, proxy.pass_on)
        yield stopped if request.param == "stopped" else silent


class Visits:
    """Everybody who looks at a page, each with a browser of their own, so that they can come at once."""

    def __init__(self, app: Flask, site: Site, sign_in: Callable[..., Actor]) -> None:
        object.__setattr__(site.house, "renderer", PlainRenderer())
        deploy(site.house)
        self.anybody = app.test_client()
        self.clients = {path: app.test_client() for path in [*PORTAL, *INBOX, *API]}
        for path in PORTAL:
            sign_in(self.clients[path])
        for path in INBOX:
            sign_in(self.clients[path], subject="2", roles=["steueramt"])
        with site.house.db.begin() as conn:
            ends, scopes = NOW + timedelta(days=1), [scope.value for scope in Scope]
            made = tokens.create(conn, "Programm", scopes=scopes, roles=["steueramt"], expires_at=ends, at=NOW)
        self.headers = {"Authorization": f"Bearer {made.secret}"}

    def get(self, path: str) -> tuple[TestResponse, float]:
        """The answer and how many seconds it took."""
        started = time.monotonic()
        answer = self.clients[path].get(path, headers=self.headers if path in API else {})
        return answer, time.monotonic() - started

    def get_all_at_once(self) -> list[tuple[str, TestResponse, float]]:
        with ThreadPoolExecutor(len(self.clients)) as pool:
            answers = pool.map(self.get, self.clients)
            return [(path, *answer) for path, answer in zip(self.clients, answers, strict=True)]

    def until_they_work(self) -> None:
        """The database is back: within the breather that connecting takes, each page works again."""
        end = time.monotonic() + BREATHER_S + 1
        for path in self.clients:
            while self.get(path)[0].status_code != 200:
                assert time.monotonic() < end, path
                time.sleep(0.1)


@pytest.fixture
def visits(app: Flask, site: Site, sign_in: Callable[..., Actor]) -> Visits:
    return Visits(app, site, sign_in)


def test_pages_say_so_in_time_and_work_again_without_a_restart(visits: Visits, outage: Outage) -> None:
    assert {answer.status_code for _, answer, _ in visits.get_all_at_once()} == {200}

    outage.begin()
    for number in range(2):
        for path, answer, seconds in visits.get_all_at_once():
            assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "30"), (number, path)
            assert seconds < WITHIN_S, (number, path)
            if path in API:
                assert (answer.mimetype, answer.json["code"]) == ("application/problem+json", "unavailable")
            else:
                assert "Der Dienst ist gerade nicht erreichbar" in answer.text
                assert "Impressum" in answer.text
    assert visits.anybody.get("/readyz").status_code == 503
    assert visits.anybody.get("/healthz").status_code == 200

    outage.end()
    visits.until_they_work()
    assert visits.anybody.get("/readyz").status_code == 200


def antraege(site: Site) -> set[int]:
    """How many there are, asked in three ways."""
    with site.house.db.read() as conn:
        tables = ("vorgang", "instance", "antrag")
        return {conn.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables}  # noqa: S608


@pytest.fixture
def filled(app: Flask, site: Site) -> Browser:
    """A form that only has to be sent."""
    object.__setattr__(site.house, "renderer", PlainRenderer())
    deploy(site.house)
    return Browser(app.test_client()).open(START).press().fill(*PAGES)


def send(browser: Browser, *, within_s: float = WITHIN_S) -> TestResponse:
    started = time.monotonic()
    answer = browser.client.post(browser.form.action, data=browser.values())
    assert time.monotonic() - started < within_s
    return answer


def send_again(browser: Browser) -> Browser:
    """Press the button until the database is there again; the browser repeats exactly what it sent."""
    end = time.monotonic() + BREATHER_S + 1
    while (answer := send(browser)).status_code == 503:
        assert time.monotonic() < end
        time.sleep(0.1)
    return browser.take(answer)


def test_a_form_that_could_not_be_sent_is_sent_later_and_makes_one_antrag(
    filled: Browser, outage: Outage, site: Site
) -> None:
    outage.begin()
    answer = send(filled)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert SEND_AGAIN in answer.text

    outage.end()
    assert send_again(filled).path.endswith("/gesendet")
    assert antraege(site) == {1}


@pytest.mark.parametrize(
    ("words", "stored"),
    [([b"INSERT INTO antrag"], 0), ([b"INSERT INTO antrag", b"COMMIT"], 1)],
    ids=["written-but-not-committed", "committed-but-nobody-heard"],
)
def test_a_form_whose_answer_got_lost_is_sent_again_and_makes_one_antrag(
    filled: Browser, proxy: Proxy, pg_server: PgServer, site: Site, words: list[bytes], stored: int
) -> None:
    proxy.swallow_from(*words)
    assert send(filled).status_code == 503
    with psycopg.connect(pg_server.url("amtsweg")) as conn:
        assert conn.execute("SELECT count(*) FROM antrag").fetchone() == (stored,)

    proxy.pass_on()
    assert send_again(filled).path.endswith("/gesendet")
    assert re.search(r"20\.31-2026-", filled.text)
    assert antraege(site) == {1}
