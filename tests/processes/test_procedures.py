"""Every procedure in the repository: loads without a finding, its scenarios come out, and they walk every way."""

import shutil
from pathlib import Path

import pytest

from engine import catalog
from engine.catalog import Findings, Procedure
from engine.product import TOPICS
from engine.scenarios.play import play
from engine.scenarios.script import Scenario, read_scenarios
from tests.processes.core_stage import CoreStage

PROCESSES = Path(__file__).parents[2] / "processes"
FOLDERS = catalog.discover(PROCESSES)


def load(folder: Path) -> Procedure:
    return catalog.load(catalog.read_folder(folder), folder=folder.name, topics=TOPICS)


def scenarios(folder: Path) -> tuple[Scenario, ...]:
    findings = Findings("scenarios.toml")
    read = read_scenarios((folder / "scenarios.toml").read_bytes(), findings)
    assert findings.found == []
    return read


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_procedure_loads_and_has_every_text_in_every_language(folder: Path) -> None:
    assert [str(note) for note in load(folder).notes] == []


@pytest.mark.parametrize(
    ("folder", "scenario"),
    [(folder, scenario) for folder in FOLDERS for scenario in scenarios(folder)],
    ids=lambda value: value.name if isinstance(value, Path | Scenario) else None,
)
def test_a_scenario_comes_out_on_the_pure_core(folder: Path, scenario: Scenario) -> None:
    procedure = load(folder)
    assert play(procedure, scenario, CoreStage(procedure)).problems == ()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_scenarios_walk_every_flow(folder: Path) -> None:
    procedure = load(folder)
    played = [play(procedure, scenario, CoreStage(procedure)) for scenario in scenarios(folder)]
    walked = {flow for one in played for flow in one.flows}
    assert {flow.id for program in procedure.programs.values() for flow in program.flows} - walked == set()


def test_a_third_procedure_needs_nothing_but_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "hund_anzeigen"
    shutil.copytree(PROCESSES / "hundesteuer_anmelden", folder)
    for name in ("procedure.toml", "process.bpmn"):
        text = (folder / name).read_text("utf-8").replace("hundesteuer_anmelden", "hund_anzeigen")
        (folder / name).write_text(text, "utf-8")
    assert catalog.discover(tmp_path) == [folder]
    procedure = load(folder)
    assert procedure.key == "hund_anzeigen"
    assert play(procedure, scenarios(folder)[0], CoreStage(procedure)).problems == ()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_amounts_are_marked_as_examples(folder: Path) -> None:
    files = catalog.read_folder(folder)
    for name, data in files.items():
        if name.endswith(".dmn"):
            assert "Beispielwert" in data.decode("utf-8"), name
