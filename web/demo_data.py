"""Many open tasks for trying the inbox: invented people and dogs, from a seed, through the same use cases as people."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from engine import capture, catalog, deferrals, drafts, instances, notes, tasks
from engine.actors import Actor, ActorKind, TrustLevel
from engine.errors import NotFound
from engine.house import House
from engine.instances import Sender
from engine.law import berlin_date
from engine.notes import NoteKind
from engine.tasks import OpenTask
from integrations.demo_identity.provider import Persona
from storage.models.vorgang import Kanal
from web.demo import PROCEDURE, Dog, answers, citizen, complete, staff

MOST: Final = 400
_OLDEST: Final = timedelta(days=24)
_FIRST = (
    "Aylin",
    "Bernd",
    "Chiara",
    "Dieter",
    "Elif",
    "Franziska",
    "Günther",
    "Hanne",
    "Igor",
    "Jana",
    "Kemal",
    "Lotte",
)
_MORE = (
    "Milan",
    "Nadja",
    "Oskar",
    "Paula",
    "Quirin",
    "Renate",
    "Selma",
    "Tobias",
    "Ursula",
    "Vinzenz",
    "Wiebke",
    "Zoé",
)
_LAST = ("Adler", "Bach", "Çelik", "Diehl", "Eberhardt", "Fuchs", "Graf", "Hoang", "Ivanov", "Jung", "Krämer", "Löwe")
_LAST_MORE = ("Müller-Lüdenscheid", "Nowak", "Öztürk", "Petri", "Roth", "Schäfer", "Trautmann", "Uhl", "Vogt", "Weiß")
_STREETS = ("Heinrichstraße", "Rheinstraße", "Kranichsteiner Straße", "Eschollbrücker Straße", "Am Alten Bahnhof")
_DOGS = ("Bello", "Luna", "Rocky", "Frieda", "Balu", "Emma", "Sammy", "Nala", "Oskar", "Kira", "Paul", "Mia")
_BREEDS = ("Mischling", "Labrador", "Dackel", "Pudel", "Beagle", "Border Collie", "Malteser", "Boxer", "Spitz")
_DANGEROUS = ("American Staffordshire Terrier", "Bullterrier", "Kangal")
_REASONS = ("Nachweis ist angekündigt", "Auskunft der früheren Gemeinde steht aus", "Rückruf vereinbart")
_CALLS = (
    "Fragt nach dem Stand, Unterlagen folgen per Post.",
    "Bittet um Rückruf am Nachmittag.",
    "Zieht zum Monatsende um.",
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a generated case needs."""

    house: House
    deployed: catalog.Deployed
    issuers: Mapping[str, str]
    clerks: tuple[Actor, ...]
    chance: Random
    now: datetime


def fill(
    house: House,
    issuers: Mapping[str, str],
    *,
    number: int,
    at: datetime,
    seed: int = 2026,
    within_s: float = 300,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Make up to `number` (at most `MOST`) cases with an open task each; return how many there was time for.

    The same seed gives the same people, dogs and states. None without the procedure.
    """
    with house.db.read() as conn:
        try:
            deployed = catalog.latest(conn, PROCEDURE)
        except NotFound:
            return 0
    clerks = tuple(staff(house, issuers["verwaltung"], key, at) for key in ("schulz", "vogel"))
    scene = _Scene(house, deployed, issuers, clerks, Random(seed), at)  # noqa: S311 -- invented data, not a secret
    end = clock() + within_s
    made = 0
    while made < min(number, MOST) and clock() < end:
        _case(scene, f"demo-{seed}-{made}")
        made += 1
    return made


def _case(scene: _Scene, key: str) -> None:
    chance = scene.chance
    sent_at = scene.now - timedelta(seconds=chance.randrange(60, int(_OLDEST.total_seconds())))
    person = _person(chance, key)
    values = answers(person, _dog(chance), berlin_date(sent_at))
    send = chance.choices((_by_portal, _without_account, _on_paper, _on_paper_with_gaps), (60, 15, 18, 7))[0]
    send(scene, key, person, values, sent_at)


def _by_portal(scene: _Scene, key: str, person: Persona, values: dict[str, Any], at: datetime) -> None:
    _start(scene, key, citizen(scene.house, scene.issuers["buergerkonto"], person), values, at)


def _without_account(scene: _Scene, key: str, _person: Persona, values: dict[str, Any], at: datetime) -> None:
    stranger = Actor("anonymous", ActorKind.ANONYMOUS, scene.house.tenant_id, trust_level=TrustLevel.KEINS)
    _start(scene, key, stranger, values, at)


def _start(scene: _Scene, key: str, by: Actor, values: dict[str, Any], at: datetime) -> None:
    sender = Sender(Kanal.PORTAL)
    started = instances.start(
        scene.house, scene.deployed, values, by=by, at=at, sender=sender, idempotency_key=f"{key} {scene.now}"
    )
    _work_on(scene, started, at)


def _on_paper(scene: _Scene, _key: str, _person: Persona, values: dict[str, Any], at: datetime) -> None:
    _capture(scene, values, at, capture.send)


def _on_paper_with_gaps(scene: _Scene, _key: str, _person: Persona, values: dict[str, Any], at: datetime) -> None:
    missing = scene.chance.choice(("anschrift", "weitere_hunde"))
    given = {name: value for name, value in values.items() if name != missing}
    _capture(scene, given, at, capture.send_with_gaps)


def _capture(scene: _Scene, values: dict[str, Any], at: datetime, send: Callable[..., instances.Started]) -> None:
    house, clerk = scene.house, scene.chance.choice(scene.clerks)
    draft_id = drafts.begin(house, PROCEDURE, by=clerk, at=at).id
    draft = drafts.resume(house, draft_id, by=clerk, at=at, in_session=False)
    received_on = berlin_date(at) - timedelta(days=scene.chance.randrange(3))
    came = capture.Arrival(scene.chance.choice(capture.CHANNELS), received_on)
    _work_on(scene, send(house, draft, values, came, by=clerk, at=at), at)


def _work_on(scene: _Scene, started: instances.Started, sent_at: datetime) -> None:
    """Leave the task free, or let somebody have done something about it since."""
    chance, house, clerk = scene.chance, scene.house, scene.chance.choice(scene.clerks)
    at = sent_at + (scene.now - sent_at) * chance.random()
    what = chance.choices(("free", "claimed", "deferred", "noted", "checked"), (52, 18, 8, 8, 14))[0]
    task = _task(house, started, clerk, at)
    if what == "claimed":
        tasks.claim(house, task.id, by=clerk, at=at)
    elif what == "deferred":
        until = berlin_date(scene.now) + timedelta(days=chance.randrange(1, 20))
        deferrals.put_off(house, task.id, until=until, reason=chance.choice(_REASONS), by=clerk, at=at)
    elif what == "noted":
        text = chance.choice(_CALLS)
        notes.add(house, started.vorgang_id, NoteKind.TELEFON, text, by=clerk, at=at, idempotency_key="demo")
    elif what == "checked" and task.form_key:
        complete(house, started, clerk, at, ergebnis="vollstaendig")


def _task(house: House, started: instances.Started, by: Actor, at: datetime) -> OpenTask:
    with house.db.read() as conn:
        return tasks.of_vorgang(conn, started.vorgang_id, by=by, on=at)[0]


def _person(chance: Random, key: str) -> Persona:
    given, family = chance.choice(_FIRST + _MORE), chance.choice(_LAST + _LAST_MORE)
    born = date(1940, 1, 1) + timedelta(days=chance.randrange(24_000))
    address = {
        "street_address": f"{chance.choice(_STREETS)} {chance.randrange(1, 120)}",
        "postal_code": chance.choice(("64283", "64285", "64287", "64289", "64291", "64293", "64295", "64297")),
        "locality": "Darmstadt",
    }
    details = {"birthdate": born.isoformat(), "email": f"{key}@example.org", "address": address}
    return Persona(key, "buergerkonto", given, family, "", (TrustLevel.SUBSTANTIELL,), (), details)


def _dog(chance: Random) -> Dog:
    dangerous = chance.random() < 0.06
    return Dog(chance.choice(_DOGS), chance.choice(_DANGEROUS if dangerous else _BREEDS), dangerous)
