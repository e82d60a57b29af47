"""Sessions in the database: one per browser and realm, renewed at sign-in, ended on the server.

Citizens and staff have two cookies and two sessions, so that no page can mix them up. A page works with
`sessions.current()`; what it changed is stored when the answer leaves. A session that nobody needed is never stored,
so that reading pages sets no cookie.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response, current_app, g, request
from sqlalchemy import Connection, delete, insert, select, update

from storage.crypto import KEY_BYTES, DataKey, WrongKey, place
from storage.models.web_session import SeenToken, WebSession
from web.realms import Realm
from web.settings import Settings
from web.site import house, now, site

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
ANONYMOUS = timedelta(hours=12)
"""How long a browser without sign-in keeps what it has begun, for example a form half filled."""
TOUCH = timedelta(minutes=1)
"""How old `seen_at` may be before reading a page writes it again."""

_TOKEN_BYTES = 32


@dataclass
class Session:
    """What the server remembers about a browser; `values` is for pages and holds JSON."""

    realm: Realm
    token: str
    created_at: datetime
    seen_at: datetime
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(_TOKEN_BYTES))
    person: dict[str, Any] | None = None
    pending: dict[str, dict[str, Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    stored: str = ""
    is_wanted: bool = False

    @property
    def expires_at(self) -> datetime:
        if self.person is None:
            return self.seen_at + ANONYMOUS
        return min(self.seen_at + IDLE, self.created_at + ABSOLUTE)

    @property
    def is_stored(self) -> bool:
        return bool(self.stored)

    def form_token(self) -> str:
        """Return the token that every form sends back; from now on the browser needs this session."""
        self.is_wanted = True
        return self.csrf

    def content(self) -> str:
        kept = {"csrf": self.csrf, "person": self.person, "pending": self.pending, "values": self.values}
        return json.dumps(kept, sort_keys=True)


def current() -> Session:
    """Return the session of the request's realm, a new one if the browser has none."""
    return of(realm_of_request())


def of(realm: Realm) -> Session:
    """Return the browser's session in `realm`; loaded once per request."""
    sessions = _in_request()
    if realm not in sessions:
        sessions[realm] = _load(realm) or _new(realm)
    return sessions[realm]


def realm_of_request() -> Realm:
    """Return the realm that the address names (`<realm>` in its rule), else the one its access rule names."""
    named = (request.view_args or {}).get("realm")
    if named:
        return Realm(named)
    access = getattr(current_app.view_functions.get(request.endpoint or ""), "access", None)
    return access.realm if access else Realm.BUERGERKONTO


def sign_in(realm: Realm, person: dict[str, Any], *, actor_id: str, provider_sid: str | None) -> Session:
    """Put `person` into a session with a new id and form token; the old id is worth nothing afterwards."""
    old, new = of(realm), _new(realm)
    new.person, new.values = person, old.values
    with house().db.begin() as conn:
        _delete(conn, old)
        _insert(conn, new, actor_id=actor_id, provider_sid=provider_sid)
        purge(conn, site().tenant.key, at=now())
    _in_request()[realm] = new
    return new


def sign_out(realm: Realm) -> None:
    """End the browser's session in `realm` and everything it held."""
    with house().db.begin() as conn:
        _delete(conn, of(realm))
    _in_request()[realm] = _new(realm)


def end_at_provider(
    conn: Connection, tenant_id: str, *, realm: Realm, provider_sid: str, jti: str, at: datetime
) -> int:
    """End the sessions that a logout token names (back-channel logout) and return how many these were.

    Raises IntegrityError if the token was used before.
    """
    used = sha256(f"{realm}\x00{jti}".encode()).digest()
    conn.execute(insert(SeenToken).values(tenant_id=tenant_id, jti_sha256=used, expires_at=at + ABSOLUTE))
    ended = conn.execute(
        delete(WebSession).where(
            WebSession.tenant_id == tenant_id,
            WebSession.realm == realm.value,
            WebSession.provider_sid == provider_sid,
        )
    )
    return ended.rowcount


def purge(conn: Connection, tenant_id: str, *, at: datetime) -> int:
    """Delete what has expired and return how many sessions that were."""
    conn.execute(delete(SeenToken).where(SeenToken.tenant_id == tenant_id, SeenToken.expires_at < at))
    expired = WebSession.tenant_id == tenant_id, WebSession.expires_at < at
    return conn.execute(delete(WebSession).where(*expired)).rowcount


def save(response: Response) -> Response:
    """Store what the request changed and set the cookies; called once, when the answer leaves."""
    for session in _in_request().values():
        if session.is_stored:
            _save_stored(session)
        elif session.is_wanted or session.pending or session.values:
            with house().db.begin() as conn:
                _insert(conn, session, actor_id=None, provider_sid=None)
        if session.is_stored and request.cookies.get(cookie_name(session.realm, site().settings)) != session.token:
            _set_cookie(response, session, site().settings)
    return response


def cookie_name(realm: Realm, settings: Settings) -> str:
    """Return the cookie's name; `__Host-` binds it to this host and needs https."""
    return f"__Host-amtsweg-{realm}" if settings.is_https else f"amtsweg-{realm}"


def _in_request() -> dict[Realm, Session]:
    sessions: dict[Realm, Session] = g.setdefault("sessions", {})
    return sessions


def _new(realm: Realm) -> Session:
    at = now()
    return Session(realm, secrets.token_urlsafe(_TOKEN_BYTES), created_at=at, seen_at=at)


def _load(realm: Realm) -> Session | None:
    token = request.cookies.get(cookie_name(realm, site().settings), "")
    if not token:
        return None
    with house().db.read() as conn:
        row = conn.execute(
            select(WebSession.created_at, WebSession.seen_at, WebSession.expires_at, WebSession.data).where(
                WebSession.tenant_id == site().tenant.key,
                WebSession.id_sha256 == _id(token),
                WebSession.realm == realm.value,
            )
        ).one_or_none()
    if row is None or row.expires_at <= now():
        return None
    try:
        content = _key(site().settings.secret_key_bytes).decrypt(row.data, aad=_aad(realm, token)).decode()
    except WrongKey:  # the secret key was changed: everybody signs in again
        return None
    return Session(realm, token, row.created_at, row.seen_at, stored=content, **json.loads(content))


def _save_stored(session: Session) -> None:
    content, at = session.content(), now()
    if content == session.stored and at - session.seen_at < TOUCH:
        return
    session.seen_at = at
    with house().db.begin() as conn:
        # An update, never an insert: a session ended meanwhile (signed out elsewhere) stays ended.
        conn.execute(
            update(WebSession)
            .where(WebSession.tenant_id == site().tenant.key, WebSession.id_sha256 == _id(session.token))
            .values(seen_at=at, expires_at=session.expires_at, data=_encrypted(session, content))
        )


def _insert(conn: Connection, session: Session, *, actor_id: str | None, provider_sid: str | None) -> None:
    content = session.content()
    conn.execute(
        insert(WebSession).values(
            tenant_id=site().tenant.key,
            id_sha256=_id(session.token),
            realm=session.realm.value,
            actor_id=actor_id,
            provider_sid=provider_sid,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            data=_encrypted(session, content),
        )
    )
    session.stored = content


def _delete(conn: Connection, session: Session) -> None:
    conn.execute(
        delete(WebSession).where(WebSession.tenant_id == site().tenant.key, WebSession.id_sha256 == _id(session.token))
    )


def _set_cookie(response: Response, session: Session, settings: Settings) -> None:
    response.set_cookie(
        cookie_name(session.realm, settings),
        session.token,
        secure=settings.is_https,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _id(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _encrypted(session: Session, content: str) -> bytes:
    aad = _aad(session.realm, session.token)
    return _key(site().settings.secret_key_bytes).encrypt(content.encode(), aad=aad)


def _aad(realm: Realm, token: str) -> bytes:
    return place("web_session", site().tenant.key, realm.value, _id(token).hex())


@lru_cache(maxsize=4)
def _key(secret: bytes) -> DataKey:
    derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"amtsweg web session 1").derive(secret)
    return DataKey(UUID(int=0), derived)
