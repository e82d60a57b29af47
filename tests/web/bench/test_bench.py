"""The bench measures what it says: the real shell, and yardsticks that write the same rows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from storage import db, models
from storage.models.instance import Instance
from storage.objects.folder import FolderStore
from web.bench import databases, inbox, measure, postgres, report
from web.bench.cases import STEPS, deploy, open_desk
from web.bench.databases import TENANT, Target
from web.bench.drivers import Sqlite
from web.bench.naive import Naive
from web.bench.recorder import RecordingDatabase
from web.bench.runner import RUNNERS
from web.bench.yardsticks import SameRows


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with databases.sqlite() as target:
        yield target


def _counts(database: db.Database) -> dict[str, int]:
    with database.read() as conn:
        return {
            table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
            for table in models.metadata().sorted_tables
        }


def _rows_of_one_case(tmp_path: Path, *, recorded: bool) -> dict[str, int]:
    with databases.sqlite() as fresh:
        database = db.Database(fresh.url, tenant_id=TENANT)
        deployed = deploy(database)
        recording = RecordingDatabase(tenant_id=TENANT)
        desk = open_desk(recording if recorded else database, FolderStore(tmp_path), fresh.master_key, deployed)
        case = desk.start()
        desk.answer(case)
        desk.decide(case)
        if recorded:
            desk.end(case)
            rows = SameRows(Sqlite(fresh.url), lambda: recording.recorder.writes)
            rows.prepare()
            assert rows.run() == STEPS
        else:
            desk.end_due(owner="w", limit=1)
        with database.read() as conn:
            assert conn.execute(select(Instance.status, Instance.version)).all() == [("completed", STEPS)]
        counts = _counts(database)
        database.close()
    return counts


def test_a_case_of_the_product_and_the_recorded_rows_fill_the_same_tables(tmp_path: Path) -> None:
    counts = _rows_of_one_case(tmp_path, recorded=False)
    assert counts == _rows_of_one_case(tmp_path, recorded=True)
    assert counts["step"] == STEPS
    assert (counts["task"], counts["task_candidate"], counts["job"]) == (0, 0, 0)


def test_the_naive_loop_finishes_its_cases(target: Target) -> None:
    assert Naive(Sqlite(target.url), cases=10).run() == 10 * STEPS


def test_a_round_gives_every_figure_and_a_report(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "TASKS", 5000)
    monkeypatch.setattr(inbox, "PAGES", 10)
    result = measure.measure(target, processes=1, rounds=1)
    found = report.Report([result], {"sqlite": measure.statements_per_step(target)}, [inbox.measure(target)], ["x: y"])
    document = json.loads(json.dumps(report.to_json(found)))
    runners = document["steps"][0]["runners"]
    assert set(runners) == set(RUNNERS)
    assert all(figures["steps_per_s"] > 0 and figures["statements_per_step"] > 1 for figures in runners.values())
    assert document["steps"][0]["ratios"]["bare"]["goal"] == report.GOALS["sqlite", 1, "bare"]
    text = report.to_text(found)
    assert "the product" in text
    assert "not measured: x: y" in text


def test_the_product_sends_less_than_two_statements_a_step_to_postgresql() -> None:
    """One to load and one to write, but for the start, which loads nothing, and claims, which are shared by many."""
    if postgres.find_binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    with databases.postgresql() as target:
        assert measure.statements_per_step(target)["shell"] < 2
