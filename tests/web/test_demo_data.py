"""The generator of demo data: bounded, the same from the same seed, and every case with an open task."""

from collections import Counter
from random import Random

import pytest
from sqlalchemy import select

from engine.house import House
from storage import queries
from storage.models.task import Task
from storage.models.vorgang import VorgangRow
from tests.houses import AT, deploy, make_house
from web import demo_data
from web.demo_data import _dog, _person

ISSUERS = {"buergerkonto": "https://login.example/b", "verwaltung": "https://login.example/v"}
NUMBER = 25


@pytest.fixture
def house(database, tmp_path) -> House:
    made = make_house(database, tmp_path)
    deploy(made)
    return made


def test_every_case_has_an_open_task_and_they_are_not_all_the_same(house: House) -> None:
    assert demo_data.fill(house, ISSUERS, number=NUMBER, at=AT) == NUMBER

    with house.db.read() as conn:
        cases = conn.execute(select(VorgangRow.id, VorgangRow.kanal, VorgangRow.eingegangen_am)).all()
        rows = conn.execute(select(Task.vorgang_id, Task.assignee, Task.follow_up_at)).all()
        free = queries.count_claimable(conn, queries.candidates_of({"steueramt", "ordnungsamt"})).number
    assert len(cases) == NUMBER
    assert {row.vorgang_id for row in rows} == {case.id for case in cases}
    assert len(Counter(case.kanal for case in cases)) > 1
    assert all(case.eingegangen_am < AT for case in cases)
    assert 0 < free < NUMBER
    assert any(row.follow_up_at for row in rows)


def test_the_same_seed_gives_the_same_people_and_dogs() -> None:
    first, second = ([(_person(one, "a"), _dog(one)) for _ in range(9)] for one in (Random(7), Random(7)))
    assert first == second


def test_it_ends_when_its_time_is_over(house: House) -> None:
    ticks = iter(range(100))
    made = demo_data.fill(house, ISSUERS, number=NUMBER, at=AT, within_s=3, clock=lambda: float(next(ticks)))
    assert 0 < made < 4
