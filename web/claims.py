"""What an identity provider claims, checked: one function per kind of token, every claim by name.

Libraries differ in what they let through (a foreign audience, an access token for an ID token), so nothing is left to
them but the signature. Pure: the time comes in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Any

from engine.actors import TrustLevel

ALGORITHMS = ["RS256"]
LEEWAY_S = 30
MAX_AGE_OF_TOKEN_S = 600
_BACKCHANNEL_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class BadToken(Exception):
    """The token is refused; `reason` is a stable word for logs and tests."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Expected:
    """What this sign-in asked for; `max_age_s` is None where an older sign-in at the provider is good enough."""

    issuer: str
    client_id: str
    nonce: str
    now: datetime
    level: TrustLevel = TrustLevel.KEINS
    max_age_s: int | None = None


def check_id_token(header: Mapping[str, Any], claims: Mapping[str, Any], expected: Expected) -> None:
    """Raise BadToken unless this is an ID token for this very sign-in (OpenID Connect Core 3.1.3.7)."""
    now = int(expected.now.timestamp())
    _check_kind(header, claims, types={"JWT"}, claimed={"ID"})
    _check_parties(claims, expected.issuer, expected.client_id)
    _check_times(claims, now)
    _require(_is_text(claims.get("sub")), "subject")
    nonce = claims.get("nonce")
    _require(isinstance(nonce, str) and compare_digest(nonce.encode(), expected.nonce.encode()), "nonce")
    _check_authentication(claims, expected, now)


def check_logout_token(
    header: Mapping[str, Any], claims: Mapping[str, Any], *, issuer: str, client_id: str, now: datetime
) -> None:
    """Raise BadToken unless this is a logout token for us (OpenID Connect Back-Channel Logout 2.6)."""
    _check_kind(header, claims, types={"JWT", "logout+jwt"}, claimed={"Logout"})
    _check_parties(claims, issuer, client_id)
    _check_times(claims, int(now.timestamp()))
    events = claims.get("events")
    _require(isinstance(events, dict) and isinstance(events.get(_BACKCHANNEL_EVENT), dict), "events")
    _require("nonce" not in claims, "nonce")
    _require(_is_text(claims.get("sid")), "session")
    _require(_is_text(claims.get("jti")), "token id")


def level_of(claims: Mapping[str, Any]) -> TrustLevel:
    """Return the trust level that `acr` names; KEINS for any other word."""
    name = str(claims.get("acr", "")).upper()
    return TrustLevel[name] if name in TrustLevel.__members__ else TrustLevel.KEINS


def authenticated_at(claims: Mapping[str, Any]) -> datetime:
    """Return when the person showed who she is, of checked claims."""
    return datetime.fromtimestamp(claims["auth_time"], UTC)


def _check_kind(header: Mapping[str, Any], claims: Mapping[str, Any], *, types: set[str], claimed: set[str]) -> None:
    """An access, refresh or logout token is not an ID token, and the other way round."""
    _require(header.get("alg") in ALGORITHMS, "algorithm")
    _require(header.get("typ", "JWT") in types, "type")
    _require(claims.get("typ", next(iter(claimed))) in claimed, "type")


def _check_parties(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    """We are the only audience: a token that is also meant for somebody else could be replayed by them."""
    _require(claims.get("iss") == issuer, "issuer")
    _require(claims.get("aud") in (client_id, [client_id]), "audience")
    _require(claims.get("azp", client_id) == client_id, "authorized party")


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    _require(_time(claims, "exp", "expired") > now - LEEWAY_S, "expired")
    issued = _time(claims, "iat", "issued in the future")
    _require(issued <= now + LEEWAY_S, "issued in the future")
    _require(issued >= now - MAX_AGE_OF_TOKEN_S, "issued long ago")
    _require("nbf" not in claims or _time(claims, "nbf", "not valid yet") <= now + LEEWAY_S, "not valid yet")


def _check_authentication(claims: Mapping[str, Any], expected: Expected, now: int) -> None:
    at = _time(claims, "auth_time", "authentication time")
    _require(at <= now + LEEWAY_S, "authentication time")
    if expected.max_age_s is not None:
        _require(at >= now - expected.max_age_s - LEEWAY_S, "authentication too old")
    _require(level_of(claims) >= expected.level, "trust level")


def _time(claims: Mapping[str, Any], name: str, reason: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadToken(reason)
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _require(holds: bool, reason: str) -> None:  # noqa: FBT001 -- a condition, not a switch
    if not holds:
        raise BadToken(reason)
