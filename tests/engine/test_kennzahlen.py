"""Figures for the head of an office, and only for the offices she belongs to."""

from datetime import timedelta

from sqlalchemy import update

from engine import instances, jobs, kennzahlen, tasks
from engine.actors import Actor
from engine.feel.values import Value
from engine.house import House
from engine.instances import Sender, Started
from storage.models.task import Task
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff


def send(house: House, key: str) -> Started:
    sender = Sender(Kanal.PORTAL)
    return instances.start(house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key=key)


def do(house: House, started: Started, element: str, by: Actor, days: int, **values: Value) -> None:
    at = AT + timedelta(days=days)
    with house.db.read() as conn:
        (task,) = [one for one in tasks.of_vorgang(conn, started.vorgang_id, by=by, on=at) if one.element == element]
    work = tasks.work_on(house, task.id, by=by, at=at)
    known = {name: value for name, value in work.inputs.items() if work.form and name in work.form.names}
    tasks.complete(house, task.id, known | values, by=by, at=at)
    while jobs.run_due(house, at=at):
        pass


def close(house: House, started: Started, by: Actor) -> None:
    do(
        house,
        started,
        "anzeige_pruefen",
        by,
        1,
        ergebnis="nicht_uebernommen",
        abschluss_grund="hund_nicht_uebernommen",
        abschluss_text="Sie haben den Hund zurückgegeben.",
    )


def test_open_age_late_and_duration_are_counted(house: House) -> None:
    clerk, lead = staff(house, "schulz", "steueramt"), staff(house, "vogel", "steueramt", "leitung")
    decided, closed, _fresh = (send(house, key) for key in "abc")
    do(house, decided, "anzeige_pruefen", clerk, 1, ergebnis="vollstaendig")
    do(house, decided, "steuer_festsetzen", clerk, 12, entscheidung="festsetzen")
    close(house, closed, clerk)
    with house.db.begin() as conn:
        conn.execute(update(Task).where(Task.element == "anzeige_pruefen").values(due_at=AT + timedelta(days=3)))

    (found,) = kennzahlen.of_offices(house, by=lead, at=AT + timedelta(days=20))

    assert (found.key, found.title) == ("hundesteuer_anmelden", "Hund zur Hundesteuer anmelden")
    assert (found.open, found.ages) == (2, (0, 2, 0, 0))
    assert found.overdue >= 1
    assert (found.received, found.asked, found.asked_percent) == (3, 0, 0)
    assert (found.decided, found.median_days) == (1, 12)
    assert (found.kept, found.missed, found.kept_percent) == (0, 0, None)


def test_the_past_is_forgotten_after_a_year_and_open_ones_grow_old(house: House) -> None:
    send(house, "a")

    (found,) = kennzahlen.of_offices(house, by=staff(house, "vogel", "steueramt"), at=AT + timedelta(days=400))

    assert (found.open, found.ages, found.received, found.asked_percent) == (1, (0, 0, 0, 1), 0, None)


def test_another_office_and_operators_get_nothing(house: House) -> None:
    send(house, "a")

    for stranger in (staff(house, "stein", "ordnungsamt", "leitung"), staff(house, "admin", "betrieb", "leitung")):
        assert kennzahlen.of_offices(house, by=stranger, at=AT) == []
