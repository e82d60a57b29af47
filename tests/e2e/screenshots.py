"""`make screenshots`: pictures of every page at 390 and 1280 px, taken from the demo, into docs/screenshots."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from tests.e2e.demo_site import ROOT, browser, running_demo, sign_in

TARGET = ROOT / "docs" / "screenshots"
WIDTHS = (390, 1280)
LETTERS_WITHIN_S = 20


def main() -> None:
    only = set(sys.argv[1:])
    TARGET.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, running_demo(Path(folder)) as address, browser() as chromium:
        time.sleep(LETTERS_WITHIN_S)  # the worker draws the letters of the demo's cases
        for width in WIDTHS:
            for name, page in pages(chromium, address, width):
                if not only or name in only:
                    page.screenshot(path=TARGET / f"{name}-{width}.png", full_page=width == WIDTHS[0])


def pages(chromium: Browser, address: str, width: int) -> Iterator[tuple[str, Page]]:
    for realm, person, shots in WALKS:
        viewport = {"width": width, "height": 900}
        context = chromium.new_context(locale="de-DE", viewport=viewport, is_mobile=width == WIDTHS[0])
        page = context.new_page()
        if person:
            sign_in(page, address, realm, person, next_path="/")
        for name, go in shots:
            go(page, address)
            yield name, page
        context.close()


def at(path: str) -> Callable[[Page, str], None]:
    def go(page: Page, address: str) -> None:
        page.goto(address + path)

    return go


def first(path: str, selector: str) -> Callable[[Page, str], None]:
    """Open the first link of a page that fits the selector."""

    def go(page: Page, address: str) -> None:
        page.goto(address + path)
        page.locator(selector).first.click()
        page.wait_for_load_state("networkidle")

    return go


def form_of_the_dog(page: Page, address: str) -> None:
    """Fill in the first two pages of the form and stop at the third."""
    page.goto(f"{address}/antraege/neu/hundesteuer_anmelden")
    page.get_by_role("button", name="Neu beginnen").click()
    for _ in range(2):
        page.get_by_role("button", name="Weiter", exact=True).last.click()


def case_of_the_last_task(page: Page, address: str) -> None:
    page.goto(f"{address}/inbox")
    page.locator("main a[href*='/inbox/aufgaben/']").last.click()
    page.get_by_role("link", name="Ganzer Vorgang").click()
    page.wait_for_load_state("networkidle")


def decision_with_its_table(page: Page, address: str) -> None:
    """One decision of a case, at the table with the rule that applied."""
    page.goto(f"{address}/inbox")
    page.locator("main a:text('Steuer festsetzen')").first.click()
    page.get_by_role("link", name="„Steuersatz bestimmen“ im Ganzen").click()
    page.get_by_role("heading", name="Regelsatz").evaluate("heading => heading.scrollIntoView()")


def file_of_the_last_task(page: Page, address: str) -> None:
    """The file of a case, after it was checked."""
    case_of_the_last_task(page, address)
    page.get_by_role("link", name="Ganze Akte").click()
    page.get_by_role("button", name="Jetzt prüfen").click()


WALKS = [
    (
        "buergerkonto",
        None,
        [
            ("start", at("/")),
            ("leistung", at("/leistungen/hundesteuer_anmelden")),
            ("nummer", at("/status")),
            ("anmelden", at("/anmelden")),
        ],
    ),
    (
        "buergerkonto",
        "Mehmet Aydın",
        [
            ("bereich", at("/")),
            ("antraege", at("/antraege")),
            ("stand", first("/antraege", "main a[href*='/antraege/']")),
            ("postfach", at("/postfach")),
            ("bescheid", first("/postfach", "main a[href*='/postfach/']")),
            ("formular", form_of_the_dog),
        ],
    ),
    (
        "verwaltung",
        "Petra Schulz",
        [
            ("eingang", at("/inbox")),
            ("aufgabe", first("/inbox", "main a:text('Steuer festsetzen')")),
            ("vorgang", case_of_the_last_task),
            ("akte", file_of_the_last_task),
            ("entscheidung", decision_with_its_table),
            ("entscheidungstabelle", at("/inbox/entscheidungstabellen/hundesteuer_anmelden/regelsatz")),
        ],
    ),
    ("verwaltung", "Sabine Albrecht", [("kennzahlen", at("/inbox/kennzahlen"))]),
]


if __name__ == "__main__":
    main()
