"""Why a decision came out as it did: as data that can be stored, and as German sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.dmn.german import value_text, without_unit
from engine.dmn.model import Aggregation, HitPolicy
from engine.feel.errors import Diagnostic
from engine.feel.values import Function, Json, Value, to_json


@dataclass(frozen=True, slots=True)
class Condition:
    """One cell of a rule that applied: the column's label, the value and what the cell asks for.

    `wanted` is empty where the cell names just that value.
    """

    label: str
    value: Value
    test: str
    wanted: str


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule that applied; cells that take anything are left out of `conditions`."""

    number: int
    rule_id: str
    conditions: tuple[Condition, ...]
    outputs: tuple[tuple[str, Value], ...]
    annotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableTrace:
    """One use of a decision table."""

    place: str
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[tuple[str, Value], ...]
    rules: tuple[RuleTrace, ...]
    default_used: bool
    value: Value
    labels: tuple[str, ...]
    problem: str


@dataclass(frozen=True, slots=True)
class DecisionTrace:
    """A decision with what went into it; `required` holds the decisions it was built on, in the order of the model."""

    decision_id: str
    name: str
    question: str
    inputs: tuple[tuple[str, Value], ...]
    tables: tuple[TableTrace, ...]
    value: Value
    diagnostics: tuple[Diagnostic, ...]
    required: tuple["DecisionTrace", ...]

    @property
    def sentence(self) -> str:
        """One German sentence that a caseworker can put into the file."""
        if self.tables:
            return table_sentence(self.tables[-1], self.value)
        problem = f" ({self.diagnostics[0].reason})" if self.value is None and self.diagnostics else ""
        sources = _listed([_source(name, value) for name, value in self.inputs])
        because = f", berechnet aus {sources}" if sources else ""
        return f"Ergebnis: {value_text(self.value, self.name)}{because}{problem}"

    def sentences(self) -> list[str]:
        """The sentences of all decisions on the way and of this one last, each with its name in front."""
        steps = {step.decision_id: step for step in _steps(self)}
        return [f"{step.name}: {step.sentence}" for step in steps.values()]

    def to_json(self) -> dict[str, Any]:
        """The whole trace as JSON; values are tagged as `engine.feel.to_json` writes them."""
        return {
            "decision": self.decision_id,
            "name": self.name,
            "question": self.question,
            "inputs": _named_json(self.inputs),
            "tables": [_table_json(table) for table in self.tables],
            "value": _value_json(self.value),
            "sentence": self.sentence,
            "diagnostics": [diagnostic._asdict() for diagnostic in self.diagnostics],
            "required": [decision.to_json() for decision in self.required],
        }


def stored_steps(trace: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The decisions on the way of a trace that `to_json` wrote, each once, the one that was asked for last."""
    return list({step["decision"]: step for step in _stored(trace)}.values())


def stored_sentences(trace: Mapping[str, Any]) -> list[str]:
    """`DecisionTrace.sentences` of a trace that `to_json` wrote."""
    return [f"{step['name']}: {step['sentence']}" for step in stored_steps(trace)]


def _stored(trace: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for required in trace["required"]:
        yield from _stored(required)
    yield trace


def table_sentence(table: TableTrace, value: Value) -> str:
    """Which rules applied and why; else that none did."""
    result = f"Ergebnis: {_result_text(table, value)}"
    if table.problem:
        return f"{table.problem}; es gibt kein Ergebnis"
    if not table.rules:
        facts = _listed([f"{label} = {value_text(given, label)}" for label, given in table.inputs])
        given = f" für {facts}" if facts else ""
        default = "es gilt der Standardwert; " if table.default_used else ""
        return f"Keine Regel gilt{given}; {default}{result}"
    if len(table.rules) == 1:
        rule = table.rules[0]
        return f"Regel {rule.number} gilt{_because(rule)}; {result}"
    numbers = _listed([str(rule.number) for rule in table.rules])
    reasons = "; ".join(f"Regel {rule.number}{_because(rule)}" for rule in table.rules)
    return f"Die Regeln {numbers} gelten: {reasons}; {result}"


def _because(rule: RuleTrace) -> str:
    if not rule.conditions:
        return " ohne Bedingung"
    return ", weil " + _listed([_condition_text(condition) for condition in rule.conditions])


def _condition_text(condition: Condition) -> str:
    text = f"{condition.label} = {value_text(condition.value, condition.label)}"
    return f"{text} ({condition.wanted})" if condition.wanted else text


def _result_text(table: TableTrace, value: Value) -> str:
    if len(table.labels) == 1:
        return value_text(value, table.labels[0])
    if isinstance(value, dict) and len(value) == len(table.labels):
        pairs = zip(table.labels, value.values(), strict=True)
        return ", ".join(f"{without_unit(label)} {value_text(item, label)}" for label, item in pairs)
    return value_text(value)


def _listed(texts: Sequence[str]) -> str:
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} und {texts[-1]}"


def _source(name: str, value: Value) -> str:
    """What went in; lists and contexts are named only, their content stays in the data."""
    return name if isinstance(value, list | dict) else f"{name} = {value_text(value, name)}"


def _steps(trace: DecisionTrace) -> Iterator[DecisionTrace]:
    for required in trace.required:
        yield from _steps(required)
    yield trace


def _value_json(value: Value) -> Json:
    """As stored; a function has no stored form and is named instead."""
    if isinstance(value, Function):
        return "function"
    if isinstance(value, list):
        return [_value_json(item) for item in value]
    if isinstance(value, dict):
        return {"c": {key: _value_json(item) for key, item in value.items()}}
    return to_json(value)


def _named_json(values: Sequence[tuple[str, Value]]) -> list[Json]:
    return [{"name": name, "value": _value_json(value)} for name, value in values]


def _table_json(table: TableTrace) -> dict[str, Any]:
    return {
        "place": table.place,
        "hit_policy": table.hit_policy.value,
        "aggregation": table.aggregation and table.aggregation.value,
        "inputs": _named_json(table.inputs),
        "rules": [_rule_json(rule) for rule in table.rules],
        "default_used": table.default_used,
        "value": _value_json(table.value),
        "problem": table.problem,
        "sentence": table_sentence(table, table.value),
    }


def _rule_json(rule: RuleTrace) -> dict[str, Any]:
    return {
        "number": rule.number,
        "rule": rule.rule_id,
        "conditions": [
            {"label": one.label, "value": _value_json(one.value), "test": one.test, "wanted": one.wanted}
            for one in rule.conditions
        ],
        "outputs": _named_json(rule.outputs),
        "annotations": list(rule.annotations),
    }
