"""Signing in at one realm of an identity provider: authorization code flow with PKCE and nonce (Authlib).

The back channel has time limits and follows no proxy from the environment; what the provider published is kept for ten
minutes. Signatures are checked by joserfc with RS256 only, claims by `web.claims`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from engine.actors import TrustLevel
from engine.errors import Unavailable
from web.claims import ALGORITHMS, BadToken, Expected, check_id_token, check_logout_token
from web.realms import Realm

TIMEOUT_S = (3.0, 5.0)
_KEEP_S = 600.0
_REFETCH_KEYS_AFTER_S = 30.0
_PENDING_S = 600
_MAX_TOKEN_CHARS = 20_000


class SignInFailed(Exception):
    """The provider's answer is not one to this sign-in; `reason` is a stable word for logs and tests."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are in one realm; `redirect_uri` and `signed_out_uri` are registered there."""

    realm: Realm
    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    signed_out_uri: str

    def __repr__(self) -> str:
        return f"Client(realm={self.realm.value!r}, issuer={self.issuer!r}, client_id={self.client_id!r})"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Checked claims, and the token they came in (needed to sign out at the provider)."""

    claims: Mapping[str, Any]
    id_token: str


class Provider:
    """One realm, seen as one of its clients; safe for threads."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def start(self, *, level: TrustLevel, at: datetime) -> tuple[str, str, dict[str, Any]]:
        """Return where to send the browser, the state, and what to remember under it until the answer.

        A trust level above KEINS asks the person to show again who she is (step-up).
        """
        pending = {
            "nonce": secrets.token_urlsafe(32),
            "verifier": secrets.token_urlsafe(48),
            "level": int(level),
            "at": int(at.timestamp()),
        }
        asked = {"nonce": pending["nonce"]}
        if level > TrustLevel.KEINS:
            asked |= {"acr_values": level.name.lower(), "prompt": "login", "max_age": "0"}
        with self._session() as session:
            url, state = session.create_authorization_url(
                self._endpoint("authorization_endpoint"), code_verifier=pending["verifier"], **asked
            )
        return url, state, pending

    def finish(self, answer: Mapping[str, str], pending: Mapping[str, Any], *, at: datetime) -> SignedIn:
        """Redeem the code of the provider's answer; raises SignInFailed with the reason, or Unavailable."""
        now = int(at.timestamp())
        if not 0 <= now - pending["at"] <= _PENDING_S:
            raise SignInFailed("answer too late")
        if "error" in answer:
            raise SignInFailed("cancelled" if answer["error"] == "access_denied" else "provider error")
        if answer.get("iss", self.client.issuer) != self.client.issuer:
            raise SignInFailed("answer of another issuer")  # RFC 9207, against mix-up
        id_token = self._redeem(answer.get("code", ""), pending["verifier"])
        level = TrustLevel(pending["level"])
        expected = Expected(
            issuer=self.client.issuer,
            client_id=self.client.client_id,
            nonce=pending["nonce"],
            now=at,
            level=level,
            max_age_s=now - pending["at"] if level > TrustLevel.KEINS else None,
        )
        try:
            token = self._verified(id_token)
            check_id_token(token.header, token.claims, expected)
        except BadToken as error:
            raise SignInFailed(error.reason) from error
        return SignedIn(token.claims, id_token)

    def sign_out_address(self, id_token: str) -> str | None:
        """Return where the browser signs out at the provider; None where it offers no such address or is away."""
        try:
            endpoint = self._published().get("end_session_endpoint")
        except Unavailable:
            return None
        if not isinstance(endpoint, str):
            return None
        asked = {"id_token_hint": id_token, "post_logout_redirect_uri": self.client.signed_out_uri}
        return requests.Request("GET", endpoint, params=asked).prepare().url

    def read_logout_token(self, token: str, *, at: datetime) -> Mapping[str, Any]:
        """Return the checked claims of a back-channel logout token; raises BadToken."""
        verified = self._verified(token)
        client = self.client
        check_logout_token(verified.header, verified.claims, issuer=client.issuer, client_id=client.client_id, now=at)
        return verified.claims

    def _redeem(self, code: str, verifier: str) -> str:
        try:
            with self._session() as session:
                answer = session.fetch_token(
                    self._endpoint("token_endpoint"), code=code, code_verifier=verifier, timeout=TIMEOUT_S
                )
        except requests.RequestException as error:
            raise Unavailable("identity_provider_unavailable") from error
        except (AuthlibBaseError, ValueError) as error:
            raise SignInFailed("code refused") from error
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise SignInFailed("no id token")
        return id_token

    def _verified(self, token: str) -> jwt.Token:
        """Return the token if a key of the realm signed it; asks for new keys once when none fits."""
        if len(token) > _MAX_TOKEN_CHARS:
            raise BadToken("too long")
        try:
            return jwt.decode(token, self._key_set(_KEEP_S), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            pass  # perhaps the provider has changed its keys
        try:
            return jwt.decode(token, self._key_set(_REFETCH_KEYS_AFTER_S), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise BadToken("signature") from error

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self.client.client_id,
            self.client.client_secret,
            scope="openid profile",
            redirect_uri=self.client.redirect_uri,
            code_challenge_method="S256",
        )
        session.trust_env = False
        return session

    def _endpoint(self, name: str) -> str:
        address = self._published().get(name)
        if not isinstance(address, str):
            raise Unavailable("identity_provider_unavailable", missing=name)
        return address

    def _published(self) -> dict[str, Any]:
        with self._lock:
            if self._metadata is None or monotonic() - self._metadata[0] > _KEEP_S:
                found = _get(f"{self.client.issuer}/.well-known/openid-configuration")
                if found.get("issuer") != self.client.issuer:
                    raise Unavailable("identity_provider_unavailable", wrong="issuer")
                self._metadata = (monotonic(), found)
            return self._metadata[1]

    def _key_set(self, keep_s: float) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or monotonic() - self._keys[0] > keep_s:
                self._keys = (monotonic(), KeySet.import_key_set(_get(address)))  # type: ignore[arg-type]
            return self._keys[1]


def _get(address: str) -> dict[str, Any]:
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(address, timeout=TIMEOUT_S, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise Unavailable("identity_provider_unavailable") from error
    if not isinstance(found, dict):
        raise Unavailable("identity_provider_unavailable")
    return found
