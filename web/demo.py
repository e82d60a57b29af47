"""Demo data: a handful of cases in different states, made by the same use cases that people use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import func, select

from engine import accounts, catalog, instances, tasks
from engine.actors import Actor, ActorKind, TrustLevel
from engine.errors import NotFound
from engine.house import House
from engine.instances import Sender, Started
from engine.law import berlin_date, next_working_day
from integrations.demo_identity.provider import Persona, personas
from storage.models.vorgang import Kanal, VorgangRow

PROCEDURE: Final = "hundesteuer_anmelden"


@dataclass(frozen=True, slots=True)
class Dog:
    name: str
    breed: str
    dangerous: bool = False


_CASES: Final = (
    ("erika", Dog("Bello", "Dackel"), "offen"),
    ("mehmet", Dog("Karamel", "Mischling"), "offen"),
    ("johanna", Dog("Rex", "American Staffordshire Terrier", dangerous=True), "geprueft"),
    ("erika", Dog("Frida", "Labrador"), "rueckfrage"),
    ("mehmet", Dog("Luna", "Border Collie"), "beschieden"),
)


def fill(house: House, issuers: Mapping[str, str], *, at: datetime) -> int:
    """Make the demo cases if there is no case yet; return how many. `issuers` maps a realm to its address.

    There are none without their procedure, which the folder may lack or whose scenarios may fail.
    """
    with house.db.read() as conn:
        if conn.execute(select(func.count()).select_from(VorgangRow)).scalar_one():
            return 0
        try:
            deployed = catalog.latest(conn, PROCEDURE)
        except NotFound:
            return 0
    clerk = staff(house, issuers["verwaltung"], "schulz", at)
    known = personas("buergerkonto")
    for number, (key, dog, until) in enumerate(_CASES):
        sent_at = at - timedelta(hours=3 * (len(_CASES) - number))
        sender_of_it = citizen(house, issuers["buergerkonto"], known[key])
        started = instances.start(
            house,
            deployed,
            answers(known[key], dog, berlin_date(sent_at)),
            by=sender_of_it,
            at=sent_at,
            sender=Sender(Kanal.PORTAL),
            idempotency_key=f"demo-{number}",
        )
        _work_on(house, started, clerk, until, at=at)
    return len(_CASES)


def _work_on(house: House, started: Started, clerk: Actor, until: str, *, at: datetime) -> None:
    if until == "offen":
        return
    if until == "rueckfrage":
        question = "Seit wann halten Sie Ihren Hund? Das Datum auf dem Kaufvertrag weicht von Ihrer Angabe ab."
        answer_by = next_working_day(berlin_date(at) + timedelta(days=14), "DE-HE")
        complete(
            house,
            started,
            clerk,
            at,
            ergebnis="rueckfrage",
            rueckfrage_text=question,
            rueckfrage_frist_am=answer_by,
        )
        return
    complete(house, started, clerk, at, ergebnis="vollstaendig")
    if until == "beschieden":
        complete(house, started, clerk, at, entscheidung="festsetzen")


def complete(house: House, started: Started, by: Actor, at: datetime, **values: Any) -> None:
    """Complete the one open task with what its form is filled with, and `values`."""
    with house.db.read() as conn:
        (task,) = tasks.of_vorgang(conn, started.vorgang_id, by=by, on=at)
    work = tasks.work_on(house, task.id, by=by, at=at)
    known = work.form.names if work.form else frozenset()
    filled = {name: value for name, value in work.inputs.items() if name in known}
    tasks.complete(house, task.id, filled | values, by=by, at=at)


def citizen(house: House, issuer: str, person: Persona) -> Actor:
    return Actor(
        id=f"{issuer}|{person.subject}",
        kind=ActorKind.CITIZEN,
        tenant_id=house.tenant_id,
        name=person.name,
        trust_level=TrustLevel.SUBSTANTIELL,
    )


def staff(house: House, issuer: str, key: str, at: datetime) -> Actor:
    person = personas("verwaltung")[key]
    actor = Actor(
        id=f"{issuer}|{person.subject}",
        kind=ActorKind.STAFF,
        tenant_id=house.tenant_id,
        name=person.name,
        roles=frozenset(person.roles),
    )
    with house.db.begin() as conn:
        accounts.remember(conn, actor, at=at)
    return actor


def answers(person: Persona, dog: Dog, today: date) -> dict[str, Any]:
    address = person.details["address"]
    street, number = _street_and_number(address["street_address"])
    return {
        "person": {
            "anrede": "ohne",
            "vorname": person.given_name,
            "nachname": person.family_name,
            "geburtsdatum": date.fromisoformat(person.details["birthdate"]),
        },
        "anschrift": {
            "strasse": street,
            "hausnummer": number,
            "plz": address["postal_code"],
            "ort": address["locality"],
        },
        "hunde": [
            {
                "name": dog.name,
                "rasse": dog.breed,
                "geboren_am": today - timedelta(days=500),
                "grund": "erwerb",
                "gehalten_seit": today - timedelta(days=20),
                "gefaehrlich": "ja" if dog.dangerous else "nein",
                "chip_fehlt": True,
            }
        ],
        "weitere_hunde": Decimal(0),
        "ermaessigung": {"beantragt": "nein"},
        "bekanntgabe_kanal": "portal_abruf",
        "einwilligung_abruf": True,
        "benachrichtigung_email": person.details["email"],
    }


def _street_and_number(line: str) -> tuple[str, str]:
    """Split "An der Alten Ziegelhütte 4 b" before its first digit."""
    start = next((index for index, sign in enumerate(line) if sign.isdigit()), len(line))
    return line[:start].strip(), line[start:].strip()
