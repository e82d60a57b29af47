"""Who may open a page: every view says it with one decorator, and one check before every request enforces it.

    @blueprint.get("/postfach")
    @access.citizen
    def index() -> str: ...

A route without a declaration stops the start of the app. What an actor may see of one object is decided by the use
case, which raises NotFound for a foreign one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, Flask

from engine.actors import TrustLevel
from web.realms import Realm

View = TypeVar("View", bound=Callable[..., Any])


class Door(StrEnum):
    """How a request shows who it is."""

    PUBLIC = "public"  # nobody needs to sign in; the citizen's session may be there
    CITIZEN = "citizen"
    STAFF = "staff"
    TOKEN = "token"  # noqa: S105 -- a kind of door: `Authorization: Bearer`
    MACHINE = "machine"  # no session and no form token: the view checks for itself, or has nothing to protect


@dataclass(frozen=True, slots=True)
class Access:
    door: Door
    realm: Realm = Realm.BUERGERKONTO
    roles: frozenset[str] = field(default_factory=frozenset)
    """One of them is needed; empty means any member of staff, or any token."""
    level: TrustLevel = TrustLevel.KEINS


def public(view: View) -> View:
    """Anybody."""
    return _declare(view, Access(Door.PUBLIC))


def citizen(view: View) -> View:
    """Citizens who are signed in, at any trust level; a procedure's own level is checked where it is used."""
    return _declare(view, Access(Door.CITIZEN))


def citizen_at(level: TrustLevel) -> Callable[[View], View]:
    """Citizens whose session reached `level`; others are asked to sign in again with more."""
    return lambda view: _declare(view, Access(Door.CITIZEN, level=level))


def staff(*roles: str) -> Callable[[View], View]:
    """Staff with one of `roles`; `@access.staff()` is any member of staff."""
    return lambda view: _declare(view, Access(Door.STAFF, realm=Realm.VERWALTUNG, roles=frozenset(roles)))


def token(*scopes: str) -> Callable[[View], View]:
    """Programs with a bearer token that has one of `scopes`."""
    return lambda view: _declare(view, Access(Door.TOKEN, roles=frozenset(scopes)))


def machine(view: View) -> View:
    """Probes and signed messages: no session is read, no form token asked for."""
    return _declare(view, Access(Door.MACHINE))


def of(app: Flask, endpoint: str) -> Access | None:
    """Return what the endpoint's view declares."""
    access: Access | None = getattr(app.view_functions.get(endpoint), "access", None)
    return access


def undeclared(app: Flask) -> list[str]:
    """Return the endpoints of the URL map whose view declares nothing."""
    return sorted({rule.endpoint for rule in app.url_map.iter_rules() if of(app, rule.endpoint) is None})


def declare_all(app: Flask, blueprint: Blueprint) -> None:
    """Declare every view of an integration's blueprint a `machine`: it guards itself and knows no session of ours."""
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}."):
            _declare(view, Access(Door.MACHINE))


def _declare(view: View, access: Access) -> View:
    view.__dict__["access"] = access
    return view
