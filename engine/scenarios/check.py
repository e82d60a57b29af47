"""Check procedures as `amtsweg check` does: read, play every scenario, measure the ways, ask the second engine."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.bpmn.nodes import Kind, Program
from engine.catalog import Files, Finding, Findings, Procedure, errors, inspect, read_folder
from engine.catalog.folder import SCENARIOS
from engine.scenarios.play import Played, play
from engine.scenarios.script import Scenario, read_scenarios
from engine.scenarios.second_engine import Opinion, SecondEngine, Verdict
from engine.scenarios.stage import Stage

_NOT_WALKED: Final = frozenset({Kind.PROCESS})


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one process the scenarios walked; `missed` are ids of elements and flows in the model's order."""

    process_id: str
    elements: int
    flows: int
    missed_elements: tuple[str, ...]
    missed_flows: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missed_elements and not self.missed_flows


@dataclass(frozen=True, slots=True)
class Checked:
    """The result for one folder; `title` is empty and `procedure` None when the folder could not be read."""

    folder: str
    title: str
    files: int
    findings: tuple[Finding, ...]
    played: tuple[Played, ...]
    coverage: tuple[Coverage, ...]
    opinions: tuple[Opinion, ...]
    seconds: float
    procedure: Procedure | None = None

    @property
    def passed(self) -> bool:
        """No error, at least one scenario, all of them as expected, and no engine that disagrees."""
        return (
            not errors(list(self.findings))
            and bool(self.played)
            and all(one.passed for one in self.played)
            and all(opinion.verdict is not Verdict.DIFFERS for opinion in self.opinions)
        )


def check_folder(
    folder: Path,
    open_stage: Callable[[Procedure], Stage],
    *,
    topics: Collection[str],
    second_engine: SecondEngine | None = None,
) -> Checked:
    """Check one procedure; never raises for anything in the folder."""
    began = time.monotonic()
    files = read_folder(folder)
    procedure, findings = inspect(files, folder=folder.name, topics=topics)
    played: tuple[Played, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    opinions: Sequence[Opinion] = ()
    if procedure is not None:
        scenarios = _scenarios(files, findings)
        played = tuple(play(procedure, scenario, open_stage(procedure)) for scenario in scenarios)
        coverage = tuple(_coverage(program, played) for program in procedure.programs.values())
        if second_engine is not None:
            opinions = second_engine(procedure, [one.commands for one in played])
    return Checked(
        folder=folder.name,
        title=procedure.title if procedure else "",
        files=len(files),
        findings=tuple(findings),
        played=played,
        coverage=coverage,
        opinions=tuple(opinions),
        seconds=time.monotonic() - began,
        procedure=procedure,
    )


def _scenarios(files: Files, findings: list[Finding]) -> tuple[Scenario, ...]:
    return read_scenarios(files[SCENARIOS], Findings(SCENARIOS, findings)) if SCENARIOS in files else ()


def _coverage(program: Program, played: Sequence[Played]) -> Coverage:
    entered = {element for one in played for element in one.entered}
    walked = {flow for one in played for flow in one.flows}
    elements = [node.id for node in program.nodes if node.kind not in _NOT_WALKED]
    flows = [flow.id for flow in program.flows]
    return Coverage(
        process_id=program.process_id,
        elements=len(elements),
        flows=len(flows),
        missed_elements=tuple(element for element in elements if element not in entered),
        missed_flows=tuple(flow for flow in flows if flow not in walked),
    )
