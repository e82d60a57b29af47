from datetime import UTC, datetime

import pytest

from engine.actors import TrustLevel
from web.claims import BadToken, Expected, authenticated_at, check_id_token, check_logout_token, level_of

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
T = int(NOW.timestamp())
ISSUER = "https://login.example/realms/buergerkonto"
OTHER = "https://login.example/realms/verwaltung"
CLIENT = "amtsweg-portal"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
ABSENT = object()

HEADER = {"alg": "RS256", "kid": "1", "typ": "JWT"}
ID = {
    "iss": ISSUER,
    "aud": CLIENT,
    "azp": CLIENT,
    "sub": "5b943b0c",
    "typ": "ID",
    "iat": T,
    "exp": T + 300,
    "auth_time": T,
    "nonce": "n-1",
    "acr": "substantiell",
}
LOGOUT = {"iss": ISSUER, "aud": CLIENT, "iat": T, "exp": T + 120, "jti": "j-1", "sid": "s-1", "events": {EVENT: {}}}


def with_changes(base, **changes):
    return {name: value for name, value in (base | changes).items() if value is not ABSENT}


def check(claims=ID, header=HEADER, **expected):
    given = {"issuer": ISSUER, "client_id": CLIENT, "nonce": "n-1", "now": NOW} | expected
    check_id_token(header, claims, Expected(**given))


def test_an_id_token_for_this_sign_in_is_good():
    check()
    check(with_changes(ID, aud=[CLIENT], azp=ABSENT, typ=ABSENT), header={"alg": "RS256"})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": OTHER}, "issuer"),
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": ABSENT}, "issuer"),
        ({"aud": "another-app"}, "audience"),
        ({"aud": ["another-app", CLIENT]}, "audience"),
        ({"aud": "account"}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": ABSENT}, "audience"),
        ({"azp": "another-app"}, "authorized party"),
        ({"typ": "Bearer"}, "type"),
        ({"typ": "Refresh"}, "type"),
        ({"typ": "Logout"}, "type"),
        ({"exp": T - 31}, "expired"),
        ({"exp": T - 3600}, "expired"),
        ({"exp": ABSENT}, "expired"),
        ({"exp": "2099-01-01"}, "expired"),
        ({"exp": True}, "expired"),
        ({"iat": T + 31}, "issued in the future"),
        ({"iat": T + 86400}, "issued in the future"),
        ({"iat": ABSENT}, "issued in the future"),
        ({"iat": T - 601}, "issued long ago"),
        ({"nbf": T + 31}, "not valid yet"),
        ({"nbf": "morgen"}, "not valid yet"),
        ({"nonce": "n-2"}, "nonce"),
        ({"nonce": ABSENT}, "nonce"),
        ({"nonce": 1}, "nonce"),
        ({"nonce": "ñ-1"}, "nonce"),
        ({"sub": ""}, "subject"),
        ({"sub": ABSENT}, "subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": 7}, "subject"),
        ({"auth_time": ABSENT}, "authentication time"),
        ({"auth_time": T + 31}, "authentication time"),
        ({"auth_time": "jetzt"}, "authentication time"),
    ],
)
def test_an_id_token_with_one_wrong_claim_is_refused(changes, reason):
    with pytest.raises(BadToken) as caught:
        check(with_changes(ID, **changes))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alg": "none"}, "algorithm"),
        ({"alg": "HS256"}, "algorithm"),
        ({"alg": ABSENT}, "algorithm"),
        ({"typ": "at+jwt"}, "type"),
        ({"typ": "logout+jwt"}, "type"),
    ],
)
def test_a_token_of_another_kind_or_algorithm_is_refused(changes, reason):
    with pytest.raises(BadToken) as caught:
        check(header=with_changes(HEADER, **changes))
    assert caught.value.reason == reason


def test_clocks_may_differ_by_thirty_seconds():
    check(with_changes(ID, exp=T - 29, iat=T + 30, nbf=T + 30, auth_time=T + 30))


@pytest.mark.parametrize("acr", ["basisregistrierung", "1", "", ABSENT, None, "hoechst", ["hoch"]])
def test_a_trust_level_below_the_one_asked_for_is_refused(acr):
    with pytest.raises(BadToken) as caught:
        check(with_changes(ID, acr=acr), level=TrustLevel.SUBSTANTIELL)
    assert caught.value.reason == "trust level"


def test_a_trust_level_above_the_one_asked_for_is_good():
    check(with_changes(ID, acr="hoch"), level=TrustLevel.SUBSTANTIELL)


def test_a_sign_in_older_than_the_step_up_is_refused():
    check(with_changes(ID, auth_time=T - 80), max_age_s=60)
    with pytest.raises(BadToken) as caught:
        check(with_changes(ID, auth_time=T - 91), max_age_s=60)
    assert caught.value.reason == "authentication too old"


def test_an_unknown_level_is_none():
    assert level_of({"acr": "hoch"}) is TrustLevel.HOCH
    assert level_of({"acr": "silver"}) is TrustLevel.KEINS
    assert level_of({}) is TrustLevel.KEINS
    assert authenticated_at(ID) == NOW


def check_logout(claims, header=HEADER):
    check_logout_token(header, claims, issuer=ISSUER, client_id=CLIENT, now=NOW)


def test_a_logout_token_for_us_is_good():
    check_logout(LOGOUT)
    check_logout(with_changes(LOGOUT, typ="Logout"), header=with_changes(HEADER, typ="logout+jwt"))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": OTHER}, "issuer"),
        ({"aud": "another-app"}, "audience"),
        ({"exp": T - 60}, "expired"),
        ({"iat": T - 3600}, "issued long ago"),
        ({"events": ABSENT}, "events"),
        ({"events": {}}, "events"),
        ({"events": {EVENT: "ja"}}, "events"),
        ({"nonce": "n-1"}, "nonce"),
        ({"sid": ABSENT}, "session"),
        ({"sid": ""}, "session"),
        ({"jti": ABSENT}, "token id"),
        ({"typ": "ID"}, "type"),
    ],
)
def test_a_logout_token_with_one_wrong_claim_is_refused(changes, reason):
    with pytest.raises(BadToken) as caught:
        check_logout(with_changes(LOGOUT, **changes))
    assert caught.value.reason == reason


def test_an_id_token_ends_no_session():
    with pytest.raises(BadToken):
        check_logout(ID)
