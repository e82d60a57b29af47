import pytest

from web import csrf

STAY = "/sitzung/buergerkonto"


@pytest.fixture
def signed_in(client, sign_in, form_token):
    sign_in(client)
    return form_token(client)


def test_a_form_of_our_own_page_is_taken(client, signed_in):
    own = {"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}
    assert client.post(STAY, data=signed_in, headers=own).status_code == 204


def test_the_token_may_come_in_a_header(client, signed_in):
    assert client.post(STAY, headers={csrf.HEADER: signed_in[csrf.FIELD]}).status_code == 204


@pytest.mark.parametrize("token", ["", "falsch", "ü" * 43, "\ud800"])
def test_a_wrong_token_is_refused(client, signed_in, token):
    assert client.post(STAY, data={csrf.FIELD: token.encode("utf-8", "replace")}).status_code == 400


def test_the_token_of_another_session_is_refused(app, client, signed_in, sign_in, form_token):
    other = app.test_client()
    sign_in(other, subject="2")
    assert client.post(STAY, data=form_token(other)).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://boese.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8081"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_origin_is_refused_even_with_the_token(client, signed_in, headers):
    assert client.post(STAY, data=signed_in, headers=headers).status_code == 400


def test_a_refused_form_says_that_nothing_was_processed(client, signed_in):
    page = client.post(STAY).text
    assert "nichts davon verarbeitet" in page
    assert "eine Seite zurück" in page
