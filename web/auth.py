"""Who is signed in: the person in the session, the actor that use cases get, signing in and out.

An account is (issuer, subject), never an e-mail address, and accounts of the two realms are never linked. The trust
level belongs to the session: it is what this sign-in reached.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from flask import g, request

from engine import accounts, attempts
from engine.actors import Actor, ActorKind, TrustLevel
from web import sessions
from web.claims import authenticated_at, level_of
from web.oidc import SignedIn, SignInFailed
from web.realms import Realm
from web.site import house, now, site

log = logging.getLogger("amtsweg.auth")

_MAX_PENDING = 5
_KINDS = {Realm.BUERGERKONTO: ActorKind.CITIZEN, Realm.VERWALTUNG: ActorKind.STAFF}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in; `details` are what the account tells for filling in forms (names of OIDC claims)."""

    issuer: str
    subject: str
    name: str
    roles: tuple[str, ...]
    level: TrustLevel
    authenticated_at: datetime
    provider_sid: str
    id_token: str = field(repr=False)
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def account(self) -> str:
        """`<issuer>|<subject>`, the actor's id and the account of a party."""
        return f"{self.issuer}|{self.subject}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"level": int(self.level), "authenticated_at": self.authenticated_at.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Person":
        known = dict(data)
        known["roles"] = tuple(known["roles"])
        known["level"] = TrustLevel(known["level"])
        known["authenticated_at"] = datetime.fromisoformat(known["authenticated_at"])
        return cls(**known)


def current_person() -> Person | None:
    """Return who is signed in in the realm of this request."""
    return person_in(sessions.realm_of_request())


def person_in(realm: Realm) -> Person | None:
    """Return who is signed in in `realm`."""
    data = sessions.of(realm).person
    return Person.from_json(data) if data else None


def current_actor() -> Actor:
    """Return who acts in this request: the token's owner, the signed-in person, or an anonymous citizen."""
    token_actor: Actor | None = g.get("token_actor")
    if token_actor is not None:
        return token_actor
    person = current_person()
    if person is None:
        return Actor(id="anonymous", kind=ActorKind.ANONYMOUS, tenant_id=site().tenant.key)
    return _actor(sessions.realm_of_request(), person)


def begin(realm: Realm, *, level: TrustLevel, next_path: str) -> str:
    """Return the provider's address for a sign-in that will end at `next_path`."""
    url, state, pending = site().sign_in[realm].start(level=level, at=now())
    waiting = sessions.of(realm).pending
    waiting[state] = pending | {"next": next_path}
    for old in sorted(waiting, key=lambda key: waiting[key]["at"])[:-_MAX_PENDING]:
        del waiting[old]
    return url


def complete(realm: Realm, answer: Mapping[str, str]) -> str:
    """Take the provider's answer, sign the person in and return where she wanted to go.

    Raises SignInFailed, and TooMany after some failures from the same address; then nobody is signed in, and who was
    signed in before still is.
    """
    pending = sessions.of(realm).pending.pop(answer.get("state", ""), None)
    if pending is None:
        raise SignInFailed("unknown state")  # another browser began this sign-in, or it was answered already
    at, provider = now(), site().sign_in[realm]
    limits = attempts.sign_in(request.remote_addr or "")
    signed_in = attempts.limited(house(), limits, lambda: provider.finish(answer, pending, at=at), at=at)
    person = _person(realm, signed_in)
    sessions.sign_in(realm, person.to_json(), actor_id=person.account, provider_sid=person.provider_sid)
    with house().db.begin() as conn:
        accounts.remember(conn, _actor(realm, person), at=now())
    log.info("signed_in", extra={"realm": realm.value, "actor": person.account, "level": person.level.name.lower()})
    next_path: str = pending["next"]
    return next_path


def leave(realm: Realm) -> str | None:
    """Sign out here and return the address where the browser signs out at the provider, if there is one."""
    person = person_in(realm)
    if person is None:
        return None
    sessions.sign_out(realm)
    log.info("signed_out", extra={"realm": realm.value, "actor": person.account})
    return site().sign_in[realm].sign_out_address(person.id_token)


def is_local_path(path: str) -> bool:
    """Whether a redirect to `path` stays in this house, however a browser reads it."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()


def _actor(realm: Realm, person: Person) -> Actor:
    return Actor(
        id=person.account,
        kind=_KINDS[realm],
        tenant_id=site().tenant.key,
        name=person.name,
        roles=frozenset(person.roles),
        trust_level=person.level,
    )


def _person(realm: Realm, signed_in: SignedIn) -> Person:
    claims = signed_in.claims
    roles = claims.get("roles", []) if realm is Realm.VERWALTUNG else []
    return Person(
        issuer=claims["iss"],
        subject=claims["sub"],
        name=str(claims.get("name", "")),
        roles=tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
        level=level_of(claims),
        authenticated_at=authenticated_at(claims),
        provider_sid=str(claims.get("sid", "")),
        id_token=signed_in.id_token,
        details={name: claims[name] for name in _DETAILS if name in claims},
    )


_DETAILS = ("given_name", "family_name", "birthdate", "email", "address")
