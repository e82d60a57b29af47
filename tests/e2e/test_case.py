"""A new user starts the demo, files a dog as a citizen, decides as the office, and reads the Bescheid."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.demo_site import CHROMIUM, browser, running_demo, sign_in

pytestmark = pytest.mark.e2e
LETTER_WITHIN_S = 40


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not CHROMIUM.exists():
        pytest.skip("needs chromium")
    with running_demo(tmp_path_factory.mktemp("demo")) as found:
        yield found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


def person(chromium: Browser, address: str, realm: str, name: str, *, scripts: bool = True) -> Page:
    context = chromium.new_context(locale="de-DE", viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    page = context.new_page()
    sign_in(page, address, realm, name, next_path="/")
    return page


def test_a_dog_is_registered_assessed_and_its_bescheid_read(chromium: Browser, address: str) -> None:
    citizen = person(chromium, address, "buergerkonto", "Erika Mustermann", scripts=False)
    number = register_dog(citizen, address)

    clerk = person(chromium, address, "verwaltung", "Petra Schulz", scripts=False)
    open_task(clerk, address, number)
    clerk.get_by_label("Vollständig: Steuer berechnen").check()
    clerk.get_by_role("button", name="Aufgabe abschließen").click()
    open_task(clerk, address, number)
    clerk.get_by_label("Steuer festsetzen und zeichnen").check()
    clerk.get_by_role("button", name="Aufgabe abschließen").click()

    message = wait_for_bescheid(citizen, address, number)
    assert "120,00 EUR" in message or "120,00 €" in message


def register_dog(page: Page, address: str) -> str:
    """Fill in the form as the pages ask for it; return the number on the confirmation."""
    page.goto(f"{address}/antraege/neu/hundesteuer_anmelden")
    page.get_by_role("button", name="Neu beginnen").click()
    press_on(page)  # who: filled in from the account
    press_on(page)  # where: too
    page.get_by_label("Name des Hundes").fill("Bruno")
    page.get_by_label("Rasse").fill("Dackel")
    page.get_by_label("Geburtsdatum des Hundes").fill("01.03.2024")
    page.get_by_label("Kauf, Geschenk oder Übernahme").check()
    page.get_by_label("In Ihrem Haushalt seit").fill("05.01.2026")
    page.get_by_role("group", name=re.compile("gefährlich")).get_by_label("Nein").check()
    page.get_by_label("Der Hund ist noch nicht gechipt").check()
    page.get_by_label("Weitere").fill("0")
    press_on(page)
    page.get_by_label("Nein").check()
    press_on(page)
    page.get_by_label(re.compile("Zum Abruf in meinem Postfach")).check()
    press_on(page)
    if page.get_by_label(re.compile("Ich willige ein")).count():
        page.get_by_label(re.compile("Ich willige ein")).check()
        page.get_by_label(re.compile("E-Mail")).fill("erika@example.org")
        press_on(page)
    page.get_by_role("button", name="Anzeige senden").click()
    found = re.search(r"20\.31-\d{4}-\d{6}-\d", page.locator("main").inner_text())
    assert found, page.locator("main").inner_text()
    return found[0]


def press_on(page: Page) -> None:
    page.get_by_role("button", name="Weiter", exact=True).last.click()


def open_task(page: Page, address: str, number: str) -> None:
    page.goto(f"{address}/inbox")
    page.locator("tr").filter(has_text=number).get_by_role("link").first.click()


def wait_for_bescheid(page: Page, address: str, number: str) -> str:
    """Open the message with the Bescheid as soon as the worker has made it known."""
    end = time.monotonic() + LETTER_WITHIN_S
    while time.monotonic() < end:
        page.goto(f"{address}/postfach")
        found = page.get_by_role("link").filter(has_text=number)
        if found.count():
            found.first.click()
            return page.locator("main").inner_text()
        time.sleep(0.5)
    pytest.fail(page.locator("main").inner_text())
