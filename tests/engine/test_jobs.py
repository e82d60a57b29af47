"""How workers share what is to be done."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from engine import instances, jobs
from engine.house import House
from engine.instances import Sender
from storage.models.incident import Incident
from storage.models.vorgang import Kanal
from tests.houses import AT, citizen, deploy, dog_values


class Death(BaseException):
    """What a kill is to the code that runs: no handler of errors sees it."""


class DeadlyRenderer:
    def render(self, *_args: object, **_more: object) -> bytes:
        raise Death


@pytest.fixture
def two_letters(house: House) -> None:
    """Two Antraege, whose readable copies are to be drawn."""
    deployed = deploy(house)
    for number in range(2):
        instances.start(
            house,
            deployed,
            dog_values(),
            by=citizen(),
            at=AT,
            sender=Sender(Kanal.PORTAL),
            idempotency_key=str(number),
        )


@pytest.mark.usefixtures("two_letters")
def test_a_worker_takes_one_letter_at_a_time_and_leaves_the_next_to_others(house: House) -> None:
    assert [jobs.run_due(house, at=AT, owner=owner) for owner in ("a", "b", "a")] == [1, 1, 0]


@pytest.mark.usefixtures("two_letters")
def test_a_worker_that_dies_keeps_no_other_letter_waiting(house: House) -> None:
    with pytest.raises(Death):
        jobs.run_due(replace(house, renderer=DeadlyRenderer()), at=AT, owner="dead")
    assert jobs.run_due(house, at=AT, owner="alive") == 1
    assert jobs.run_due(house, at=AT, owner="alive") == 0
    assert jobs.run_due(house, at=AT + jobs.LEASE, owner="alive") == 1


@pytest.mark.usefixtures("two_letters")
def test_a_job_that_kills_every_worker_becomes_an_incident(house: House) -> None:
    deadly, at, deaths = replace(house, renderer=DeadlyRenderer()), AT, 0
    while not incidents(house):
        at += jobs.LEASE
        try:
            jobs.run_due(deadly, at=at, owner="any")
        except Death:
            deaths += 1
    assert deaths == 2 * (3 + jobs.MAX_DEATHS)  # both letters took their turns
    assert incidents(house)[0].startswith("WorkersDied: begun 23 times and never ended")


def incidents(house: House) -> list[str]:
    with house.db.read() as conn:
        return list(conn.execute(select(Incident.cause)).scalars())


def test_every_kind_of_job_is_quick_or_slow() -> None:
    assert jobs._KINDS.keys() == jobs.QUICK | jobs.SLOW
    assert not jobs.QUICK & jobs.SLOW
