"""Paper, counter and telephone: the whole form on one page, with scans, and a receipt for the citizen."""

from io import BytesIO
from typing import Any

from lxml import html
from PIL import Image

from engine import cases
from tests.web.inbox.conftest import Browser, Office

DOG = {
    "person-anrede": "frau",
    "person-vorname": "Hertha",
    "person-nachname": "Kraft",
    "person-geburtsdatum": "1941-03-09",
    "anschrift-strasse": "Heinrichstraße",
    "anschrift-hausnummer": "4",
    "anschrift-plz": "64283",
    "anschrift-ort": "Darmstadt",
    "hunde-0-name": "Waldi",
    "hunde-0-rasse": "Dackel",
    "hunde-0-geboren_am": "2024-02-01",
    "hunde-0-grund": "erwerb",
    "hunde-0-gehalten_seit": "2026-11-01",
    "hunde-0-gefaehrlich": "nein",
    "hunde-0-chip_fehlt": "true",
    "weitere_hunde": "0",
    "ermaessigung-beantragt": "nein",
    "bekanntgabe_kanal": "brief",
}
ARRIVAL = {"_kanal": "papier", "_eingegangen_am": "2026-11-20"}


def scan() -> bytes:
    out = BytesIO()
    Image.new("L", (8, 8)).save(out, "PNG")
    return out.getvalue()


def begun(desk: Browser) -> str:
    answer = desk.post("/inbox/erfassen", verfahren="hundesteuer_anmelden")
    assert answer.status_code == 303
    return str(answer.location)


def hoffmann(office: Office) -> Browser:
    return office.browser("Lena Hoffmann", "buergerbuero")


def entered(desk: Browser, address: str) -> dict[str, Any]:
    (form,) = html.fromstring(desk.get(address)).xpath("//form[.//input[@name='_kanal']]")
    return {name: value for name, value in form.form_values() if name != "_csrf"}


def test_paper_becomes_a_vorgang_with_a_receipt(office: Office) -> None:
    desk = hoffmann(office)
    address = begun(desk)
    sent = entered(desk, address) | DOG | ARRIVAL

    stays = desk.post(address, **sent, _tun="scan", _scans=(BytesIO(scan()), "anzeige.png"))
    assert stays.status_code == 200
    assert "anzeige.png" in stays.get_data(as_text=True)

    answer = desk.post(address, **sent, _tun="erfassen")
    assert (answer.status_code, answer.location) == (303, f"{address}/quittung"), answer.get_data(as_text=True)
    page = html.fromstring(desk.get(answer.location))
    number, code = [one.text for one in page.xpath("//*[contains(@class, 'reference')]")]
    assert desk.post(address, **sent, _tun="erfassen").location == f"{address}/quittung"  # a second click

    schulz = office.browser("Petra Schulz", "steueramt")
    (found,) = html.fromstring(schulz.get("/inbox")).xpath("//tr[@data-row]//a/@href")
    task = schulz.get(found)
    for text in (number, "Hertha Kraft", "anzeige.png", "20. November 2026", "Papier"):
        assert text in task
    assert cases.by_number(office.house, number, code, at=office.now()).aktenzeichen == number


def test_what_is_missing_is_told_and_taken_in_anyway(office: Office) -> None:
    desk = hoffmann(office)
    address = begun(desk)
    sent = entered(desk, address) | DOG | ARRIVAL | {"hunde-0-gehalten_seit": "", "person-geburtsdatum": ""}

    told = desk.post(address, **sent, _tun="erfassen")
    assert told.status_code == 422
    page = html.fromstring(told.get_data(as_text=True))
    assert page.xpath("//*[@id='fehler']//li")
    assert page.xpath("//button[@name='_tun' and @value='trotzdem']")
    assert page.xpath("//input[@name='hunde-0-name']/@value") == ["Waldi"]

    answer = desk.post(address, **sent, _tun="trotzdem")
    assert answer.location == f"{address}/quittung"
    schulz = office.browser("Petra Schulz", "steueramt")
    (found,) = html.fromstring(schulz.get("/inbox")).xpath("//tr[@data-row]//a/@href")
    assert "Unvollständig eingegangen" in schulz.get(found)


def test_without_way_and_day_nothing_is_taken_in(office: Office) -> None:
    desk = hoffmann(office)
    address = begun(desk)

    for wanted in ("erfassen", "trotzdem"):
        answer = desk.post(address, **DOG, _kanal="", _eingegangen_am="2027-01-01", _tun=wanted)
        assert answer.status_code == 422
        page = answer.get_data(as_text=True)
        assert "Wählen Sie, auf welchem Weg es eingegangen ist." in page
        assert "liegt in der Zukunft" in page


def test_a_capture_is_kept_for_later_and_for_nobody_else(office: Office) -> None:
    desk = hoffmann(office)
    address = begun(desk)

    assert desk.post(address, **DOG | ARRIVAL, _tun="merken").location == "/inbox/erfassen"
    assert address in desk.get("/inbox/erfassen")
    assert "Waldi" in desk.get(address)
    office.browser("Petra Schulz", "steueramt").get(address, 404)


def test_who_chooses_nothing_is_told_to_choose(office: Office) -> None:
    answer = hoffmann(office).post("/inbox/erfassen")
    assert answer.status_code == 422
    assert "Wählen Sie aus, was eingegangen ist." in answer.get_data(as_text=True)
