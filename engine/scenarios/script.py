"""`scenarios.toml` as values: what somebody hands in, who does what when, and what must come out.

The format is described in docs/adding-a-procedure.md. Times carry a zone; whoever acts is named by a word of the
author's choice, so that "nobody signs her own case" can be played.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from engine.catalog import typed_toml
from engine.catalog.findings import Findings
from storage.models.vorgang import Kanal


class Refusal(StrEnum):
    """Why a step of a scenario must be refused: the person may not do it, or what was entered does not fit."""

    NOT_ALLOWED = "not_allowed"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Act:
    """One step: `task` (an element id) is completed by `by` with `values`; without a task, only time passes until `at`.

    `values` are laid over what the form shows already. `refused`: the step must be refused, and changes nothing.
    `answers`: instead of completing the task, the party answers the items of its Rückfrage with these texts, in order,
    "" leaves one out. `extend_to`: instead, `by` gives the party time until that day.
    """

    at: datetime
    task: str = ""
    by: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    refused: Refusal | None = None
    answers: tuple[str, ...] = ()
    extend_to: date | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that must have been made, from which template, and which words must and must not stand in it."""

    template: str
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must have come out at the end.

    `path`: activities and events in the order in which they were reached, gateways left out. `tasks`: the tasks of
    people in the order in which they were opened. `amounts` and `dates`: FEEL over the variables of the process.
    """

    path: tuple[str, ...]
    tasks: tuple[str, ...]
    letters: tuple[Letter, ...] = ()
    amounts: Mapping[str, str] = field(default_factory=dict)
    dates: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case from the form to its end; `form` is already merged with the file's common part.

    `bestand` is what remains of the person's earlier matters, as `bestand.schreiben` takes it.
    """

    name: str
    start: datetime
    form: Mapping[str, object]
    do: tuple[Act, ...]
    expect: Expectation
    channel: Kanal = Kanal.PORTAL
    signed_in: bool = False
    bestand: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    scenario: tuple[Scenario, ...]
    form: Mapping[str, object] = field(default_factory=dict)


def read_scenarios(data: bytes, findings: Findings) -> tuple[Scenario, ...]:
    """Read a scenarios.toml; what does not fit is in the findings and the result is empty then."""
    table = typed_toml.parse(data, findings)
    if table is None:
        return ()
    common = table.get("form", {})
    if isinstance(common, dict) and isinstance(table.get("scenario"), list):
        table = {**table, "scenario": [_with_common(one, common) for one in table["scenario"]]}
    read = typed_toml.read(table, _File, findings)
    scenarios = read.scenario if read else ()
    _check(scenarios, findings)
    return scenarios


def _with_common(scenario: Any, common: Mapping[str, Any]) -> Any:
    if not isinstance(scenario, dict) or not isinstance(scenario.get("form", {}), dict):
        return scenario
    return {**scenario, "form": merge(common, scenario.get("form", {}))}


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay `above` over `below`: tables key by key, everything else (lists too) as a whole."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _check(scenarios: tuple[Scenario, ...], findings: Findings) -> None:
    names = set()
    for number, scenario in enumerate(scenarios, start=1):
        place = f"scenario[{number}]"
        if scenario.name in names:
            findings.refuse(place, "duplicate_name", f"Das Szenario „{scenario.name}“ gibt es zweimal.")
        names.add(scenario.name)
        moments = [scenario.start, *(act.at for act in scenario.do)]
        if any(later < earlier for earlier, later in pairwise(moments)):
            findings.refuse(place, "time_runs_back", f"Im Szenario „{scenario.name}“ läuft die Zeit rückwärts.")
