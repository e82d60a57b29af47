"""What a running process has at hand: settings, database, objects, keys, clock. `web/app.py` puts it together.

Views ask `house()` for it and pass on what a use case needs; nothing below `web/` knows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, current_app

from engine.actors import Actor
from storage.crypto import MasterKey
from storage.db import Database
from storage.objects.port import ObjectStore
from web.formats import utc_now
from web.metrics import Metrics
from web.oidc import Provider
from web.realms import Realm
from web.settings import Settings, Tenant
from web.texts import Texts


@dataclass(frozen=True, kw_only=True)
class House:
    settings: Settings
    db: Database
    objects: ObjectStore
    master_key: MasterKey
    texts: Texts
    metrics: Metrics
    sign_in: Mapping[Realm, Provider]
    token_actor: Callable[[str], Actor | None]
    """Whose bearer token this is; its scopes are the actor's roles. None for an unknown, ended or expired one."""
    now: Callable[[], datetime] = utc_now

    @property
    def tenant(self) -> Tenant:
        return self.settings.tenant


def house() -> House:
    """Return the house of the running app."""
    return house_of(current_app)


def house_of(app: Flask) -> House:
    found: House = app.extensions["amtsweg"]
    return found


def move_in(app: Flask, new: House) -> None:
    app.extensions["amtsweg"] = new
