"""The real use cases on stage: every procedure of the repository, and what a scenario shows when a job fails."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine import catalog
from engine.catalog import Findings, Procedure
from engine.runtime import execute
from engine.runtime.effects import Moved
from engine.scenarios.house import HouseStage, stages
from engine.scenarios.play import play
from engine.scenarios.script import Scenario, read_scenarios
from tests.processes.core_stage import CoreStage

PROCESSES = Path(__file__).parents[3] / "processes"
FOLDERS = catalog.discover(PROCESSES)


def load(folder: Path) -> Procedure:
    return catalog.load(catalog.read_folder(folder), folder=folder.name)


def scenarios(procedure: Procedure) -> tuple[Scenario, ...]:
    return read_scenarios(procedure.files["scenarios.toml"], Findings(""))


@pytest.fixture(scope="module")
def open_stage() -> Iterator[Callable[[Procedure], HouseStage]]:
    with stages() as opened:
        yield opened


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_scenario_comes_out_and_goes_the_way_of_the_pure_core(
    folder: Path, open_stage: Callable[[Procedure], HouseStage]
) -> None:
    procedure = load(folder)
    for scenario in scenarios(procedure):
        real = play(procedure, scenario, open_stage(procedure))
        pure = play(procedure, scenario, CoreStage(procedure))
        assert real.problems == ()
        assert (real.entered, real.flows, real.tasks) == (pure.entered, pure.flows, pure.tasks)


def test_the_stored_commands_replay_to_the_same_state(open_stage: Callable[[Procedure], HouseStage]) -> None:
    procedure = load(PROCESSES / "hundesteuer_anmelden")
    stage = open_stage(procedure)
    played = play(procedure, scenarios(procedure)[1], stage)
    programs = {program.hash: program for program in procedure.programs.values()}
    state, entered = None, []
    for command in played.commands:
        outcome = execute(programs, state, command)
        state = outcome.state
        entered += [move.element for move in outcome.effects if isinstance(move, Moved) and move.how == "entered"]
    assert state is not None
    assert state.variables() == stage.variables()
    assert tuple(entered) == played.entered


def test_a_failing_connector_is_told_with_its_cause(open_stage: Callable[[Procedure], HouseStage]) -> None:
    procedure = load(PROCESSES / "hundesteuer_anmelden")
    broken = procedure.files["bescheid.html"].replace(b"festsetzung.jahr }}", b"festsetzung.gibt_es_nicht }}")
    changed = catalog.load({**procedure.files, "bescheid.html": broken}, folder=procedure.key)
    played = play(changed, scenarios(changed)[0], open_stage(changed))
    assert len(played.problems) == 1
    assert "Ein Auftrag scheitert" in played.problems[0]
    assert "letter_data_missing" in played.problems[0]


def test_a_citizen_below_the_trust_level_is_refused(open_stage: Callable[[Procedure], HouseStage]) -> None:
    procedure = load(PROCESSES / "meldebescheinigung")
    scenario = replace(scenarios(procedure)[0], signed_in=False)
    assert "lässt sich nicht starten" in play(procedure, scenario, open_stage(procedure)).problems[0]
