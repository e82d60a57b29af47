"""The check and its report, on the pure core: what an author reads, and when a procedure is not in order."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.catalog import Procedure
from engine.runtime.commands import Command
from engine.scenarios import report
from engine.scenarios.check import Checked, check_folder
from engine.scenarios.second_engine import Opinion, Verdict
from tests.processes.core_stage import CoreStage

FOLDER = Path(__file__).parents[3] / "processes" / "hundesteuer_anmelden"
TOPICS = {
    "bescheid.erzeugen",
    "bekanntgabe.bereitstellen",
    "bekanntgabe.versandt",
    "nachricht.senden",
    "frist.abgelaufen",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / FOLDER.name
    shutil.copytree(FOLDER, copy)
    return copy


def check(folder: Path, verdict: Verdict | None = None) -> Checked:
    def second_engine(procedure: Procedure, cases: Sequence[Sequence[Command]]) -> list[Opinion]:
        assert len(cases) == len(checked_scenarios)
        return [Opinion(procedure.key, verdict or Verdict.AGREES, "" if verdict is Verdict.AGREES else "Grund.")]

    checked_scenarios = (folder / "scenarios.toml").read_text("utf-8").split("[[scenario]]")[1:]
    return check_folder(folder, CoreStage, topics=TOPICS, second_engine=second_engine if verdict else None)


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")


def test_a_sound_procedure_is_in_order_and_every_way_is_walked(folder: Path) -> None:
    result = check(folder)
    assert result.passed
    assert all(coverage.complete for coverage in result.coverage)
    text = report.to_text([result])
    assert "Szenarien: 11 von 11 wie erwartet" in text
    assert "(100 %)" in text
    assert "Zweite Engine: nicht gefragt" in text
    assert text.endswith("1 von 1 Leistungen sind in Ordnung.")


def test_a_scenario_that_does_not_come_out_is_told_with_its_reason(folder: Path) -> None:
    change(folder, "steuer.dmn", "<text>120</text>", "<text>130</text>")
    result = check(folder)
    assert not result.passed
    text = report.to_text([result])
    assert "FALSCH Ein Hund ohne Besonderheiten" in text
    assert "erwartet 30.00, gekommen ist 32.50" in text


def test_ways_that_nobody_walks_are_named(folder: Path) -> None:
    text = (folder / "scenarios.toml").read_text("utf-8")
    first = "[[scenario]]".join(text.split("[[scenario]]")[:2])
    (folder / "scenarios.toml").write_text(first, "utf-8")
    result = check(folder)
    assert result.passed
    (coverage,) = result.coverage
    assert "bescheid_freigeben" in coverage.missed_elements
    assert "mit_rueckfrage" in coverage.missed_flows
    assert "nie erreicht: " in report.to_text([result])


@pytest.mark.parametrize("name", ["scenarios.toml", "process.bpmn", "texte/de.toml"])
def test_a_folder_without_a_needed_file_is_not_in_order(folder: Path, name: str) -> None:
    (folder / name).unlink()
    result = check_folder(folder, CoreStage, topics=TOPICS)
    assert not result.passed
    assert report.to_text([result]).endswith("0 von 1 Leistungen sind in Ordnung.")


def test_a_broken_scenario_file_is_not_in_order(folder: Path) -> None:
    change(folder, "scenarios.toml", "[[scenario]]", "[[scenario")
    result = check_folder(folder, CoreStage, topics=TOPICS)
    assert not result.passed
    assert "Fehler in scenarios.toml" in report.to_text([result])


@pytest.mark.parametrize(
    ("verdict", "passed", "words"),
    [
        (Verdict.AGREES, True, "stimmt in allen Szenarien überein"),
        (Verdict.NOT_COMPARABLE, True, "nicht vergleichbar: Grund."),
        (Verdict.DIFFERS, False, "WEICHT AB: Grund."),
    ],
)
def test_what_the_second_engine_says_is_in_the_report(folder: Path, verdict: Verdict, passed: bool, words: str) -> None:
    result = check(folder, verdict)
    assert result.passed is passed
    assert words in report.to_text([result])


def test_the_report_is_also_plain_data(folder: Path) -> None:
    data = report.to_json([check(folder)])
    assert data["passed"] is True
    assert data["procedures"][0]["scenarios"][0]["path"][0] == "anzeige_eingegangen"
    assert data["procedures"][0]["coverage"][0]["missed_flows"] == []
