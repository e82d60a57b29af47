"""The frame of every page: language, appearance, navigation, home, legal pages."""

import re
from dataclasses import replace

import pytest

from engine import catalog
from web.app import create_app

LEGAL = ["/impressum", "/datenschutz", "/barrierefreiheit", "/gebaerdensprache"]
PAGES = ["/", "/?suche=xyz", *LEGAL, "/anmelden", "/abgemeldet", "/gibt-es-nicht"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["de", "leicht", "en"])
def test_a_page_has_one_heading_a_title_and_landmarks_in_every_language(client, path, language):
    client.set_cookie("amtsweg-sprache", language)
    page = client.get(path).text
    assert len(re.findall(r"<h1\b", page)) == 1
    assert re.search(r"<title>[^<]+ – Darmstadt</title>", page)
    assert '<main id="inhalt"' in page
    assert page.count('href="#inhalt"') == 1
    for mark in ("<header", "<footer", "<nav"):
        assert mark in page


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_nothing_inline(client, path):
    page = client.get(path).text
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:", page)


@pytest.mark.parametrize(("code", "tag"), [("de", "de"), ("leicht", "de-simple"), ("en", "en")])
def test_a_reader_chooses_a_language_and_it_stays(client, code, tag):
    answer = client.get(f"/sprache/{code}?weiter=/impressum")
    assert (answer.status_code, answer.location) == (303, "/impressum")
    assert f'<html lang="{tag}" dir="ltr"' in client.get("/impressum").text


def test_a_link_may_name_the_language(client):
    assert '<html lang="en"' in client.get("/impressum?sprache=en").text
    assert '<html lang="de"' in client.get("/impressum?sprache=klingonisch").text


def test_a_reader_chooses_the_appearance_and_it_stays(client):
    assert "data-kern-theme" not in client.get("/").text
    assert client.get("/darstellung/dark?weiter=/").status_code == 303
    assert 'data-kern-theme="dark"' in client.get("/").text
    client.set_cookie("amtsweg-darstellung", "rosa")
    assert "data-kern-theme" not in client.get("/").text


@pytest.mark.parametrize("path", ["/sprache/xx", "/darstellung/rosa"])
def test_a_choice_that_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["https://boese.example", "//boese.example", "/\\boese.example"])
def test_a_choice_leads_to_no_other_site(client, path):
    assert client.get("/sprache/de", query_string={"weiter": path}).location == "/"


def test_the_person_is_named_and_can_sign_out(client, sign_in):
    sign_in(client, name="Zoë <b>Ünal</b>")
    page = client.get("/").text
    assert "Angemeldet: Zoë &lt;b&gt;Ünal&lt;/b&gt;" in page
    assert 'action="/abmelden/buergerkonto"' in page


def test_a_search_without_a_hit_says_what_to_do(client):
    page = client.get("/?suche=<script>").text
    assert "Hier haben wir nichts gefunden" in page
    assert "115" in page
    assert "<script>" not in page


def test_the_home_page_shows_and_finds_what_is_deployed(client, site, clock):
    deploy(site, clock)
    assert 'href="/leistungen/hundesteuer_anmelden"' in client.get("/").text
    assert 'href="/leistungen/hundesteuer_anmelden"' in client.get("/?suche=Hund").text
    assert 'href="/leistungen/hundesteuer_anmelden"' not in client.get("/?suche=Führerschein").text


def deploy(site, clock):
    folder = site.settings.procedures_dir / "hundesteuer_anmelden"
    procedure = catalog.load(catalog.read_folder(folder), folder=folder.name)
    with site.house.db.begin() as conn:
        catalog.deploy(conn, procedure, by="system:test", at=clock())


@pytest.mark.parametrize("path", LEGAL)
def test_a_legal_page_names_the_city(client, path):
    assert "Darmstadt" in client.get(path).text


def test_the_accessibility_page_has_a_way_to_report_a_barrier(client):
    page = client.get("/barrierefreiheit").text
    assert 'href="mailto:barrierefreiheit@darmstadt.example' in page
    assert "Überwachungsstelle" in page


def test_before_production_a_page_says_that_nothing_here_is_real(client):
    assert "Geben Sie hier nichts Echtes ein" in client.get("/").text


def test_the_navigation_marks_this_very_page_and_none_above_it(client, sign_in):
    sign_in(client)
    marked = re.compile(r'href="([^"]+)" aria-current="page"')
    for path in ("/", "/?suche=hund", "/antraege", "/postfach", "/status"):
        assert marked.findall(client.get(path).text) == [path.partition("?")[0]]
    for path in ("/impressum", "/antraege/weitermachen", "/konto", "/gibt-es-nicht"):
        assert marked.findall(client.get(path).text) == []


def test_an_error_leads_staff_back_to_their_tasks(client, sign_in):
    sign_in(client, roles=["steueramt"])
    page = client.get("/inbox/vorgaenge/5b943b0c-11a9-5e13-ae80-7132f0ae54be")
    assert page.status_code == 404
    assert re.search(r'<a href="/inbox" class="kern-btn', page.text)
    assert re.search(r'<a href="/" class="kern-btn', client.get("/gibt-es-nicht").text)


def test_behind_https_what_a_reader_prefers_is_bound_to_the_host_too(settings, site):
    secure = replace(settings, base_url="https://service.darmstadt.example")
    browser = create_app(secure, replace(site, settings=secure)).test_client()
    set_by = [
        browser.get(path, base_url=secure.base_url).headers["Set-Cookie"]
        for path in ("/sprache/en", "/darstellung/dark")
    ]
    assert [one.partition("=")[0] for one in set_by] == ["__Host-amtsweg-sprache", "__Host-amtsweg-darstellung"]
    assert all("Secure" in one and "HttpOnly" in one for one in set_by)
    page = browser.get("/", base_url=secure.base_url)
    assert 'lang="en"' in page.text
