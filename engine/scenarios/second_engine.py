"""The second engine on a procedure's scenarios: what it says about each process after replaying all cases."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from engine.bpmn import oracle
from engine.bpmn.oracle import Opinion, Verdict
from engine.bpmn.reader import Model, read_bpmn
from engine.catalog import Procedure
from engine.runtime.commands import Command

__all__ = ["Opinion", "SecondEngine", "Verdict", "ask"]

SecondEngine = Callable[[Procedure, Sequence[Sequence[Command]]], Sequence[Opinion]]
"""Replays the commands of each case on another engine and compares what waits after every step."""

PATHS: Final = 50
"""How many further paths are made of a procedure's scenarios; each takes about 10 ms."""
_NEVER: Final = "Kein Szenario beginnt diesen Prozess oder ruft ihn auf."


def ask(procedure: Procedure, cases: Sequence[Sequence[Command]]) -> Sequence[Opinion]:
    """Ask SpiffWorkflow about every process of a procedure, on all cases and on further paths made of them.

    A case that differs outweighs one that is not comparable, and that one outweighs those that agree. A process that
    is only called gets the verdict of those that call it.
    """
    models = [_model(procedure, name) for name in sorted(procedure.files) if name.endswith(".bpmn")]
    found: dict[str, list[Opinion]] = {process_id: [] for process_id in procedure.programs}
    opinions = [_of_case(procedure, models, commands, f"Szenario {n}") for n, commands in enumerate(cases, start=1)]
    if all(opinion.verdict is Verdict.AGREES for opinion in opinions):
        opinions += _on_further_paths(procedure, models, cases)
    for opinion in opinions:
        for process_id in oracle.called_from(opinion.process_id, procedure.programs):
            found[process_id].append(opinion)
    return [_outweighing(process_id, opinions) for process_id, opinions in found.items()]


def _model(procedure: Procedure, name: str) -> Model:
    return read_bpmn(procedure.files[name], name=name)


def _on_further_paths(
    procedure: Procedure, models: Sequence[Model], cases: Sequence[Sequence[Command]]
) -> Iterator[Opinion]:
    """Those that differ; a path too long for SpiffWorkflow is no reason to doubt the scenarios."""
    for number, commands in enumerate(oracle.paths(procedure.programs, cases, PATHS), start=1):
        opinion = _of_case(procedure, models, commands, f"Erzeugter Weg {number}")
        if opinion.verdict is Verdict.DIFFERS:
            yield opinion


def _of_case(procedure: Procedure, models: Sequence[Model], commands: Sequence[Command], name: str) -> Opinion:
    """The opinion about one case; a scenario that could not even start says nothing about the model."""
    if not commands:
        return Opinion(procedure.key, Verdict.NOT_COMPARABLE, f"{name} beginnt nicht.")
    opinion = oracle.compare(procedure.programs, models, commands)
    reason = f"{name}: {opinion.reason}" if opinion.reason else ""
    return Opinion(opinion.process_id or procedure.key, opinion.verdict, reason)


def _outweighing(process_id: str, opinions: Sequence[Opinion]) -> Opinion:
    for verdict in (Verdict.DIFFERS, Verdict.NOT_COMPARABLE, Verdict.AGREES):
        for opinion in opinions:
            if opinion.verdict is verdict:
                return Opinion(process_id, verdict, opinion.reason)
    return Opinion(process_id, Verdict.NOT_COMPARABLE, _NEVER)
