"""The inbox in a real browser: by keys, with the preview in its frame, with the diagram, and without scripts."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.e2e.demo_site import CHROMIUM, browser
from tests.web.inbox.conftest import Office
from tests.web.test_browser import AXE, overflow, violations

pytestmark = pytest.mark.e2e


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
def desk(chromium: Browser, office: Office, address: str) -> Iterator[Callable[..., Page]]:
    """Open a page as Petra Schulz; whatever the console or a script complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_it(path: str, *, width: int = 1280, scheme: str = "light", **options: object) -> Page:
        size = {"width": width, "height": 900}
        context = chromium.new_context(locale="de-DE", viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
        contexts.append(context)
        cookie = office.browser("Petra Schulz", "steueramt").client.get_cookie("amtsweg-verwaltung")
        assert cookie is not None
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(address + path)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def decision(office: Office) -> str:
    schulz = office.browser("Petra Schulz", "steueramt").actor
    started = office.receive()
    office.do(started, "anzeige_pruefen", schulz, ergebnis="vollstaendig")
    return f"/inbox/aufgaben/{office.task(started, 'steuer_festsetzen', schulz)}"


def test_a_list_is_worked_through_by_keys(office: Office, desk) -> None:
    first, second = office.receive(), office.receive()
    page = desk("/inbox")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "suche"
    page.keyboard.type("j")  # typing into a field does what it says
    page.keyboard.press("Tab")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    row = page.evaluate("document.activeElement.closest('tr').innerText")
    page.keyboard.press("c")
    page.wait_for_url("**/inbox/aufgaben/*")
    number = next(one.aktenzeichen for one in (first, second) if one.aktenzeichen in row)
    assert page.get_by_text(number).first.is_visible()
    assert page.get_by_text("Sie haben diese Aufgabe übernommen.").is_visible()


def test_single_keys_can_be_switched_off(office: Office, desk) -> None:
    office.receive()
    page = desk("/inbox")
    page.get_by_text("Tastenkürzel", exact=True).click()
    page.get_by_role("button", name="Tastenkürzel eingeschaltet").click()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "suche"


@pytest.mark.parametrize("scripts", [True, False])
def test_the_preview_shows_what_is_typed_and_the_task_is_finished_afterwards(office: Office, desk, scripts) -> None:
    page = desk(decision(office), java_script_enabled=scripts)
    page.get_by_label("Begründung im Bescheid").fill("Weil zwei Hunde gemeldet sind.")
    page.get_by_role("button", name="Vorschau aktualisieren").click()

    frame = page.frame_locator("iframe[name=vorschau]")
    frame.get_by_text("Weil zwei Hunde gemeldet sind.").wait_for()
    assert frame.get_by_text("Bescheid über die Hundesteuer").first.is_visible()
    page.get_by_label("Steuer festsetzen und zeichnen").check()
    page.get_by_role("button", name="Aufgabe abschließen").click()
    page.get_by_text("Erledigt: Steuer festsetzen und zeichnen").wait_for()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_axe_finds_nothing_and_nothing_overflows(office: Office, desk, width, scheme) -> None:
    task = decision(office)
    other = office.receive()
    schulz = office.browser("Petra Schulz", "steueramt").actor
    checking = f"/inbox/aufgaben/{office.task(other, 'anzeige_pruefen', schulz)}"
    page = desk("/inbox", width=width, scheme=scheme)
    root = page.url.removesuffix("/inbox")
    for path in (
        "/inbox",
        "/inbox?liste=meine",
        "/inbox?suche=x",
        task,
        checking,
        f"/inbox/vorgaenge/{other.vorgang_id}",
    ):
        page.goto(root + path)
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], path
        assert overflow(page) <= 0, path


def test_the_diagram_marks_where_the_case_stands_and_keeps_its_mark(office: Office, desk) -> None:
    started = office.receive()
    page = desk(f"/inbox/vorgaenge/{started.vorgang_id}")

    page.locator(".inbox-here[data-element-id=anzeige_pruefen]").wait_for()
    assert page.locator(".bjs-powered-by").is_visible()


def test_without_scripts_the_same_is_said_in_words(office: Office, desk) -> None:
    started = office.receive()
    page = desk(f"/inbox/vorgaenge/{started.vorgang_id}", java_script_enabled=False)

    assert page.get_by_text("wartet auf Steueramt").is_visible()
    assert not page.locator("[data-diagram]").is_visible()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "dark")])
def test_axe_finds_nothing_at_decisions_and_their_tables(office: Office, desk, width, scheme) -> None:
    task = decision(office)
    page = desk(task, width=width, scheme=scheme)
    root = page.url.removesuffix(task)
    page.get_by_text("Tabelle „Regelsatz“ ansehen").click()
    assert page.get_by_role("row", name="1 gilt").is_visible()
    whole = page.get_by_role("link", name="„Steuersatz bestimmen“ im Ganzen").get_attribute("href") or ""
    tables = "/inbox/entscheidungstabellen"
    for path in ("", whole, whole.rpartition("/")[0], tables, f"{tables}/hundesteuer_anmelden/jahresbetrag"):
        if path:
            page.goto(root + path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
