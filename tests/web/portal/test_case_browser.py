"""A citizen's pages in a real browser: axe, narrow screens, and a question answered without scripts."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from engine import postfach
from tests.e2e.demo_site import CHROMIUM, browser
from tests.web.portal.conftest import Portal, Visitor
from tests.web.test_browser import AXE, overflow, violations

pytestmark = pytest.mark.e2e

PHOTO = {
    "name": "impfpass.png",
    "mimeType": "image/png",
    "buffer": bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c63600000000200014865f6a40000000049454e44ae426082"
    ),
}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists() or not AXE.exists():
        pytest.skip("needs chromium and `npm ci`")
    with browser() as found:
        yield found


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture
def browse(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a page as a visitor."""
    contexts: list[BrowserContext] = []

    def open_it(visitor: Visitor, path: str, *, width: int = 1280, scheme: str = "light", **options: object) -> Page:
        size = {"width": width, "height": 900}
        context = chromium.new_context(locale="de-DE", viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        cookie = visitor.client.get_cookie("amtsweg-buergerkonto")
        assert cookie is not None
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page = context.new_page()
        page.goto(address + path)
        return page

    yield open_it
    for context in contexts:
        context.close()


def paths(portal: Portal, erika: Visitor) -> list[str]:
    """Every kind of page: lists, a Vorgang with a question, one with a decision, messages."""
    asked, decided = portal.send(erika.actor), portal.send(erika.actor)
    portal.ask(asked, "Wie alt ist Bello, und seit wann wohnt er bei Ihnen?")
    portal.decide(decided)
    task_id = portal.task(asked, "rueckfrage_beantworten", erika.actor)
    messages = postfach.list_of(portal.house, erika.actor.id)
    return [
        "/antraege",
        f"/antraege/{asked.vorgang_id}",
        f"/antraege/{asked.vorgang_id}/aufgaben/{task_id}",
        f"/antraege/{decided.vorgang_id}",
        "/postfach",
        *(f"/postfach/{one.id}" for one in messages),
        "/status",
    ]


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_and_nothing_overflows(portal: Portal, browse, address, width, scheme) -> None:
    erika = portal.citizen()
    page = browse(erika, "/antraege", width=width, scheme=scheme)
    for path in paths(portal, erika):
        page.goto(address + path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
    page.set_viewport_size({"width": 320, "height": 800})
    assert overflow(page) <= 0


def test_a_question_is_answered_without_scripts(portal: Portal, browse) -> None:
    erika = portal.citizen()
    started = portal.send(erika.actor)
    portal.ask(started, "Wie alt ist Bello?")
    page = browse(erika, f"/antraege/{started.vorgang_id}", java_script_enabled=False)

    page.get_by_role("link", name="Rückfrage beantworten").click()
    page.get_by_role("button", name="Antwort speichern").click()
    assert page.get_by_role("alert").get_by_text("Schreiben Sie eine Antwort").is_visible()
    page.get_by_label("Ihre Antwort").fill("Drei Jahre.")
    page.get_by_label("Nachweis").set_input_files(PHOTO)
    page.get_by_role("button", name="Antwort speichern").click()

    assert page.get_by_text("Ihre Antwort ist da").is_visible()
    assert page.get_by_role("link", name="impfpass.png").is_visible()


def test_the_stage_is_shown_for_number_and_code(portal: Portal, browse) -> None:
    visitor = portal.anonymous()
    started = portal.send(visitor.actor)
    page = browse(visitor, "/status", width=390)

    page.get_by_label("Aktenzeichen").fill(started.aktenzeichen)
    page.get_by_label("Zugangscode").fill(started.access_code)
    page.get_by_role("button", name="Stand zeigen").click()

    assert page.get_by_role("heading", name="So weit ist Ihr Vorgang").is_visible()
    assert page.get_by_role("strong").filter(has_text=started.aktenzeichen).is_visible()
    assert violations(page) == []
