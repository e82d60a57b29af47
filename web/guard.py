"""The one check before every request: does this actor get through the door that the view declares?"""

from flask import current_app, g, request

from engine.actors import Actor, TrustLevel
from engine.errors import EngineError, NotAllowed
from web import access, auth, csrf
from web.access import Access, Door
from web.realms import Realm
from web.site import now, site


class NotSignedIn(EngineError):
    """Nobody is signed in where the page needs somebody."""

    def __init__(self, realm: Realm) -> None:
        super().__init__("not_signed_in", realm=realm)
        self.realm = realm


class LevelTooLow(EngineError):
    """The session's trust level is not what is needed here; signing in again with more helps."""

    def __init__(self, needed: TrustLevel) -> None:
        super().__init__("trust_level_too_low", needed=needed.name.lower())
        self.needed = needed


class NoToken(EngineError):
    """The bearer token is missing, unknown, ended or expired."""


def admit() -> None:
    """Let the request through or raise what is missing; a view without a declaration lets nobody through."""
    if request.endpoint is None:
        return
    rule = access.of(current_app, request.endpoint)
    if rule is None:
        raise NotAllowed("undeclared_route")
    if rule.door is Door.TOKEN:
        g.token_actor = _token_actor(rule)
    elif rule.door is not Door.MACHINE:
        _admit_person(rule)


def need_level(level: TrustLevel) -> None:
    """Raise NotSignedIn or LevelTooLow unless this session reached `level`; for views that learn it from data."""
    if level is TrustLevel.KEINS:
        return
    person = auth.current_person()
    if person is None:
        raise NotSignedIn(Realm.BUERGERKONTO)
    if person.level < level:
        raise LevelTooLow(level)


def _admit_person(rule: Access) -> None:
    if rule.door in {Door.CITIZEN, Door.STAFF}:
        person = auth.person_in(rule.realm)
        if person is None:
            raise NotSignedIn(rule.realm)
        if rule.roles and not rule.roles.intersection(person.roles):
            raise NotAllowed("role_missing")
        if person.level < rule.level:
            raise LevelTooLow(rule.level)
    csrf.check()


def _token_actor(rule: Access) -> Actor:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    actor = site().token_actor(secret.strip(), now()) if kind.lower() == "bearer" and secret else None
    if actor is None:
        raise NoToken("token_missing_or_unknown")
    if rule.roles and not rule.roles.intersection(actor.roles):
        raise NotAllowed("scope_missing")
    return actor
