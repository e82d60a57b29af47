"""The form in the browser of a citizen: from the start to the receipt, without a script, and what can come between."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

from engine.actors import Actor
from engine.catalog.references import RESERVED_PAGES
from storage.models.dokument import ScanState
from storage.models.entwurf import EntwurfFile
from tests.houses import PlainRenderer, deploy, scanned
from tests.web.conftest import Clock
from web.site import Site

START = "/antraege/neu/hundesteuer_anmelden"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00010501012718e366"
    "0000000049454e44ae426082"
)
PERSON = {"person-vorname": "Erika", "person-nachname": "Muster", "person-geburtsdatum": "1.5.1980"}
ADDRESS = {
    "anschrift-strasse": "Rheinstraße",
    "anschrift-hausnummer": "1",
    "anschrift-plz": "64283",
    "anschrift-ort": "Darmstadt",
}
DOG = {
    "hunde-0-name": "Bello",
    "hunde-0-rasse": "Dackel",
    "hunde-0-geboren_am": "1.3.2024",
    "hunde-0-grund": "erwerb",
    "hunde-0-gehalten_seit": "5.10.2026",
    "hunde-0-gefaehrlich": "nein",
    "hunde-0-chip": "276098106123456",
}
CODE = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}")
PAGES = [PERSON, ADDRESS, DOG, {"ermaessigung-beantragt": "nein"}, {"bekanntgabe_kanal": "brief"}]


class Browser:
    """Somebody without a script: sees a page, fills in its form, presses a button."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def open(self, path: str, status: int = 200) -> "Browser":
        return self.take(self.client.get(path), status)

    def take(self, answer: TestResponse, status: int = 200) -> "Browser":
        self.last = answer
        while answer.status_code == 303:
            answer = self.client.get(answer.location)
        assert answer.status_code == status, (answer.status_code, answer.request.path, answer.get_data(as_text=True))
        self.path = answer.request.full_path.rstrip("?")
        self.text = answer.get_data(as_text=True)
        self.tree = html.fromstring(self.text)
        return self

    def values(self) -> dict[str, Any]:
        sent: dict[str, Any] = {}
        for name, value in self.form.form_values():
            sent.setdefault(name, []).append(value)
        return sent

    @property
    def form(self) -> Any:
        return self.tree.xpath("//main//form")[0]

    def press(self, status: int = 200, **values: Any) -> "Browser":
        data = self.values() | values
        return self.take(self.client.post(self.form.action, data=data), status)

    def fill(self, *pages: dict[str, str]) -> "Browser":
        for page in pages:
            self.press(**page)
        return self

    @property
    def headline(self) -> str:
        return str(self.tree.xpath("string(//h1)")).strip()

    @property
    def draft(self) -> str:
        return "/".join(self.path.split("/")[:4])


@pytest.fixture
def browser(app: Flask, site: Site) -> Browser:
    object.__setattr__(site.house, "renderer", PlainRenderer())
    deploy(site.house)
    return Browser(app.test_client())


@pytest.fixture
def begun(browser: Browser) -> Browser:
    return browser.open(START).press()


def filled(browser: Browser) -> Browser:
    return browser.fill(*PAGES)


def test_the_whole_way_from_the_form_to_the_receipt(begun: Browser, site: Site) -> None:
    assert "Schritt 1 von 5" in begun.text
    filled(begun)
    assert begun.headline == "Angaben prüfen und senden"
    assert "Art. 13 DSGVO" in begun.text
    assert len(begun.tree.xpath("//main//*[contains(@class, 'kern-btn--primary')]")) == 1
    draft = begun.draft
    begun.press()
    assert begun.path == f"{draft}/gesendet"
    number = re.search(r"20\.31-2026-\S+?(?=<)", begun.text)
    assert number
    assert re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", begun.text)
    download = begun.client.get(f"{draft}/angaben.json")
    assert sha256(download.data).hexdigest() in begun.text
    assert json.loads(download.data)["values"]["person"]["c"]["nachname"] == "Muster"


def test_what_is_wrong_is_said_and_what_was_typed_stays(begun: Browser) -> None:
    begun.press(422, **PERSON | {"person-nachname": "", "person-geburtsdatum": "gestern"})
    assert "2 Angaben stimmen noch nicht" in begun.text
    assert begun.tree.xpath("//a[@href='#feld-person-nachname']")
    assert begun.values()["person-geburtsdatum"] == ["gestern"]
    assert begun.values()["person-vorname"] == ["Erika"]


def test_rows_are_added_and_removed_and_keep_what_was_typed(begun: Browser) -> None:
    begun.fill(PERSON, ADDRESS).press(**DOG, _aktion="hunde+")
    assert begun.values()["hunde-0-name"] == ["Bello"]
    begun.press(**{"hunde-1-name": "Rex"}, _aktion="hunde-0")
    assert begun.values()["hunde-0-name"] == ["Rex"]
    assert "hunde-1-name" not in begun.values()


def test_a_file_is_kept_named_and_taken_off_again(begun: Browser, site: Site) -> None:
    begun.fill(PERSON, ADDRESS, DOG).press(422, **{"ermaessigung-beantragt": "ja"})
    about = {"ermaessigung-grund": "tierheim", "ermaessigung-hund": "Bello"}
    begun.press(422, **about, **{"ermaessigung-nachweis": (BytesIO(b"MZ"), "programm.exe")})
    assert "programm.exe" in begun.text
    begun.press(422, **about, **{"ermaessigung-nachweis": (BytesIO(b"MZ"), "falsch.pdf")})
    assert "Diese Art von Datei nehmen wir nicht an" in begun.text
    begun.press(**about, **{"ermaessigung-nachweis": (BytesIO(PNG), "bescheid.png")})
    begun.open(f"{begun.draft}/ermaessigung")
    (file_id,) = begun.values()["ermaessigung-nachweis"]
    begun.press(_aktion=f"ermaessigung-nachweis={file_id}")
    assert "ermaessigung-nachweis" not in begun.values()
    begun.press(**{"ermaessigung-nachweis_nachreichen": "true"})
    begun.press(bekanntgabe_kanal="brief")
    assert "wird nachgereicht" in begun.text
    assert "bescheid.png" not in begun.text


def test_back_and_later_keep_what_is_right(begun: Browser) -> None:
    begun.fill(PERSON).press(**ADDRESS | {"anschrift-plz": "6"}, _nach="zurueck")
    assert begun.values()["person-vorname"] == ["Erika"]
    begun.press()
    assert begun.values()["anschrift-strasse"] == ["Rheinstraße"]
    begun.press(**{"anschrift-plz": "64283"}, _nach="spaeter")
    assert begun.headline == "Ihr Entwurf ist gespeichert"
    begun.open(begun.draft)
    assert begun.path.endswith("/anschrift")


def test_a_draft_is_resumed_on_another_device_with_its_code(begun: Browser, app: Flask) -> None:
    begun.fill(PERSON).open(f"{begun.draft}/spaeter")
    code = re.search(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){3}", begun.text)
    assert code
    other = Browser(app.test_client())
    other.open(begun.draft, 404)
    other.open(f"/antraege/weitermachen?entwurf={begun.draft.rpartition('/')[2]}")
    other.press(422, code="AAAA-AAAA-AAAA-AAAA")
    assert "finden wir keinen Entwurf" in other.text
    other.press(code=code[0].lower())
    assert other.path.endswith("/anschrift")


def test_guessing_the_code_ends_with_the_form_and_when_to_try_again(begun: Browser, app: Flask) -> None:
    draft_id = begun.draft.rpartition("/")[2]
    other = Browser(app.test_client())
    for _ in range(5):
        other.open(f"/antraege/weitermachen?entwurf={draft_id}").press(422, code="falsch")
    other.press(429, code="falsch")
    assert "Versuchen Sie es in 15 Minuten noch einmal." in other.text
    assert other.values()["entwurf"] == [draft_id]
    assert other.last.headers["Retry-After"] == "900"


def test_two_windows_overwrite_nothing_unseen(begun: Browser, app: Flask) -> None:
    first = begun.values()
    begun.press(**PERSON)
    late = Browser(begun.client)
    late.open(f"{begun.draft}/person")
    late.take(
        begun.client.post(f"{begun.draft}/person", data=first | PERSON | {"person-vorname": "Elke"}),
        409,
    )
    assert "in einem anderen Fenster geändert" in late.text
    assert late.values()["person-vorname"] == ["Elke"]
    assert "Erika" in begun.open(f"{begun.draft}/person").text
    late.press()
    assert begun.open(f"{begun.draft}/person").values()["person-vorname"] == ["Elke"]


def test_the_same_page_twice_is_no_conflict(begun: Browser) -> None:
    path, data = begun.form.action, begun.values() | PERSON
    assert begun.client.post(path, data=data).status_code == 303
    assert begun.client.post(path, data=data).status_code == 303


def test_a_summary_that_is_out_of_date_is_not_sent(begun: Browser) -> None:
    shown = filled(begun).values()
    begun.open(f"{begun.draft}/anschrift?dann=pruefen").press(**{"anschrift-ort": "Weiterstadt"})
    begun.take(begun.client.post(f"{begun.draft}/pruefen", data=shown), 409)
    assert "Weiterstadt" in begun.text
    begun.press()
    assert begun.path.endswith("/gesendet")


def test_a_second_click_and_the_back_button_lead_to_the_same_receipt(begun: Browser) -> None:
    data = filled(begun).values()
    draft = begun.draft
    begun.press()
    receipt = begun.text
    for _ in range(2):
        begun.take(begun.client.post(f"{draft}/pruefen", data=data))
        assert begun.tree.xpath("string(//p[contains(@class, 'reference')])") in receipt
    begun.open(f"{draft}/hunde")
    assert begun.path == f"{draft}/gesendet"


def test_beginning_twice_with_one_click_makes_one_draft(browser: Browser) -> None:
    data = browser.open(START).values()
    assert browser.client.post(START, data=data).location == browser.client.post(START, data=data).location


def test_drafts_and_receipts_of_others_do_not_exist(begun: Browser, app: Flask, sign_in: Callable[..., Actor]) -> None:
    filled(begun)
    stranger, signed_in = Browser(app.test_client()), Browser(app.test_client())
    sign_in(signed_in.client)
    for other in (stranger, signed_in):
        for path in ("", "/person", "/pruefen", "/spaeter", "/gesendet", "/angaben.json"):
            other.open(begun.draft + path, 404)
    draft = begun.draft
    begun.press()
    for other in (stranger, signed_in):
        for path in ("", "/gesendet", "/angaben.json"):
            other.open(draft + path, 404)


def test_fields_that_the_form_does_not_have_are_ignored(begun: Browser) -> None:
    begun.press(**PERSON, rolle="steueramt", **{"person-admin": "true"})
    begun.open(f"{begun.draft}/person")
    assert "admin" not in begun.text
    assert "steueramt" not in begun.text


def test_what_is_missing_is_named_before_sending(begun: Browser) -> None:
    begun.press(**PERSON)
    begun.open(f"{begun.draft}/pruefen")
    assert "stimmen noch nicht" in begun.text
    assert begun.tree.xpath("//a[contains(@href, '/anschrift?dann=pruefen#feld-anschrift-strasse')]")
    assert not begun.tree.xpath("//main//form")
    begun.open(f"{begun.draft}/gesendet", 404)


def test_the_account_fills_in_what_it_knows_and_says_so(
    browser: Browser, sign_in: Callable[..., Actor], app: Flask
) -> None:
    sign_in(
        browser.client,
        given_name="Erika",
        family_name="Mustermann",
        birthdate="1964-08-12",
        email="erika@example.org",
        address={"street_address": "Heinrichstraße 17 a", "postal_code": "64283", "locality": "Darmstadt"},
    )
    browser.open(START).press()
    assert "Aus Ihrem Servicekonto übernommen" in browser.text
    assert browser.values()["person-geburtsdatum"] == ["12.08.1964"]
    browser.press()
    assert browser.values()["anschrift-strasse"] == ["Heinrichstraße"]
    assert browser.values()["anschrift-hausnummer"] == ["17 a"]
    browser.press(**{"anschrift-hausnummer": "18"})
    browser.open(f"{browser.draft}/anschrift")
    assert browser.values()["anschrift-hausnummer"] == ["18"]
    assert "Aus Ihrem Servicekonto" not in browser.text
    other = Browser(app.test_client())
    sign_in(other.client)
    assert f"{browser.draft}" in other.open(START).text


def test_a_draft_that_is_discarded_is_gone(begun: Browser) -> None:
    begun.open(f"{begun.draft}/spaeter")
    draft = begun.draft
    begun.press()
    assert begun.path == "/leistungen/hundesteuer_anmelden"
    begun.open(f"{draft}/person", 404)


def sent(begun: Browser) -> Browser:
    return filled(begun).press()


def test_a_reload_right_after_sending_still_shows_the_code(begun: Browser) -> None:
    code = CODE.search(sent(begun).text)
    assert code
    receipt = begun.path
    begun.client.get(f"{begun.draft}/angaben.json")
    begun.open("/status")
    assert code[0] in begun.open(receipt).text


def test_whoever_has_noted_the_code_does_not_leave_it_to_the_next_at_this_browser(begun: Browser) -> None:
    code = CODE.search(sent(begun).text)
    assert code
    begun.press()
    assert begun.path == f"{begun.draft}/gesendet"
    assert code[0] not in begun.text
    assert "zeigen wir ihn nicht noch einmal" in begun.text
    assert "Rufen Sie die 115 an" in begun.tree.xpath("string(//section[@aria-labelledby='code'])")
    assert "20.31-2026-" in begun.text
    assert not begun.tree.xpath("//main//form")


def test_the_code_is_gone_after_half_an_hour(begun: Browser, clock: Clock) -> None:
    assert CODE.search(sent(begun).text)
    clock.advance(timedelta(minutes=30))
    assert CODE.search(begun.open(f"{begun.draft}/gesendet").text)
    clock.advance(timedelta(seconds=1))
    assert not CODE.search(begun.open(f"{begun.draft}/gesendet").text)


def test_only_who_has_the_receipt_can_take_the_code_off_it(begun: Browser, app: Flask) -> None:
    sent(begun)
    stranger = Browser(app.test_client()).open("/status")
    stranger.take(stranger.client.post(f"{begun.draft}/notiert", data=stranger.values()), 404)
    assert CODE.search(begun.open(f"{begun.draft}/gesendet").text)


@pytest.mark.parametrize("language", ["de", "leicht", "en"])
@pytest.mark.parametrize("state", list(ScanState))
def test_an_upload_says_what_became_of_it(begun: Browser, site: Site, state: ScanState, language: str) -> None:
    with_file(begun)
    scanned(site.house, EntwurfFile, state)
    begun.client.set_cookie("amtsweg-sprache", language)
    words = site.texts.text(site.texts.language(language), f"form.scan.{state}") if state != "entfaellt" else ""
    for page in ("ermaessigung", "pruefen"):
        begun.open(f"{begun.draft}/{page}")
        said = begun.tree.xpath("//main//*[contains(@class, 'scan-state')]/text()")
        assert said == ([words] if words else []), page


def test_without_a_scanner_nothing_claims_to_be_checked(begun: Browser) -> None:
    with_file(begun).open(f"{begun.draft}/ermaessigung")
    assert "Angenommen, noch nicht auf Viren geprüft." in begun.text
    assert "in Prüfung" not in begun.text


def test_a_file_with_a_virus_is_not_sent_but_can_be_replaced(begun: Browser, site: Site) -> None:
    with_file(begun).press(bekanntgabe_kanal="brief")
    shown = begun.values()
    scanned(site.house, EntwurfFile, ScanState.BEFALLEN)
    begun.take(begun.client.post(f"{begun.draft}/pruefen", data=shown), 422)
    assert "wurde ein Virus gefunden. Entfernen Sie sie und laden Sie eine andere hoch." in begun.text
    begun.open(f"{begun.draft}/ermaessigung?dann=pruefen")
    (file_id,) = begun.values()["ermaessigung-nachweis"]
    begun.press(422)
    begun.press(_aktion=f"ermaessigung-nachweis={file_id}")
    begun.press(**{"ermaessigung-nachweis": (BytesIO(PNG), "neu.png")})
    begun.press()
    assert begun.path.endswith("/gesendet")


def with_file(begun: Browser) -> Browser:
    """Fill in the form up to the last page, with an upload."""
    begun.fill(PERSON, ADDRESS, DOG).press(422, **{"ermaessigung-beantragt": "ja"})
    about = {"ermaessigung-grund": "tierheim", "ermaessigung-hund": "Bello"}
    return begun.press(**about, **{"ermaessigung-nachweis": (BytesIO(PNG), "bescheid.png")})


def test_no_page_of_a_form_can_take_an_address_of_the_portal(app: Flask) -> None:
    beside = re.compile(r"/antraege/entwurf/<uuid:draft_id>/([a-z0-9_-]+)")
    found = (beside.fullmatch(rule.rule) for rule in app.url_map.iter_rules())
    assert {match[1] for match in found if match} == RESERVED_PAGES
