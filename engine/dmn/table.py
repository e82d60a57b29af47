"""Decision tables: which rules apply, and what the hit policy makes of them (DMN 1.5 8.2.10 and 8.2.11)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.dmn.columns import Column
from engine.dmn.model import Aggregation, HitPolicy, Table
from engine.dmn.run import Code, DecisionRun
from engine.feel import UnaryTests
from engine.feel.errors import Diagnostic
from engine.feel.numbers import CONTEXT, ZERO
from engine.feel.operators import compare, equal
from engine.feel.types import Type, coerced, german_kind, kind_of, type_text
from engine.feel.values import Value

Names = Mapping[str, Value]
_Allows = Callable[[Value], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """An output cell: code, or a constant where `code` is None; `text` is what the author wrote."""

    code: Code | None
    constant: Value
    text: str

    def value(self, names: Names, run: DecisionRun) -> Value:
        return self.constant if self.code is None else self.code(names, run)


@dataclass(frozen=True, slots=True)
class CompiledInput:
    """`sure` are the classes of values that need no further check of their type; `allowed` the constants allowed."""

    code: Code
    kind: Type
    sure: frozenset[type]
    allows: _Allows | None
    allowed: tuple[Value, ...]
    column: Column
    label: str


@dataclass(frozen=True, slots=True)
class CompiledOutput:
    """`order` ranks the allowed values for PRIORITY and OUTPUT ORDER, the most important first."""

    name: str
    label: str
    kind: Type
    sure: frozenset[type]
    allows: _Allows | None
    order: tuple[Value, ...]
    default: Entry | None


class NoResult(Exception):
    """The table has no result for these inputs; the text is German."""


class CompiledTable:
    """A decision table ready to use. `cells` are the compiled tests per rule, kept for the trace."""

    def __init__(
        self,
        source: Table,
        inputs: Sequence[CompiledInput],
        outputs: Sequence[CompiledOutput],
        cells: Sequence[Sequence[UnaryTests]],
        entries: Sequence[Sequence[Entry]],
    ) -> None:
        self.source = source
        self.inputs = tuple(inputs)
        self.outputs = tuple(outputs)
        self.cells = tuple(tuple(row) for row in cells)
        self.entries = tuple(tuple(row) for row in entries)
        self.alone = tuple(self.constant_result(rule) for rule in range(len(self.entries)))
        self.every_rule = (1 << len(self.entries)) - 1
        # Where values are limited, none is taken without a look at it.
        self.lookups = tuple(
            (clause, clause.code, frozenset() if clause.allows else clause.sure, clause.column.passing)
            for clause in self.inputs
        )
        self.decide = _POLICIES[source.hit_policy]

    def value(self, names: Names, run: DecisionRun) -> Value:
        """The table's result, null with a diagnostic where it has none; leaves a record. May raise LimitExceeded."""
        values: list[Value] = []
        matched: tuple[int, ...] = ()
        outputs: tuple[tuple[Value, ...], ...] = ()
        default_used, problem = False, ""
        result: Value = None
        try:
            rules = self.every_rule
            for clause, code, sure, passing in self.lookups:
                value = code(names, run)
                if type(value) not in sure:
                    value = self.input_value(clause, value)
                values.append(value)
                rules &= passing(value, names, run)
            if rules:
                matched, outputs, result = self.decide(self, rules, names, run)
            else:
                default_used, result = self.without_rule(names, run)
        except NoResult as reason:
            problem = str(reason)
            run.diagnostics.append(Diagnostic(1, 1, problem, self.source.place))
        run.records.append((self, tuple(values), matched, outputs, default_used, result, problem))
        return result

    def input_value(self, clause: CompiledInput, given: Value) -> Value:
        value, fits = coerced(given, clause.kind)
        if not fits:
            wanted, have = german_kind(type_text(clause.kind)), german_kind(kind_of(given))
            raise NoResult(f"„{clause.label}“ passt nicht zum Typ {wanted}, sondern ist: {have}")
        if clause.allows is not None and value is not None and not clause.allows(value):
            raise NoResult(f"Der Wert von „{clause.label}“ gehört nicht zu den erlaubten Werten")
        return value

    def without_rule(self, names: Names, run: DecisionRun) -> tuple[bool, Value]:
        if any(output.default is not None for output in self.outputs):
            row = tuple(
                None if output.default is None else self.output_value(output, output.default.value(names, run))
                for output in self.outputs
            )
            single = self.shaped(row)
            return True, [single] if self.source.hit_policy in _LIST_POLICIES and not self.aggregates() else single
        if self.source.hit_policy in _LIST_POLICIES:
            return False, ZERO if self.source.aggregation is Aggregation.COUNT else self.nothing_collected()
        return False, None

    def nothing_collected(self) -> Value:
        return None if self.aggregates() else []

    def aggregates(self) -> bool:
        return self.source.aggregation is not None

    def row(self, rule: int, names: Names, run: DecisionRun) -> tuple[Value, ...]:
        """The outputs of one rule."""
        cells = zip(self.outputs, self.entries[rule], strict=True)
        return tuple(self.output_value(output, entry.value(names, run)) for output, entry in cells)

    def constant_result(self, rule: int) -> "_Decided | None":
        """What the rule gives when it applies alone, None where that must be computed or does not fit."""
        entries = self.entries[rule]
        if len(entries) != len(self.outputs) or any(entry.code is not None for entry in entries):
            return None
        cells = zip(self.outputs, entries, strict=True)
        try:
            row = tuple(self.output_value(output, entry.constant) for output, entry in cells)
        except NoResult:
            return None
        return (rule,), (row,), self.shaped(row)

    def output_value(self, output: CompiledOutput, given: Value) -> Value:
        value, fits = (given, True) if type(given) in output.sure else coerced(given, output.kind)
        label = output.label or "Ergebnis"
        if not fits:
            wanted, have = german_kind(type_text(output.kind)), german_kind(kind_of(given))
            raise NoResult(f"„{label}“ passt nicht zum Typ {wanted}, sondern ist: {have}")
        if output.allows is not None and value is not None and not output.allows(value):
            raise NoResult(f"Der Wert von „{label}“ gehört nicht zu den erlaubten Werten")
        return value

    def shaped(self, row: tuple[Value, ...]) -> Value:
        """One output is its value, several are a context."""
        if len(row) == 1:
            return row[0]
        return {output.name: value for output, value in zip(self.outputs, row, strict=True)}


_Decided = tuple[tuple[int, ...], tuple[tuple[Value, ...], ...], Value]
_Policy = Callable[[CompiledTable, int, Names, DecisionRun], _Decided]


def _indexes(rules: int) -> tuple[int, ...]:
    found = []
    while rules:
        lowest = rules & -rules
        found.append(lowest.bit_length() - 1)
        rules ^= lowest
    return tuple(found)


def _listed(numbers: Sequence[int]) -> str:
    texts = [str(index + 1) for index in numbers]
    return f"{', '.join(texts[:-1])} und {texts[-1]}"


def _unique(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    if rules & (rules - 1):
        raise NoResult(
            f"Die Regeln {_listed(_indexes(rules))} gelten zugleich, erlaubt ist nur eine (Trefferregel UNIQUE)"
        )
    return table.alone[rules.bit_length() - 1] or _first(table, rules, names, run)


def _first(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    index = (rules & -rules).bit_length() - 1
    decided = table.alone[index]
    if decided is not None:
        return decided
    row = table.row(index, names, run)
    return (index,), (row,), table.shaped(row)


def _any(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    indexes = _indexes(rules)
    rows = tuple(table.row(index, names, run) for index in indexes)
    first = rows[0]
    for row in rows[1:]:
        if not all(equal(a, b) is True for a, b in zip(first, row, strict=True)):
            raise NoResult(
                f"Die Regeln {_listed(indexes)} gelten zugleich mit verschiedenen Ergebnissen (Trefferregel ANY)"
            )
    return indexes, rows, table.shaped(first)


def _priority(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    ranked = _ranked(table, rules, names, run)
    index, row = ranked[0]
    return (index,), (row,), table.shaped(row)


def _output_order(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    ranked = _ranked(table, rules, names, run)
    rows = tuple(row for _, row in ranked)
    return tuple(index for index, _ in ranked), rows, [table.shaped(row) for row in rows]


def _ranked(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> list[tuple[int, tuple[Value, ...]]]:
    """The rules that apply by the order of their outputs' allowed values, the first column first."""
    rows = [(index, table.row(index, names, run)) for index in _indexes(rules)]
    return sorted(
        rows, key=lambda found: [_rank(output, value) for output, value in zip(table.outputs, found[1], strict=True)]
    )


def _rank(output: CompiledOutput, value: Value) -> int:
    for rank, allowed in enumerate(output.order):
        if equal(value, allowed) is True:
            return rank
    return len(output.order)


def _rule_order(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    indexes = _indexes(rules)
    rows = tuple(table.row(index, names, run) for index in indexes)
    return indexes, rows, [table.shaped(row) for row in rows]


def _collect(table: CompiledTable, rules: int, names: Names, run: DecisionRun) -> _Decided:
    indexes, rows, values = _rule_order(table, rules, names, run)
    aggregation = table.source.aggregation
    if aggregation is None or not isinstance(values, list):
        return indexes, rows, values
    return indexes, rows, _AGGREGATIONS[aggregation](values)


def _count(values: list[Value]) -> Value:
    return CONTEXT.create_decimal(len(values))


def _sum(values: list[Value]) -> Value:
    total = ZERO
    for value in values:
        if not isinstance(value, Decimal):
            raise NoResult(f"SUM zählt nur Zahlen zusammen, nicht: {german_kind(kind_of(value))}")
        total = CONTEXT.add(total, value)
    return total


def _least(values: list[Value]) -> Value:
    return _extreme(values, -1)


def _greatest(values: list[Value]) -> Value:
    return _extreme(values, 1)


def _extreme(values: list[Value], wanted: int) -> Value:
    best = values[0]
    for value in values[1:]:
        order = compare(value, best)
        if order is None:
            raise NoResult("MIN und MAX brauchen vergleichbare Ergebnisse")
        if order == wanted:
            best = value
    return best


_LIST_POLICIES: Final = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})
_POLICIES: Final[Mapping[HitPolicy, _Policy]] = {
    HitPolicy.UNIQUE: _unique,
    HitPolicy.FIRST: _first,
    HitPolicy.ANY: _any,
    HitPolicy.PRIORITY: _priority,
    HitPolicy.COLLECT: _collect,
    HitPolicy.RULE_ORDER: _rule_order,
    HitPolicy.OUTPUT_ORDER: _output_order,
}
_AGGREGATIONS: Final[Mapping[Aggregation, Callable[[list[Value]], Value]]] = {
    Aggregation.SUM: _sum,
    Aggregation.MIN: _least,
    Aggregation.MAX: _greatest,
    Aggregation.COUNT: _count,
}
