"""A decision table as people read it: its columns and rows, and in a case which rules applied.

Texts are German; `text` of a cell is the FEEL that the author wrote. A case is read from its stored trace, which says
what was decided, and from the model of the version that decided, which never changes.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.dmn.evaluation import Decision
from engine.dmn.german import is_equality, value_text, wording
from engine.dmn.graph import DecisionNode
from engine.dmn.model import Aggregation, HitPolicy, Literal, Text
from engine.dmn.table import CompiledOutput, CompiledTable, Entry
from engine.dmn.trace import stored_steps
from engine.feel import UnaryTests
from engine.feel.types import ANY, german_kind, type_text
from engine.feel.values import Value, from_json

POLICIES: Final[Mapping[HitPolicy, str]] = {
    HitPolicy.UNIQUE: "Genau eine Regel gilt.",
    HitPolicy.FIRST: "Es gilt die oberste Regel, die zutrifft.",
    HitPolicy.ANY: "Mehrere Regeln dürfen zutreffen, wenn sie dasselbe ergeben.",
    HitPolicy.PRIORITY: "Es gilt das wichtigste Ergebnis der Regeln, die zutreffen.",
    HitPolicy.COLLECT: "Alle Regeln, die zutreffen, zählen.",
    HitPolicy.RULE_ORDER: "Alle Regeln, die zutreffen, zählen, in der Reihenfolge der Tabelle.",
    HitPolicy.OUTPUT_ORDER: "Alle Regeln, die zutreffen, zählen, das wichtigste Ergebnis zuerst.",
}
AGGREGATIONS: Final[Mapping[Aggregation, str]] = {
    Aggregation.SUM: "Ihre Ergebnisse werden zusammengezählt.",
    Aggregation.MIN: "Es bleibt das kleinste Ergebnis.",
    Aggregation.MAX: "Es bleibt das größte Ergebnis.",
    Aggregation.COUNT: "Es zählt, wie viele zutreffen.",
}


@dataclass(frozen=True, slots=True)
class Column:
    """`expression` is FEEL and empty for results; `given` is the value in the case, "" where none is known."""

    label: str
    expression: str
    kind: str
    allowed: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """`reading` says in German what `text` asks for or gives; "-" is read as "beliebig".

    `is_plain`: the reading says all that the text does, as for one value.
    """

    text: str
    reading: str
    is_plain: bool


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    rule_id: str
    line: int
    tests: tuple[Cell, ...]
    outputs: tuple[Cell, ...]
    annotations: tuple[str, ...]
    is_matched: bool


@dataclass(frozen=True, slots=True)
class TableView:
    """One table; `place` names it within its model, `default` are the results where no rule applies ("" without)."""

    place: str
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    annotations: tuple[str, ...]
    rows: tuple[Row, ...]
    default: tuple[str, ...]
    is_default_used: bool = False

    @property
    def policy_text(self) -> str:
        """What the hit policy means, in a German sentence or two."""
        extra = AGGREGATIONS[self.aggregation] if self.aggregation else ""
        return f"{POLICIES[self.hit_policy]} {extra}".strip()

    @property
    def matched(self) -> tuple[int, ...]:
        return tuple(row.number for row in self.rows if row.is_matched)


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decision for reading: its tables, or else the expression that computes it; `about` is what the author says."""

    decision_id: str
    name: str
    about: str
    needs: tuple[str, ...]
    tables: tuple[TableView, ...]
    expression: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One decision on the way to a result, from a stored trace.

    `tables` are whole, with what applied; a table that the model no longer has is left to `sentence`.
    """

    decision_id: str
    name: str
    question: str
    sentence: str
    inputs: tuple[tuple[str, str], ...]
    value: str
    tables: tuple[TableView, ...]
    annotations: tuple[tuple[int, str], ...]
    problems: tuple[str, ...]


def table_view(
    table: CompiledTable,
    *,
    matched: Collection[int] = (),
    given: Sequence[Value] | None = None,
    is_default_used: bool = False,
) -> TableView:
    """The table; `matched` are numbers of rules from 1, `given` the values of the input columns in a case."""
    source = table.source
    values = [value_text(value, clause.label) for clause, value in zip(table.inputs, given or (), strict=False)]
    values += [""] * (len(table.inputs) - len(values))
    return TableView(
        place=source.place,
        hit_policy=source.hit_policy,
        aggregation=source.aggregation,
        inputs=tuple(
            Column(clause.label, _text(written.expression), _kind(clause.kind), _text(written.allowed), value)
            for clause, written, value in zip(table.inputs, source.inputs, values, strict=True)
        ),
        outputs=tuple(
            Column(
                output.label or source.output_label,
                "",
                _kind(output.kind),
                _text(written.allowed),
            )
            for output, written in zip(table.outputs, source.outputs, strict=True)
        ),
        annotations=_annotation_names(table),
        rows=tuple(_row(table, index, matched) for index in range(len(table.entries))),
        default=_default(table),
        is_default_used=is_default_used,
    )


def decision_view(decision: Decision) -> DecisionView:
    """The decision as it is deployed, without any case."""
    return _decision(decision.node, decision)


def decision_views(decision: Decision) -> list[DecisionView]:
    """The decision and all that it is built on, each after what it needs."""
    return [_decision(node, decision) for node in decision.graph.order(decision.node)]


def step_views(decision: Decision | None, trace: Mapping[str, Any]) -> list[StepView]:
    """The steps of a stored trace (`DecisionTrace.to_json`), each once, the decision itself last.

    `decision` is the one of the version that decided; without it, the steps have no tables.
    """
    return [_step(decision, step) for step in stored_steps(trace)]


def _row(table: CompiledTable, index: int, matched: Collection[int]) -> Row:
    rule = table.source.rules[index]
    names = len(_annotation_names(table))
    return Row(
        number=rule.number,
        rule_id=rule.rule_id,
        line=rule.line,
        tests=tuple(_test(tests, clause.label) for tests, clause in zip(table.cells[index], table.inputs, strict=True)),
        outputs=tuple(
            _output(entry, output) for entry, output in zip(table.entries[index], table.outputs, strict=True)
        ),
        annotations=tuple([*rule.annotations, *[""] * names][:names]),
        is_matched=rule.number in matched,
    )


def _test(tests: UnaryTests, label: str) -> Cell:
    if not tests.tree.tests:
        return Cell("-", "beliebig", is_plain=True)
    reading = wording(tests.tree, tests.text, label)
    return Cell(" ".join(tests.text.split()), reading, is_equality(tests.tree))


def _output(entry: Entry, output: CompiledOutput) -> Cell:
    text = " ".join(entry.text.split())
    is_constant = entry.code is None
    return Cell(text, value_text(entry.constant, output.label) if is_constant and text else text, is_constant)


def _default(table: CompiledTable) -> tuple[str, ...]:
    if all(output.default is None for output in table.outputs):
        return ()
    return tuple("" if output.default is None else _output(output.default, output).reading for output in table.outputs)


def _annotation_names(table: CompiledTable) -> tuple[str, ...]:
    """The named columns; rules with more annotations than names get a column "Anmerkung"."""
    names = [name or "Anmerkung" for name in table.source.annotation_names]
    most = max((len(rule.annotations) for rule in table.source.rules), default=0)
    return (*names, *["Anmerkung"] * (most - len(names)))


def _kind(kind: Any) -> str:
    return "" if kind is ANY else german_kind(type_text(kind))


def _text(text: Text | None) -> str:
    """What the author wrote, in one line."""
    return " ".join(text.text.split()) if text else ""


def _decision(node: DecisionNode, decision: Decision) -> DecisionView:
    element = node.element
    content = element.content
    return DecisionView(
        decision_id=element.element_id,
        name=element.name,
        about=" ".join(filter(None, (element.question, element.description))),
        needs=tuple(_need_names(node, decision)),
        tables=tuple(table_view(table) for table in node.tables),
        expression=_text(content.text) if isinstance(content, Literal) else "",
    )


def _need_names(node: DecisionNode, decision: Decision) -> Iterator[str]:
    for need in node.needs:
        below = decision.graph.decisions.get(need.key)
        yield below.element.name if below else need.name


def _step(decision: Decision | None, step: Mapping[str, Any]) -> StepView:
    by_place = {} if decision is None else _tables_by_place(decision, step["decision"])
    found = [(by_place.get(used["place"]), used) for used in step["tables"]]
    return StepView(
        decision_id=step["decision"],
        name=step["name"],
        question=step["question"],
        sentence=step["sentence"],
        inputs=tuple((one["name"], _stored_text(one["name"], one["value"])) for one in step["inputs"]),
        value=_stored_text(step["name"], step["value"]),
        tables=tuple(_used(table, used) for table, used in found if table is not None and _fits(table, used)),
        annotations=tuple(
            (rule["number"], note)
            for used in step["tables"]
            for rule in used["rules"]
            for note in rule["annotations"]
            if note
        ),
        problems=tuple(one["reason"] for one in step["diagnostics"]),
    )


def _tables_by_place(decision: Decision, element_id: str) -> dict[str, CompiledTable]:
    """The tables that a step can have used: its own before those of the functions that it calls."""
    graph = decision.graph
    tables = [table for node in graph.knowledge.values() for table in node.tables]
    tables += [
        table for node in graph.order(decision.node) if node.element.element_id == element_id for table in node.tables
    ]
    return {table.source.place: table for table in tables}


def _used(table: CompiledTable, used: Mapping[str, Any]) -> TableView:
    return table_view(
        table,
        matched=[rule["number"] for rule in used["rules"]],
        given=[from_json(one["value"]) for one in used["inputs"]],
        is_default_used=used["default_used"],
    )


def _fits(table: CompiledTable, used: Mapping[str, Any]) -> bool:
    """Whether the rules that applied are the ones that stand there."""
    ids = {rule.number: rule.rule_id for rule in table.source.rules}
    return all(ids.get(rule["number"]) == rule["rule"] for rule in used["rules"])


def _stored_text(label: str, stored: Any) -> str:
    return value_text(from_json(stored), label)
