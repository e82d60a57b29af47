from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select

from engine import jobs
from storage import upkeep
from storage.db import DatabaseUnavailable
from storage.models.web_session import WebSession
from web.cli import worker


class Rounds(Event):
    """Stops the worker after so many rounds, without waiting."""

    def __init__(self, rounds: int) -> None:
        super().__init__()
        self.left = rounds
        self.waits: list[float | None] = []

    def is_set(self) -> bool:
        self.left -= 1
        return self.left < 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return False


@pytest.fixture
def work(site, clock):
    def run(rounds: int) -> Rounds:
        stop = Rounds(rounds)
        worker.work(site.house, site.settings.anchor_file, stop, now=clock)
        return stop

    return run


def test_a_worker_pauses_only_when_there_is_nothing_to_do(work, monkeypatch):
    counts = iter([50, 1, 0, 0])
    monkeypatch.setattr(jobs, "run_due", lambda *_, **__: next(counts))
    assert work(4).waits == [worker.PAUSE_S, worker.PAUSE_S]


def test_a_worker_outlives_its_database(work, monkeypatch):
    def away(*_args, **_kwargs):
        raise DatabaseUnavailable("x")

    monkeypatch.setattr(jobs, "run_due", away)
    assert work(2).waits == [worker.PAUSE_AFTER_FAILURE_S] * 2


def test_a_worker_forgets_sessions_that_are_over(work, site, client, sign_in, clock):
    sign_in(client)
    clock.advance(timedelta(hours=1))
    work(1)
    with site.house.db.read() as conn:
        assert conn.execute(select(WebSession)).all() == []


def test_tidying_is_done_now_and_then_and_its_failure_stops_nothing(work, clock, monkeypatch, caplog):
    tidied = []

    def fail(*_args, **_kwargs):
        tidied.append(clock())
        raise OSError("the anchor's disk is full")

    monkeypatch.setattr(upkeep, "run", fail)
    work(3)
    assert len(tidied) == 1
    clock.advance(timedelta(minutes=6))
    work(1)
    assert len(tidied) == 2
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["upkeep_failed"] * 2


def test_a_worker_says_who_it_is(work, monkeypatch):
    seen = []
    monkeypatch.setattr(jobs, "run_due", lambda *_, owner, **__: seen.append(owner) or 0)
    work(1)
    assert seen
    assert seen[0].rpartition("-")[2].isdigit()


def test_a_worker_has_the_handlers_of_the_product(site):
    assert {"bescheid.erzeugen", "nachricht.senden"} <= site.house.connectors.keys()
