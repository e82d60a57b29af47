"""Pages in a real browser: axe finds nothing, nothing overflows at 320 px, scripts obey the policy, keys suffice."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Blueprint, Flask, render_template
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.e2e.demo_site import CHROMIUM, browser
from web import access
from web import app as web_app
from web.app import create_app, open_site
from web.settings import Settings

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = [
    "/",
    "/?suche=xyz",
    "/impressum",
    "/datenschutz",
    "/barrierefreiheit",
    "/gebaerdensprache",
    "/anmelden",
    "/abgemeldet",
    "/gibt-es-nicht",
    "/anmelden/buergerkonto",
    "/anmelden/verwaltung",
    "/bausteine",
]
_RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"

gallery = Blueprint("gallery", __name__)


@gallery.get("/bausteine")
@access.public
def show() -> str:
    return render_template("gallery.html")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists() or not AXE.exists():
        pytest.skip("needs chromium and `npm ci`")
    with browser() as found:
        yield found


@pytest.fixture
def address(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    apps: list[Flask] = []
    server = make_server("127.0.0.1", 0, lambda environ, start: apps[0](environ, start), threaded=True)
    here = replace(settings, base_url=f"http://127.0.0.1:{server.port}")
    site = open_site(here)
    found = list(web_app.blueprints())
    monkeypatch.setattr(web_app, "blueprints", lambda: [*found, gallery])
    app = create_app(here, site)
    app.jinja_loader = ChoiceLoader([app.jinja_loader, FileSystemLoader(Path(__file__).parent)])
    apps.append(app)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield here.base_url
    server.shutdown()
    site.house.db.close()


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a path in a fresh browser; whatever the console or a script complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_it(path: str, *, width: int = 1280, scheme: str = "light", **options: object) -> Page:
        size = {"width": width, "height": 900}
        context = chromium.new_context(locale="de-DE", viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(address + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [text for text in complaints if "404 (NOT FOUND)" not in text] == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(f"axe.run(document, {{runOnly: {_RULES}}})")
    return [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]


def overflow(page: Page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/anmelden/buergerkonto?weiter=/konto")
    page.get_by_role("button", name="Anmelden mit Online-Ausweis").first.click()
    page.wait_for_url("**/konto")


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing(open_page, address, width, scheme):
    page = open_page("/", width=width, scheme=scheme)
    for path in PAGES:
        page.goto(address + path)
        assert violations(page) == [], path
    sign_in(page, address)
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chosen_appearance_wins_over_the_device(open_page, address, theme):
    page = open_page("/", scheme="light" if theme == "dark" else "dark")
    page.goto(f"{address}/darstellung/{theme}?weiter=/bausteine")
    assert violations(page) == []
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = page.evaluate(
        "c => { const x = document.createElement('canvas').getContext('2d', {colorSpace: 'srgb'}); x.fillStyle = c;"
        " x.fillRect(0, 0, 1, 1); return x.getImageData(0, 0, 1, 1).data[0]; }",
        colour,
    )
    assert (brightness < 128) == (theme == "dark")


def test_nothing_overflows_a_narrow_window(open_page, address):
    page = open_page("/", width=320)
    for path in PAGES:
        page.goto(address + path)
        assert overflow(page) <= 0, path
    sign_in(page, address)
    assert overflow(page) <= 0


def test_nothing_overflows_at_double_text_size(open_page, address):
    page = open_page("/", width=1280)
    for path in PAGES:
        page.goto(address + path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) <= 0, path


def test_the_first_key_leads_past_the_navigation(open_page):
    page = open_page("/impressum")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Zum Inhalt springen"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "inhalt"


def test_every_stop_of_the_tab_key_can_be_seen(open_page):
    page = open_page("/bausteine")
    seen = 0
    for _ in range(80):
        page.keyboard.press("Tab")
        box = page.evaluate(
            "(() => { const e = document.activeElement; if (e === document.body) return null;"
            " const s = getComputedStyle(e), a = getComputedStyle(e, '::after');"
            " return [e.tagName, s.outlineStyle, s.outlineWidth, s.boxShadow, a.boxShadow, a.outlineStyle]; })()"
        )
        if box is None:
            break
        seen += 1
        marked = (box[1] != "none" and box[2] != "0px") or box[3] != "none" or box[4] != "none" or box[5] != "none"
        assert marked, box
    assert seen > 30


def test_a_form_with_errors_puts_the_eye_on_the_summary_and_leads_to_the_field(open_page):
    page = open_page("/bausteine")
    assert page.evaluate("document.activeElement.id") == "fehler"
    page.get_by_role("link", name="Wählen Sie einen Grund.").click()
    assert page.evaluate("document.activeElement.name") == "grund"


def test_a_dialog_takes_and_returns_the_focus(open_page):
    page = open_page("/bausteine")
    opener = page.get_by_role("button", name="Antrag zurückziehen")
    opener.click()
    dialog = page.get_by_role("dialog", name="Antrag zurückziehen?")
    assert dialog.is_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.evaluate("document.activeElement.dataset.opens") == "fragen"


def test_the_end_of_a_session_is_announced_and_can_be_put_off(open_page, address):
    page = open_page("/")
    page.clock.install()
    sign_in(page, address)
    warning = page.get_by_role("dialog", name="Sind Sie noch da?")
    page.clock.fast_forward("27:00")
    assert not warning.is_visible()
    page.clock.fast_forward("01:30")
    warning.wait_for(state="visible")
    assert violations(page) == []
    page.get_by_role("button", name="Angemeldet bleiben").click()
    warning.wait_for(state="hidden")
    page.clock.fast_forward("28:30")
    warning.wait_for(state="visible")
    page.clock.fast_forward("02:00")
    assert "Sie wurden abgemeldet" in warning.inner_text()


def test_everything_works_without_scripts(open_page, address):
    page = open_page("/", java_script_enabled=False)
    sign_in(page, address)
    assert page.get_by_role("heading", name="Ihr Konto").is_visible()
    page.get_by_role("button", name="Abmelden").click()
    page.wait_for_url("**/abgemeldet")
    page.get_by_role("searchbox").or_(page.get_by_role("link", name="Zur Startseite", exact=True)).first.click()
    page.get_by_label("Suchbegriff").fill("xyz")
    page.get_by_role("button", name="Suchen").click()
    assert page.get_by_text("Hier haben wir nichts gefunden").is_visible()


def test_print_leaves_the_navigation_out(open_page):
    page = open_page("/impressum")
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="Hauptmenü").is_visible()
    assert page.get_by_role("heading", name="Impressum").is_visible()
