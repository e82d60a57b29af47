"""Zurückstellen: off the list until a day, the Frist unchanged, and back at any time."""

from datetime import date, datetime, timedelta

import pytest

from engine import deferrals, instances, tasks
from engine.actors import Actor
from engine.errors import Conflict, Invalid
from engine.house import House
from engine.instances import Sender
from engine.tasks import OpenTask
from storage import queries
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values, staff

UNTIL = date(2026, 12, 1)
WAITING = "Auskunft angekündigt"


@pytest.fixture
def clerk(house: House) -> Actor:
    return staff(house, "schulz", "steueramt")


@pytest.fixture
def task(house: House, clerk: Actor) -> OpenTask:
    sender = Sender(Kanal.PORTAL)
    started = instances.start(
        house, deploy(house), dog_values(), by=citizen(), at=AT, sender=sender, idempotency_key="k"
    )
    return of(house, started.vorgang_id, clerk)


def of(house: House, vorgang_id: object, by: Actor) -> OpenTask:
    with house.db.read() as conn:
        (found,) = tasks.of_vorgang(conn, vorgang_id, by=by, on=AT)  # type: ignore[arg-type]
    return found


def put_off(house: House, task: OpenTask, by: Actor) -> None:
    deferrals.put_off(house, task.id, until=UNTIL, reason=WAITING, by=by, at=AT)


def listed(house: House, by: Actor, at: datetime) -> tuple[int, int, int, int]:
    """How many are mine and put off, as pages and as counts."""
    with house.db.read() as conn:
        return (
            len(queries.assigned(conn, by.id, limit=9, awake_at=at)),
            len(queries.deferred(conn, by.id, at=at, limit=9)),
            queries.count_assigned(conn, by.id, awake_at=at).number,
            queries.count_deferred(conn, by.id, at=at).number,
        )


def test_a_task_leaves_the_list_until_its_day_and_comes_back_by_itself(
    house: House, task: OpenTask, clerk: Actor
) -> None:
    put_off(house, task, clerk)

    last_moment = datetime(2026, 11, 30, 22, 59, tzinfo=AT.tzinfo)
    assert listed(house, clerk, last_moment) == (0, 1, 0, 1)
    assert listed(house, clerk, last_moment + timedelta(minutes=1)) == (1, 0, 1, 0)


def test_the_frist_stays_and_the_page_learns_why(house: House, task: OpenTask, clerk: Actor) -> None:
    put_off(house, task, clerk)

    after = of(house, task.vorgang_id, clerk)
    assert (after.due_at, after.assignee) == (task.due_at, clerk.id)
    found = deferrals.current(house, after, at=AT)
    assert found is not None
    assert (found.until, found.reason, found.who) == (UNTIL, WAITING, "Schulz")


def test_it_is_taken_back_at_any_time_and_released_without_its_day(house: House, task: OpenTask, clerk: Actor) -> None:
    put_off(house, task, clerk)
    deferrals.take_back(house, task.id, by=clerk, at=AT)
    assert listed(house, clerk, AT) == (1, 0, 1, 0)

    put_off(house, task, clerk)
    tasks.release(house, task.id, by=clerk, at=AT)
    assert of(house, task.vorgang_id, clerk).follow_up_at is None


def test_what_somebody_else_holds_is_not_put_off_nor_taken_back(house: House, task: OpenTask, clerk: Actor) -> None:
    other = staff(house, "vogel", "steueramt")
    put_off(house, task, clerk)
    with pytest.raises(Conflict):
        put_off(house, task, other)
    with pytest.raises(Conflict):
        deferrals.take_back(house, task.id, by=other, at=AT)


@pytest.mark.parametrize(
    ("until", "reason"), [(AT.date(), WAITING), (None, WAITING), (date(2028, 1, 1), WAITING), (UNTIL, " ")]
)
def test_a_day_from_tomorrow_and_a_reason_are_needed(
    house: House, task: OpenTask, clerk: Actor, until: date | None, reason: str
) -> None:
    with pytest.raises(Invalid):
        deferrals.put_off(house, task.id, until=until, reason=reason, by=clerk, at=AT)
    assert of(house, task.vorgang_id, clerk).assignee is None
