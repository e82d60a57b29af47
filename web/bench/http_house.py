"""What the load of `amtsweg bench http` needs: a house with real cases, prepared drafts, open tasks and sessions."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from flask import Flask
from sqlalchemy import delete

from engine import accounts, catalog, drafts, instances
from engine.actors import Actor, ActorKind, TrustLevel
from engine.feel.values import Value
from engine.house import House
from engine.instances import Sender, Started
from forms.stored import dump_values
from storage import db
from storage.models.job import Job
from storage.models.vorgang import Kanal
from web import csrf, sessions
from web.app import create_app, open_site
from web.auth import Person
from web.bench import inbox
from web.bench.databases import Target
from web.realms import Realm
from web.settings import Settings

PROCEDURE: Final = "meldebescheinigung"
OFFICE: Final = "buergerbuero"
CASES: Final = 200
"""Real cases to which the open tasks belong, so that a page of the inbox decrypts 50 different ones."""
OWN_CASES: Final = 20
"""Cases that are opened; each has its own task and no other."""
GROUPS: Final = 12
"""Of how many groups the caseworker is."""
_ANSWERS: Final[Mapping[str, Value]] = {
    "umfang": "einfach",
    "anzahl": Decimal(1),
    "bekanntgabe_kanal": "portal_abruf",
    "einwilligung_abruf": True,
    "benachrichtigung_email": "mira.beispiel@example.org",
    "person": {"anrede": "frau", "vorname": "Mira", "nachname": "Beispiel", "geburtsdatum": date(1988, 4, 12)},
    "anschrift": {"strasse": "Musterstraße", "hausnummer": "7", "plz": "64283", "ort": "Darmstadt"},
}


@dataclass(frozen=True, slots=True)
class Browser:
    """A signed-in browser: its cookie, and the token that its forms send back."""

    cookie: str
    form_token: str


@dataclass(frozen=True, slots=True)
class PreparedDraft:
    """A draft filled in to the last page; `state` stands in the form that sends it."""

    id: UUID
    state: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that the load uses; `drafts` and `citizens` have the same order."""

    citizens: tuple[Browser, ...]
    drafts: tuple[tuple[PreparedDraft, ...], ...]
    clerk: Browser
    cases: tuple[Started, ...]
    owner: Browser


def prepare(target: Target, settings: Settings, *, citizens: int, drafts_each: int, tasks: int) -> Prepared:
    """Fill the house through the use cases, and the inbox with rows."""
    site = open_site(settings)
    app, house, at = create_app(settings, site), site.house, site.now()
    _deploy(house, settings, at)
    people = [_citizen(house, number) for number in range(citizens)]
    started = tuple(_start(house, people[0], number, at) for number in range(CASES))
    ready = tuple(tuple(_draft(house, one, at) for _ in range(drafts_each)) for one in people)
    chance = random.Random(2026)  # noqa: S311 -- the same tasks in every run, no secret
    own = tuple(_start(house, people[0], CASES + number, at) for number in range(OWN_CASES))
    with db.owner(target.owner_url) as conn:
        inbox.fill(
            conn,
            chance,
            tenant_id=house.tenant_id,
            tasks=tasks,
            procedure_key=PROCEDURE,
            vorgaenge=[one.vorgang_id for one in started],
        )
        conn.execute(delete(Job))  # the letters of these cases were drawn long ago
    target.analyze()
    browsers = tuple(_browser(app, Realm.BUERGERKONTO, one) for one in people)
    clerk = _clerk(house, inbox.groups(chance, GROUPS) | {OFFICE})
    with house.db.begin() as conn:
        accounts.remember(conn, clerk, at=at)
    prepared = Prepared(browsers, ready, _browser(app, Realm.VERWALTUNG, clerk), own, browsers[0])
    house.db.close()
    return prepared


def _deploy(house: House, settings: Settings, at: datetime) -> None:
    folder = settings.procedures_dir / PROCEDURE
    procedure = catalog.load(catalog.read_folder(folder), folder=PROCEDURE, topics=house.connectors.keys())
    with house.db.begin() as conn:
        catalog.deploy(conn, procedure, by="system:bench", at=at)


def _citizen(house: House, number: int) -> Actor:
    level = TrustLevel.SUBSTANTIELL
    return Actor(f"https://bench.example|{number}", ActorKind.CITIZEN, house.tenant_id, "Mira", trust_level=level)


def _clerk(house: House, groups: set[str]) -> Actor:
    return Actor("https://bench.example|amt", ActorKind.STAFF, house.tenant_id, "Ina Amt", roles=frozenset(groups))


def _start(house: House, by: Actor, number: int, at: datetime) -> Started:
    with house.db.read() as conn:
        deployed = catalog.latest(conn, PROCEDURE)
    return instances.start(
        house, deployed, _ANSWERS, by=by, at=at, sender=Sender(Kanal.PORTAL), idempotency_key=f"bench-{number}"
    )


def _draft(house: House, by: Actor, at: datetime) -> PreparedDraft:
    new = drafts.begin(house, PROCEDURE, by=by, at=at)
    draft = drafts.resume(house, new.id, by=by, at=at, in_session=False)
    drafts.save(house, draft, page="pruefen", values=_ANSWERS, at=at)
    stored = drafts.resume(house, new.id, by=by, at=at, in_session=False)
    return PreparedDraft(new.id, sha256(dump_values(stored.values)).hexdigest())


def _browser(app: Flask, realm: Realm, actor: Actor) -> Browser:
    issuer, _, subject = actor.id.partition("|")
    person = Person(
        issuer=issuer,
        subject=subject,
        name=actor.name,
        roles=tuple(sorted(actor.roles)),
        level=TrustLevel.SUBSTANTIELL,
        authenticated_at=datetime.now(UTC),
        provider_sid="bench",
        id_token="",
    )
    with app.test_request_context("/"):
        session = sessions.sign_in(realm, person.to_json(), actor_id=actor.id, provider_sid="bench")
        name = sessions.cookie_name(realm, app.extensions["amtsweg"].settings)
    return Browser(f"{name}={session.token}", session.csrf)


def send_form(browser: Browser, draft: PreparedDraft) -> dict[str, Any]:
    """The fields of the form that sends a draft."""
    return {csrf.FIELD: browser.form_token, "_stand": draft.state}
