"""The bench over HTTP measures the real server, and says what is not as it should be."""

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from web.bench import http, http_report, postgres
from web.bench.http import HttpReport, Page, Submits
from web.cli import main

SUBMITS = Submits(number=8, per_s=54.0, p50_ms=100.0, p95_ms=200.0, drawn=1, drawn_per_s=0.7, waiting=5)
REPORT = HttpReport(100_000, 2, SUBMITS, [Page("inbox", 20.0, 61.0, 80.0), Page("case", 20.0, 30.0, 15.0)], [100.0])


def test_goals_that_are_not_met_are_marked() -> None:
    told = http_report.to_text(REPORT)
    assert "54.0 a second, goal 40 met" in told
    assert "61.0    80.0  goal 60 NOT MET" in told
    assert "letters: 1 drawn beside it, then 0.7 a second, 5 left" in told
    document = json.loads(json.dumps(http_report.to_json(REPORT)))
    assert [page["met"] for page in document["pages"]] == [False, True]
    slow = http_report.to_json(replace(REPORT, submits=replace(SUBMITS, per_s=39.0)))
    assert slow["submits"]["met"] is False


def test_without_a_server_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "find_binaries", lambda: None)
    told = CliRunner().invoke(main, ["bench", "http"])
    assert told.exit_code == 1
    assert "apt install postgresql" in told.output


def test_a_small_run_sends_every_draft_and_reads_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PAGES", 4)
    monkeypatch.setattr(http, "WARM_UP", 1)
    monkeypatch.setattr(http, "WATCHED_S", 0.5)
    monkeypatch.setattr("web.bench.http_house.CASES", 3)
    monkeypatch.setattr("web.bench.http_house.OWN_CASES", 2)

    found = http.measure(submits=8, tasks=100, processes=1)

    assert found.submits.number == 8
    assert [page.name for page in found.pages] == ["status", "own_case", "inbox", "case"]
    assert all(0 < page.p50_ms <= page.p95_ms for page in found.pages)
    assert len(found.memory_mb) == 1
    assert 20 < found.memory_mb[0] < 500
