"""What a web process has at hand beyond the house of the use cases: settings, texts, figures, ways to sign in, a clock.

`web/app.py` puts it together. Views ask `house()` and `now()` and pass them on: `tasks.claim(house(), task_id,
by=current_actor(), at=now())`; nothing below `web/` knows this module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

from engine.actors import Actor
from engine.house import House
from web.formats import utc_now
from web.metrics import Metrics
from web.oidc import Provider
from web.realms import Realm
from web.settings import Settings, Tenant
from web.texts import Texts


@dataclass(frozen=True, kw_only=True)
class Site:
    settings: Settings
    house: House
    texts: Texts
    metrics: Metrics
    sign_in: Mapping[Realm, Provider]
    token_actor: Callable[[str, datetime], Actor | None]
    """Whose bearer token this is at this time; its scopes are roles of the actor. None for one that is not valid."""
    now: Callable[[], datetime] = utc_now

    @property
    def tenant(self) -> Tenant:
        return self.settings.tenant


def site() -> Site:
    """Return the site of the running app."""
    return site_of(current_app)


def house() -> House:
    """Return what use cases work with."""
    return site().house


def now() -> datetime:
    """Return the time, UTC."""
    return site().now()


def site_of(app: Flask) -> Site:
    found: Site = app.extensions["amtsweg"]
    return found


def move_in(app: Flask, new: Site) -> None:
    app.extensions["amtsweg"] = new
