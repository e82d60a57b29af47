"""The page of a service, and who may begin it how."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from engine.actors import Actor, TrustLevel
from tests.houses import deploy
from web.site import Site


@pytest.fixture(autouse=True)
def deployed(site: Site) -> None:
    deploy(site.house)
    deploy(site.house, "meldebescheinigung")


def test_the_page_says_what_is_needed_what_it_costs_and_how_long_it_takes(client: FlaskClient) -> None:
    page = client.get("/leistungen/hundesteuer_anmelden").get_data(as_text=True)

    for text in (
        "<h1",
        "Nachweis für eine Ermäßigung oder Befreiung",
        "120,00 EUR im Jahr",
        "Das Formular dauert etwa fünf Minuten",
        "§§ 1, 2, 7 HessKAG",
        'href="/antraege/neu/hundesteuer_anmelden"',
    ):
        assert text in page
    assert page.count("kern-btn--primary") == 1


def test_an_unknown_service_is_not_found(client: FlaskClient) -> None:
    assert client.get("/leistungen/unbekannt").status_code == 404
    assert client.get("/antraege/neu/unbekannt").status_code == 404


def test_without_an_account_one_may_choose(client: FlaskClient) -> None:
    page = client.get("/antraege/neu/hundesteuer_anmelden").get_data(as_text=True)
    assert "Ohne Anmeldung beginnen" in page
    assert "Anmelden und beginnen" in page


def test_a_service_that_needs_a_level_begins_with_signing_in(
    client: FlaskClient, sign_in: Callable[..., Actor], form_token: Callable[..., dict[str, str]]
) -> None:
    address = "/antraege/neu/meldebescheinigung"
    page = client.get(address).get_data(as_text=True)
    assert "Ohne Anmeldung" not in page
    assert "niveau=substantiell" in page
    sign_in(client, level=TrustLevel.BASISREGISTRIERUNG)
    assert "niveau=substantiell" in client.get(address).get_data(as_text=True)
    assert client.post(address, data=form_token(client)).status_code == 403
    sign_in(client, level=TrustLevel.SUBSTANTIELL)
    assert client.post(address, data=form_token(client)).status_code == 303
