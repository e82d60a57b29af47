"""The provider as a careful provider behaves; how the house treats a careless one is in tests/web/test_signin.py."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from engine.actors import TrustLevel
from integrations.demo_identity.provider import DemoIdentity, DemoRefused, RegisteredClient, RequestRefused

ADDRESS = "http://127.0.0.1:8080/demo"
SECRET = b"s" * 32
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CLIENT = RegisteredClient("portal", "http://app/antwort", "http://app/abgemeldet")
ASKED = {
    "client_id": "portal",
    "redirect_uri": "http://app/antwort",
    "response_type": "code",
    "scope": "openid profile",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
    "state": "z-1",
    "nonce": "n-1",
}


class Clock:
    now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    return tmp_path_factory.mktemp("key") / "demo.pem"


def build(key_file, *, secret=SECRET, is_production=False, clock=None):
    return DemoIdentity(
        address=ADDRESS,
        is_production=is_production,
        secret=secret,
        key_file=key_file,
        clients={"buergerkonto": CLIENT, "verwaltung": CLIENT},
        now=clock or Clock(),
    )


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def demo(key_file, clock):
    return build(key_file, clock=clock)


def code_for(demo, realm="buergerkonto", persona="erika", level=TrustLevel.HOCH):
    address = demo.choose(realm, demo.accept(realm, ASKED), persona=persona, level=level)
    return parse_qs(urlsplit(address).query)["code"][0]


def redeem(demo, code, realm="buergerkonto", **changes):
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": CLIENT.redirect_uri,
        "code": code,
        "code_verifier": VERIFIER,
    } | changes
    return demo.redeem(realm, form, client_id="portal", client_secret=demo.client_secret(SECRET, realm))


def test_it_refuses_to_exist_in_production(tmp_path):
    with pytest.raises(DemoRefused):
        build(tmp_path / "key.pem", is_production=True)
    assert not (tmp_path / "key.pem").exists()


def test_a_code_gives_a_signed_id_token_for_the_chosen_person(demo):
    tokens = redeem(demo, code_for(demo))
    keys = KeySet.import_key_set(demo.keys())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims
    assert claims["name"] == "Erika Mustermann"
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (f"{ADDRESS}/buergerkonto", "portal", "n-1")
    assert (claims["acr"], claims["exp"] - claims["iat"]) == ("hoch", 300)
    assert claims["address"]["locality"] == "Darmstadt"
    assert "roles" not in claims


def test_staff_have_roles_and_no_private_details(demo):
    tokens = redeem(demo, code_for(demo, "verwaltung", "vogel"), "verwaltung")
    claims = jwt.decode(tokens["id_token"], demo._signing_key, algorithms=["RS256"]).claims
    assert claims["roles"] == ["steueramt", "steueramt-zeichnung"]
    assert not {"birthdate", "address", "email"} & claims.keys()


def test_public_keys_hold_nothing_private(demo):
    [key] = demo.keys()["keys"]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "boese"},
        {"redirect_uri": "http://boese/antwort"},
        {"redirect_uri": "http://app/antwort/../x"},
        {"response_type": "token"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "kurz"},
        {"state": ""},
        {"nonce": ""},
    ],
)
def test_a_request_that_is_not_registered_or_not_safe_is_refused(demo, changes):
    with pytest.raises(RequestRefused):
        demo.accept("buergerkonto", ASKED | changes)


@pytest.mark.parametrize(
    ("persona", "level"), [("niemand", "HOCH"), ("johanna", "HOCH"), ("schulz", "HOCH"), ("", "HOCH")]
)
def test_only_a_persona_of_the_realm_with_that_proof_can_be_chosen(demo, persona, level):
    with pytest.raises(RequestRefused):
        demo.choose("buergerkonto", demo.accept("buergerkonto", ASKED), persona=persona, level=TrustLevel[level])


def test_a_code_counts_once(demo):
    code = code_for(demo)
    redeem(demo, code)
    with pytest.raises(RequestRefused, match="redeemed before"):
        redeem(demo, code)


def test_a_code_lasts_a_minute(demo, clock):
    code = code_for(demo)
    clock.now += timedelta(seconds=61)
    with pytest.raises(RequestRefused, match="expired"):
        redeem(demo, code)


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "http://boese/antwort"},
        {"grant_type": "password"},
        {"code": ""},
        {"code": "äöü"},
        {"code": "YWJj"},
    ],
)
def test_a_code_needs_what_belongs_to_it(demo, changes):
    with pytest.raises(RequestRefused):
        redeem(demo, **{"code": code_for(demo)} | changes)


def test_a_code_of_one_realm_is_worth_nothing_in_the_other(demo):
    with pytest.raises(RequestRefused):
        redeem(demo, code_for(demo), "verwaltung")


def test_a_request_is_not_a_code(demo):
    with pytest.raises(RequestRefused):
        redeem(demo, demo.accept("buergerkonto", ASKED))


@pytest.mark.parametrize(
    ("client_id", "secret"), [("boese", None), ("portal", "falsch"), ("portal", ""), ("portal", "ü")]
)
def test_an_unknown_client_gets_nothing(demo, client_id, secret):
    own = demo.client_secret(SECRET, "buergerkonto") if secret is None else secret
    with pytest.raises(RequestRefused) as caught:
        demo.redeem("buergerkonto", {"code": code_for(demo)}, client_id=client_id, client_secret=own)
    assert caught.value.error == "invalid_client"


def test_two_processes_are_one_provider(key_file, demo):
    other = build(key_file)
    assert other.keys() == demo.keys()
    assert redeem(other, code_for(demo))["id_token"]


def test_another_secret_is_another_provider(key_file, demo):
    other = build(key_file, secret=b"t" * 32)
    with pytest.raises(RequestRefused):
        redeem(other, code_for(demo))


def test_the_key_file_is_for_its_owner_alone(key_file, demo):
    assert demo
    assert key_file.stat().st_mode & 0o077 == 0


def test_signing_out_leads_only_where_the_client_is_registered(demo):
    hint = redeem(demo, code_for(demo))["id_token"]
    good = {"id_token_hint": hint, "post_logout_redirect_uri": CLIENT.signed_out_uri}
    assert demo.sign_out("buergerkonto", good) == CLIENT.signed_out_uri
    assert demo.sign_out("buergerkonto", good | {"post_logout_redirect_uri": "http://boese"}) is None
    assert demo.sign_out("verwaltung", good) is None
    assert demo.sign_out("buergerkonto", good | {"id_token_hint": "x.y.z"}) is None
    assert demo.sign_out("buergerkonto", {}) is None


def test_a_step_up_is_remembered_in_the_request(demo):
    sealed = demo.accept("buergerkonto", ASKED | {"acr_values": "substantiell"})
    assert demo.asked_level("buergerkonto", sealed) is TrustLevel.SUBSTANTIELL
    assert (
        demo.asked_level("buergerkonto", demo.accept("buergerkonto", ASKED | {"acr_values": "gold"}))
        is TrustLevel.KEINS
    )


def test_every_persona_has_a_name_a_task_and_a_proof(demo):
    for personas in demo.personas.values():
        for persona in personas.values():
            assert persona.name.strip()
            assert persona.about
            assert persona.methods
    assert all(persona.roles for persona in demo.personas["verwaltung"].values())
