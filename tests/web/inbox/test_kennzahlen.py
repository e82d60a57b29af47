"""The page of figures: for the head of the office, a table beside each picture, and a CSV that computes nothing."""

import csv

import pytest
from lxml import html

from tests.web.inbox.conftest import Office
from web.inbox.kennzahlen import safe_cell


def test_the_lead_sees_a_table_beside_each_picture(office: Office) -> None:
    office.receive()
    lead = office.browser("Sabine Vogel", "steueramt", "leitung")

    page = html.fromstring(lead.get("/inbox/kennzahlen"))

    pictures = page.xpath("//svg[contains(@class, 'inbox-bars')]")
    assert [picture.get("aria-hidden") for picture in pictures] == ["true", "true"]
    for picture in pictures:
        assert picture.xpath("../div//table")
    cells = [cell.text_content() for cell in page.xpath("//table")[0].xpath(".//tbody/tr/*")]
    assert cells == ["Hund zur Hundesteuer anmelden", "1", "0"]
    assert lead.get("/inbox").count('href="/inbox/kennzahlen"') == 1
    assert 'href="/inbox/kennzahlen"' not in office.browser("Petra Schulz", "steueramt").get("/inbox")
    assert not page.xpath("//svg//@style")


def test_nobody_but_a_lead_opens_the_page(office: Office) -> None:
    clerk = office.browser("Petra Schulz", "steueramt")

    for address in ("/inbox/kennzahlen", "/inbox/kennzahlen/kennzahlen.csv"):
        assert clerk.client.get(address).status_code in (403, 404)


def test_a_lead_without_vorgaenge_is_told_what_will_stand_here(office: Office) -> None:
    lead = office.browser("Karl Stein", "ordnungsamt", "leitung")
    office.receive()

    assert "Noch keine Vorgänge" in lead.get("/inbox/kennzahlen")


def test_the_csv_says_the_same(office: Office) -> None:
    office.receive()
    lead = office.browser("Sabine Vogel", "steueramt", "leitung")

    answer = lead.client.get("/inbox/kennzahlen/kennzahlen.csv")

    assert answer.mimetype == "text/csv"
    head, row = csv.reader(answer.data.decode("utf-8-sig").splitlines(), delimiter=";")
    assert dict(zip(head, row, strict=True))["Verfahren"] == "Hund zur Hundesteuer anmelden"
    assert dict(zip(head, row, strict=True))["Offen"] == "1"


@pytest.mark.parametrize("value", ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_looks_like_a_formula_is_text(value: str) -> None:
    assert safe_cell(value) == f"'{value}"


def test_other_cells_stay_as_they_are() -> None:
    assert [safe_cell(one) for one in (None, 12, "Hunde; Katzen")] == ["", "12", "Hunde; Katzen"]
