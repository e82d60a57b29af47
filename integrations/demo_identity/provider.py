"""An OpenID Connect provider for development and tests: two realms, named personas, real tokens (RS256, PKCE, nonce).

Anybody who reaches it can be anybody, so it refuses to exist in production. It keeps no state but the codes already
redeemed: requests and codes travel sealed through the browser, and its key lies in a file, so that several processes
serve the same provider.
"""

import base64
import json
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest, digest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid5

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from engine.actors import TrustLevel
from storage.crypto import DataKey, WrongKey
from storage.files import create_file

HERE = Path(__file__).parent
REALMS = ("buergerkonto", "verwaltung")
CODE_S = 60
REQUEST_S = 1800
TOKEN_S = 300
KEY_BITS = 3072


class DemoRefused(RuntimeError):
    """Demo identities are not for production."""


class RequestRefused(Exception):
    """The client asked for what OpenID Connect or its registration does not allow; `error` is the OAuth code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    client_id: str
    redirect_uri: str
    signed_out_uri: str


@dataclass(frozen=True, slots=True)
class Persona:
    """An invented person of one realm; `methods` are the trust levels she can reach, lowest first."""

    key: str
    realm: str
    given_name: str
    family_name: str
    about: str
    methods: tuple[TrustLevel, ...]
    roles: tuple[str, ...]
    details: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def subject(self) -> str:
        return str(uuid5(NAMESPACE_URL, f"amtsweg-demo/{self.realm}/{self.key}"))


class DemoIdentity:
    """The provider below `address`; `now` is its clock. Creates its key at `key_file` if there is none."""

    def __init__(
        self,
        *,
        address: str,
        is_production: bool,
        secret: bytes,
        key_file: Path,
        clients: Mapping[str, RegisteredClient],
        now: Callable[[], datetime],
    ) -> None:
        if is_production:
            raise DemoRefused("The demo identities are refused in production; set AMTSWEG_IDENTITY=oidc.")
        self._address = address
        self._secret = secret
        self._clients = clients
        self._now = now
        self._seal_key = DataKey(UUID(int=1), sha256(b"amtsweg demo identity\x00" + secret).digest())
        self._signing_key = _key(key_file)
        self._redeemed: dict[str, int] = {}
        self.personas = {realm: personas(realm) for realm in REALMS}

    @staticmethod
    def client_secret(secret: bytes, realm: str) -> str:
        """Return the client's secret in `realm`, made from the secret key of the settings."""
        return digest(secret, f"amtsweg demo client {realm}".encode(), "sha256").hex()

    def issuer(self, realm: str) -> str:
        return f"{self._address}/{realm}"

    def metadata(self, realm: str) -> dict[str, Any]:
        """Return the discovery document (OpenID Connect Discovery 1.0)."""
        issuer = self.issuer(realm)
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/certs",
            "end_session_endpoint": f"{issuer}/logout",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile"],
            "acr_values_supported": [level.name.lower() for level in TrustLevel if level > TrustLevel.KEINS],
            "authorization_response_iss_parameter_supported": True,
        }

    def keys(self) -> dict[str, Any]:
        """Return the public key set (JWKS)."""
        return {"keys": [self._signing_key.as_dict(private=False, use="sig", alg="RS256")]}

    def accept(self, realm: str, asked: Mapping[str, str]) -> str:
        """Check an authorization request and return it sealed, for the page that lets choose a persona."""
        client = self._clients[realm]
        if asked.get("client_id") != client.client_id or asked.get("redirect_uri") != client.redirect_uri:
            raise RequestRefused("invalid_request", "client or redirect address is not registered")
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            raise RequestRefused("invalid_request", "only response_type=code with scope openid")
        if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) != 43:
            raise RequestRefused("invalid_request", "PKCE with S256 is required")
        if not asked.get("state") or not asked.get("nonce"):
            raise RequestRefused("invalid_request", "state and nonce are required")
        kept = {name: asked[name] for name in ("state", "nonce", "code_challenge")}
        kept["acr"] = asked.get("acr_values", "")
        return self._seal("request", realm, kept, REQUEST_S)

    def asked_level(self, realm: str, sealed: str) -> TrustLevel:
        """Return the trust level that the sealed request asks for."""
        name = str(self._open("request", realm, sealed)["acr"]).upper()
        return TrustLevel[name] if name in TrustLevel.__members__ else TrustLevel.KEINS

    def choose(self, realm: str, sealed: str, *, persona: str, level: TrustLevel) -> str:
        """Return the address to which the browser brings the code for this persona."""
        request = self._open("request", realm, sealed)
        chosen = self.personas[realm].get(persona)
        if chosen is None or level not in chosen.methods:
            raise RequestRefused("access_denied", "no such persona or method")
        granted = request | {"persona": persona, "level": int(level), "auth_time": self._time()}
        code = self._seal("code", realm, granted, CODE_S)
        return self._answer(realm, {"code": code, "state": request["state"]})

    def cancel(self, realm: str, sealed: str) -> str:
        """Return the address that tells the client that nobody was chosen."""
        request = self._open("request", realm, sealed)
        return self._answer(realm, {"error": "access_denied", "state": request["state"]})

    def redeem(self, realm: str, form: Mapping[str, str], *, client_id: str, client_secret: str) -> dict[str, Any]:
        """Return the tokens for a code, once; raises RequestRefused."""
        client = self._clients[realm]
        own_secret = self.client_secret(self._secret, realm)
        if client_id != client.client_id or not compare_digest(client_secret.encode(), own_secret.encode()):
            raise RequestRefused("invalid_client", "unknown client or wrong secret")
        if form.get("grant_type") != "authorization_code" or form.get("redirect_uri") != client.redirect_uri:
            raise RequestRefused("invalid_grant", "only authorization_code at the registered redirect address")
        granted = self._open("code", realm, form.get("code", ""))
        if not compare_digest(_challenge(form.get("code_verifier", "")), granted["code_challenge"]):
            raise RequestRefused("invalid_grant", "the code verifier does not fit")
        self._use_once(granted)
        return self._tokens(realm, client, granted)

    def sign_out(self, realm: str, asked: Mapping[str, str]) -> str | None:
        """Return the registered address after signing out, or None where the request does not prove a client."""
        client = self._clients[realm]
        try:
            hint = jwt.decode(asked.get("id_token_hint", ""), self._signing_key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return None
        is_ours = hint.get("iss") == self.issuer(realm) and hint.get("aud") == client.client_id
        wanted = asked.get("post_logout_redirect_uri")
        return wanted if is_ours and wanted == client.signed_out_uri else None

    def sign(self, claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
        """Return a token of this provider; tests sign forged claims with it."""
        header = {"alg": "RS256", "kid": self._signing_key.kid, "typ": typ}
        return jwt.encode(header, dict(claims), self._signing_key)

    def _tokens(self, realm: str, client: RegisteredClient, granted: Mapping[str, Any]) -> dict[str, Any]:
        persona, now = self.personas[realm][granted["persona"]], self._time()
        common = {
            "iss": self.issuer(realm),
            "sub": persona.subject,
            "azp": client.client_id,
            "iat": now,
            "exp": now + TOKEN_S,
            "sid": secrets.token_urlsafe(16),
            "acr": TrustLevel(granted["level"]).name.lower(),
        }
        id_claims = common | {
            "typ": "ID",
            "aud": client.client_id,
            "nonce": granted["nonce"],
            "auth_time": granted["auth_time"],
            "name": persona.name,
            "given_name": persona.given_name,
            "family_name": persona.family_name,
            **persona.details,
        }
        if persona.roles:
            id_claims["roles"] = list(persona.roles)
        return {
            "token_type": "Bearer",
            "expires_in": TOKEN_S,
            "scope": "openid profile",
            "id_token": self.sign(id_claims),
            "access_token": self.sign(common | {"typ": "Bearer", "aud": "account"}, typ="at+jwt"),
        }

    def _use_once(self, granted: Mapping[str, Any]) -> None:
        now = self._time()
        self._redeemed = {jti: ends for jti, ends in self._redeemed.items() if ends >= now}
        if granted["jti"] in self._redeemed:
            raise RequestRefused("invalid_grant", "the code was redeemed before")
        self._redeemed[granted["jti"]] = granted["ends"]

    def _answer(self, realm: str, values: Mapping[str, str]) -> str:
        return f"{self._clients[realm].redirect_uri}?{urlencode({**values, 'iss': self.issuer(realm)})}"

    def _seal(self, kind: str, realm: str, content: Mapping[str, Any], lasts_s: int) -> str:
        sealed = {**content, "jti": secrets.token_urlsafe(12), "ends": self._time() + lasts_s}
        text = self._seal_key.encrypt(json.dumps(sealed).encode(), aad=f"{kind}\x00{realm}".encode())
        return base64.urlsafe_b64encode(text).decode()

    def _open(self, kind: str, realm: str, sealed: str) -> dict[str, Any]:
        try:
            raw = base64.urlsafe_b64decode(sealed)
            content: dict[str, Any] = json.loads(self._seal_key.decrypt(raw, aad=f"{kind}\x00{realm}".encode()))
        except (ValueError, WrongKey) as error:
            raise RequestRefused("invalid_grant", "not issued here") from error
        if content["ends"] < self._time():
            raise RequestRefused("invalid_grant", "expired")
        return content

    def _time(self) -> int:
        return int(self._now().timestamp())


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _key(path: Path) -> RSAKey:
    """Read the signing key, or make one that every process of the demo then shares."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process was faster; its key counts
            create_file(path, RSAKey.generate_key(KEY_BITS).as_pem(private=True))
    return _imported(path.read_bytes())


@lru_cache(maxsize=4)
def _imported(pem: bytes) -> RSAKey:
    """Checking a private key takes 0.2 s."""
    key = RSAKey.import_key(pem)
    key.ensure_kid()
    return key


def personas(realm: str) -> dict[str, Persona]:
    """Return the invented people of a realm by key."""
    entries = tomllib.loads((HERE / "personas.toml").read_text("utf-8"))[realm]
    return {entry["key"]: _persona(realm, entry) for entry in entries}


def _persona(realm: str, entry: Mapping[str, Any]) -> Persona:
    details: dict[str, Any] = {name: entry[name] for name in ("birthdate", "email") if name in entry}
    if "street" in entry:
        details["address"] = {
            "street_address": entry["street"],
            "postal_code": entry["postcode"],
            "locality": entry["town"],
            "country": "DE",
        }
    methods = [TrustLevel[name.upper()] for name in entry.get("methods", ["hoch"])]
    return Persona(
        key=entry["key"],
        realm=realm,
        given_name=entry["given_name"],
        family_name=entry["family_name"],
        about=entry["about"],
        methods=tuple(methods),
        roles=tuple(entry.get("roles", ())),
        details=details,
    )
