"""The second engine in `amtsweg check` and before every deployment: it is asked about each process of a procedure."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engine.bpmn import oracle
from engine.bpmn.nodes import Kind
from engine.catalog import Procedure
from engine.errors import Refused
from engine.runtime.commands import Command
from engine.scenarios.check import Checked, check_folder
from engine.scenarios.deployment import check_folders, deploy
from engine.scenarios.second_engine import Opinion, Verdict, ask
from storage.db import Database
from tests.processes.core_stage import CoreStage

PROCESSES = Path(__file__).parents[3] / "processes"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def checked(name: str) -> tuple[Checked, list[Sequence[Command]]]:
    cases: list[Sequence[Command]] = []

    def asking(procedure: Procedure, played: Sequence[Sequence[Command]]) -> Sequence[Opinion]:
        cases.extend(played)
        return ask(procedure, played)

    return check_folder(PROCESSES / name, CoreStage, topics=(), second_engine=asking), cases


@pytest.mark.parametrize("name", ["hundesteuer_anmelden", "meldebescheinigung"])
def test_both_engines_agree_on_the_procedures_of_the_product(name: str) -> None:
    result, cases = checked(name)
    assert result.opinions == (Opinion(name, Verdict.AGREES),)
    assert all(len(commands) > 2 for commands in cases)


def wrong(procedure: Procedure) -> Procedure:
    """A procedure whose first choice always takes its default."""
    program = procedure.process
    node = next(one for one in program.nodes if one.kind is Kind.EXCLUSIVE and one.default >= 0 and one.outgoing)
    turned = replace(node, outgoing=(node.default,), default=node.outgoing[0])
    nodes = tuple(turned if one is node else one for one in program.nodes)
    return replace(procedure, programs={program.process_id: replace(program, nodes=nodes)})


def wrong_end(procedure: Procedure) -> Procedure:
    """A procedure in which the end of the remedy period ends all else: wrong only if something else goes on then."""
    program = procedure.process
    index = program.index["frist_abgelaufen"]
    nodes = [replace(node, kind=Kind.END_TERMINATE) if node.index == index else node for node in program.nodes]
    return replace(procedure, programs={program.process_id: replace(program, nodes=tuple(nodes))})


def test_a_difference_in_one_scenario_outweighs_all_others() -> None:
    result, cases = checked("meldebescheinigung")
    assert result.procedure is not None
    [opinion] = ask(wrong(result.procedure), cases)
    assert opinion.verdict is Verdict.DIFFERS
    assert opinion.reason.startswith("Szenario 3: Schritt 2 (Aufgabe erledigt: „antrag_pruefen“)")


def test_further_paths_find_what_no_scenario_shows() -> None:
    """The same answers in other orders and at other elements."""
    result, cases = checked("hundesteuer_anmelden")
    assert result.procedure is not None
    made = list(oracle.paths(result.procedure.programs, cases, 50))
    assert made == list(oracle.paths(result.procedure.programs, cases, 50))
    assert len({tuple(type(command) for command in path) for path in made}) > 20
    assert max(len(path) for path in made) > max(len(commands) for commands in cases)
    [found] = ask(wrong_end(result.procedure), [cases[0]])
    assert found.verdict is Verdict.DIFFERS
    assert found.reason.startswith("Erzeugter Weg ")


def test_a_process_that_no_scenario_reaches_is_not_comparable() -> None:
    result, _ = checked("meldebescheinigung")
    assert result.procedure is not None
    expected = "Kein Szenario beginnt diesen Prozess oder ruft ihn auf."
    assert ask(result.procedure, []) == [Opinion("meldebescheinigung", Verdict.NOT_COMPARABLE, expected)]
    [opinion] = ask(result.procedure, [()])
    assert opinion.reason == "Szenario 1 beginnt nicht."


def test_only_what_was_checked_and_is_in_order_is_deployed(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "meldebescheinigung"
    shutil.copytree(PROCESSES / folder.name, folder)
    [result] = check_folders([folder])
    assert [opinion.verdict for opinion in result.opinions] == [Verdict.AGREES]
    (folder / "process.bpmn").write_bytes(b"")
    with database.begin() as conn:
        stored = deploy(conn, result, by="system:test", at=AT)
    assert stored.procedure.files["process.bpmn"] == (PROCESSES / folder.name / "process.bpmn").read_bytes()


@pytest.mark.parametrize("verdict", [Verdict.DIFFERS, None])
def test_a_disagreement_or_a_broken_folder_refuses_the_deployment(database: Database, verdict: Verdict | None) -> None:
    result, _ = checked("meldebescheinigung")
    broken = (
        replace(result, opinions=(Opinion("x", verdict, "Grund."),)) if verdict else replace(result, procedure=None)
    )
    with database.begin() as conn, pytest.raises(Refused):
        _deploy(conn, broken)


def _deploy(conn: Connection, result: Checked) -> None:
    deploy(conn, result, by="system:test", at=AT)
