"""What is wrong with a decision before anybody uses it: overlaps, gaps, dead rules, wrong types, unknown names.

A column's constants cut its values into regions in which every cell answers the same; one sample stands for each region
and is put to the column's own index. Cells that are more than constants may apply anywhere: nothing is claimed about
them that is not sure.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from engine.dmn.decisions import DecisionModel
from engine.dmn.german import value_text
from engine.dmn.graph import DecisionNode
from engine.dmn.model import HitPolicy
from engine.dmn.run import DecisionRun
from engine.dmn.table import CompiledInput, CompiledTable
from engine.feel import UnaryTests, parse_unary_tests
from engine.feel.constants import NotConstant, constant
from engine.feel.syntax import Node, OperatorTest, RangeLiteral
from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration
from engine.feel.types import Constrained, Named, Type, coerced, german_kind, kind_of, type_text
from engine.feel.values import Value

MAX_REPORTED: Final = 5
MAX_WORK: Final = 3_000_000  # combinations of regions looked at in one table; about a second

_MISLEADING: Final = re.compile(r"\d+,\d+|\d+ ?- ?\d+")
_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SOME_OTHER_TEXT: Final = "ein anderer Text"


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """`rules` are row numbers from 1, `column` the label of an input; `line` is the table's or rule's in the file."""

    decision_id: str
    decision: str
    severity: Severity
    code: str
    rules: tuple[int, ...]
    column: str | None
    line: int
    message_de: str


def check_model(model: DecisionModel) -> list[CheckFinding]:
    """All findings of a model's decisions, in the order of the file."""
    findings: list[CheckFinding] = []
    for decision in model.decisions.values():
        findings += _Check(decision.node).findings()
    return findings


class _Check:
    def __init__(self, node: DecisionNode) -> None:
        self.node = node

    def findings(self) -> Iterator[CheckFinding]:
        for text, name in self.node.unknown_names:
            message = f"{text.place}: Den Namen „{name}“ gibt es hier nicht"
            yield self.finding(Severity.ERROR, "unknown_name", (), None, text.line, message)
        for table in self.node.tables:
            yield from self.table_findings(table)

    def finding(
        self, severity: Severity, code: str, rules: Sequence[int], column: str | None, line: int, message: str
    ) -> CheckFinding:
        element = self.node.element
        return CheckFinding(element.element_id, element.name, severity, code, tuple(rules), column, line, message)

    def table_findings(self, table: CompiledTable) -> Iterator[CheckFinding]:
        columns = [_Regions(table, position) for position in range(len(table.inputs))]
        budget = _Budget()
        for column in columns:
            yield from self.column_findings(table, column)
        yield from self.overlaps(table, columns)
        yield from self.gaps(table, columns, budget)
        yield from self.never(table, columns, budget)

    def column_findings(self, table: CompiledTable, column: "_Regions") -> Iterator[CheckFinding]:
        label, line = column.clause.label, table.source.line
        if table.cells and all(not row[column.position].tree.tests for row in table.cells):
            message = f"Die Spalte „{label}“ spielt keine Rolle: In jeder Regel steht „-“"
            yield self.finding(Severity.WARNING, "dead_column", (), label, line, message)
        for rule, text in column.suspicious():
            message = f"Regel {rule}, Spalte „{label}“: „{text}“ sind zwei Werte; Dezimalzahlen schreibt FEEL mit Punkt"
            if "-" in text:
                message = f"Regel {rule}, Spalte „{label}“: „{text}“ ist eine Rechnung; ein Bereich heißt [1..9]"
            yield self.finding(
                Severity.WARNING, "misleading_cell", (rule,), label, table.source.rules[rule - 1].line, message
            )
        for rule, value in column.clashes():
            have, wanted = german_kind(kind_of(value)), german_kind(type_text(column.clause.kind))
            message = f"Regel {rule}, Spalte „{label}“: {have} passt nicht zum Typ der Spalte ({wanted})"
            yield self.finding(Severity.ERROR, "type_clash", (rule,), label, table.source.rules[rule - 1].line, message)

    def never(self, table: CompiledTable, columns: Sequence["_Regions"], budget: "_Budget") -> Iterator[CheckFinding]:
        """Rules that no value reaches; under FIRST also those that earlier rules always forestall."""
        for index, rule in enumerate(table.source.rules):
            bit = 1 << index
            blocked = [column for column in columns if not any(mask & bit for mask in column.masks)]
            if blocked:
                label = blocked[0].clause.label
                message = f"Regel {rule.number} gilt nie: Die Bedingung in Spalte „{label}“ erfüllt kein erlaubter Wert"
                yield self.finding(Severity.ERROR, "never_matches", (rule.number,), label, rule.line, message)
            elif table.source.hit_policy is HitPolicy.FIRST and self.forestalled(columns, index, budget):
                message = f"Regel {rule.number} kommt nie zum Zug: Vor ihr gilt immer schon eine andere"
                yield self.finding(Severity.ERROR, "never_reached", (rule.number,), None, rule.line, message)

    def forestalled(self, columns: Sequence["_Regions"], index: int, budget: "_Budget") -> bool:
        bit = 1 << index
        sure = sum(1 << i for i in range(index) if not any(column.unsure >> i & 1 for column in columns))
        search = _Search(
            columns, budget, lambda mask: mask & bit != 0, lambda mask: mask & bit != 0 and not mask & sure
        )
        return not search.found(1) and not search.hopeless

    def overlaps(self, table: CompiledTable, columns: Sequence["_Regions"]) -> Iterator[CheckFinding]:
        """Under UNIQUE any overlap is an error; under ANY one with different results may be."""
        if table.source.hit_policy not in {HitPolicy.UNIQUE, HitPolicy.ANY}:
            return
        reported = 0
        for index, rule in enumerate(table.source.rules):
            others = _meeting(columns, index)
            if table.source.hit_policy is HitPolicy.ANY:
                others = _differing(table, index, others)
            for other in _bits(others >> (index + 1)):
                if reported == MAX_REPORTED:
                    return
                reported += 1
                numbers = (rule.number, table.source.rules[index + 1 + other].number)
                example = _example(columns, [column.sample_of(index, index + 1 + other) for column in columns])
                message = f"Die Regeln {numbers[0]} und {numbers[1]} gelten beide{example}"
                yield self.finding(Severity.ERROR, "overlap", numbers, None, rule.line, message)

    def gaps(self, table: CompiledTable, columns: Sequence["_Regions"], budget: "_Budget") -> Iterator[CheckFinding]:
        """Inputs that no rule covers, where the table then has no result."""
        if table.source.hit_policy in _LISTS or any(output.default is not None for output in table.outputs):
            return
        search = _Search(columns, budget, lambda _: True, lambda mask: mask == 0)
        for values in search.found(MAX_REPORTED):
            message = f"{table.source.place}: Keine Regel gilt{_example(columns, values)}"
            yield self.finding(Severity.WARNING, "gap", (), None, table.source.line, message)
        if search.hopeless:
            message = f"{table.source.place}: Die Tabelle ist zu groß, um sie auf Lücken zu prüfen"
            yield self.finding(Severity.WARNING, "gaps_unchecked", (), None, table.source.line, message)


_LISTS: Final = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})


class _Regions:
    """One column: a sample value per region and the rules that apply there; `unsure` are rules with other cells."""

    def __init__(self, table: CompiledTable, position: int) -> None:
        self.position = position
        self.clause: CompiledInput = table.inputs[position]
        self.cells: list[UnaryTests] = [row[position] for row in table.cells]
        self.unsure = sum(bit for bit, _ in self.clause.column.others if not self.is_sure(bit))
        self.samples: list[Value] = []
        self.masks: list[int] = []
        run = DecisionRun(_NOW)
        seen: set[int] = set()
        for value in self.candidates():
            mask = self.clause.column.passing(value, {}, run) | self.unsure
            if mask not in seen:
                seen.add(mask)
                self.samples.append(value)
                self.masks.append(mask)
        if not self.masks:
            self.samples, self.masks = [None], [(1 << len(self.cells)) - 1]

    def is_sure(self, bit: int) -> bool:
        """Whether the cell of that rule says something about constants only."""
        cell = self.cells[bit.bit_length() - 1]
        return not (cell.names or cell.possible_names) and all(_constants(test) is not None for test in cell.tree.tests)

    def candidates(self) -> Iterator[Value]:
        for value in _samples(self.constants()):
            converted, fits = coerced(value, self.clause.kind)
            if fits and converted is not None and (self.clause.allows is None or self.clause.allows(converted)):
                yield converted

    def constants(self) -> list[Value]:
        values: list[Value] = [
            value for cell in self.cells for test in cell.tree.tests for value in _constants(test) or ()
        ]
        return [*values, *self.clause.allowed, *_allowed_of(self.clause.kind)]

    def clashes(self) -> Iterator[tuple[int, Value]]:
        """Rules whose cell compares with a constant that is not of the column's type."""
        base = _base(self.clause.kind)
        for number, cell in enumerate(self.cells, 1):
            for test in cell.tree.tests:
                for value in _constants(test) or ():
                    if value is not None and not coerced(value, base)[1]:
                        yield number, value

    def suspicious(self) -> Iterator[tuple[int, str]]:
        """Rules whose cell reads like a German decimal or a range written with a dash."""
        for number, cell in enumerate(self.cells, 1):
            text = cell.text.strip()
            if _MISLEADING.fullmatch(text):
                yield number, text

    def sample_of(self, first: int, second: int) -> Value:
        both = 1 << first | 1 << second
        return next(value for value, mask in zip(self.samples, self.masks, strict=True) if mask & both == both)


class _Budget:
    """What the searches of one table may still look at."""

    def __init__(self) -> None:
        self.left = MAX_WORK


class _Search:
    """Walks through combinations of regions, column by column, without visiting the same rules twice in a column.

    `hopeless` afterwards says that the budget ended it.
    """

    def __init__(
        self,
        columns: Sequence[_Regions],
        budget: _Budget,
        may: Callable[[int], bool],
        hits: Callable[[int], bool],
    ) -> None:
        self.columns = columns
        self.budget = budget
        self.may = may
        self.hits = hits
        self.visited: set[tuple[int, int]] = set()
        self.hopeless = False

    def found(self, at_most: int) -> list[list[Value]]:
        """Up to that many combinations whose rules are hits, as a value per column (None: any)."""
        results: list[list[Value]] = []
        every = (1 << max((len(column.cells) for column in self.columns), default=0)) - 1
        stack: list[tuple[int, int, list[Value]]] = [(0, every, [])]
        while stack and len(results) < at_most:
            depth, mask, values = stack.pop()
            if depth == len(self.columns) or mask == 0:
                if self.hits(mask):  # with no rule left, the remaining columns may hold anything
                    results.append([*values, *[None] * (len(self.columns) - depth)])
                continue
            if (depth, mask) in self.visited:
                continue
            self.visited.add((depth, mask))
            column = self.columns[depth]
            self.budget.left -= len(column.masks)
            if self.budget.left < 0:
                self.hopeless = True
                break
            for sample, rules in zip(reversed(column.samples), reversed(column.masks), strict=True):
                if self.may(mask & rules):
                    stack.append((depth + 1, mask & rules, [*values, sample]))
        return results


def _meeting(columns: Sequence[_Regions], index: int) -> int:
    """The later rules that can apply together with rule `index`, as far as that is sure."""
    bit, meeting, unsure = 1 << index, ~((1 << (index + 1)) - 1), 0
    for column in columns:
        in_column = 0
        for mask in column.masks:
            if mask & bit:
                in_column |= mask
        meeting &= in_column
        unsure |= column.unsure
    return 0 if unsure & bit or not columns else meeting & ~unsure


def _differing(table: CompiledTable, index: int, others: int) -> int:
    """Those of `others` whose outputs are written differently."""
    own = [entry.text for entry in table.entries[index]]
    return sum(1 << other for other in _bits(others) if [entry.text for entry in table.entries[other]] != own)


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _example(columns: Sequence[_Regions], values: Sequence[Value]) -> str:
    facts = [
        f"{column.clause.label} = {value_text(value, column.clause.label)}"
        for column, value in zip(columns, values, strict=True)
        if value is not None
    ]
    return f", zum Beispiel für {', '.join(facts)}" if facts else ""


# Constants and samples.


def _constants(test: Node) -> list[Value] | None:
    """The constants a test compares with, None where it is more than that."""
    parts: list[Node | None] = [test]
    if isinstance(test, OperatorTest):
        parts = [test.operand]
    elif isinstance(test, RangeLiteral):
        parts = [part for part in (test.start, test.end) if part is not None]
    values = [constant(part) for part in parts if part is not None]
    return None if any(isinstance(value, NotConstant) for value in values) else values  # type: ignore[return-value]


def _samples(values: Sequence[Value]) -> Iterator[Value]:
    """The constants, and between, before and after them a value of each kind."""
    for kind in dict.fromkeys(type(value) for value in values if value is not None):
        own = [value for value in values if type(value) is kind]
        if kind is bool:
            yield from (True, False)
        elif kind is str:
            yield from dict.fromkeys(own)
            yield _SOME_OTHER_TEXT
        elif kind in _LINES:
            yield from _between(sorted(set(own)), _LINES[kind])
        else:
            yield from own


def _between(points: Sequence[Any], line: "_Line") -> Iterator[Value]:
    yield from _shifted(line, points[0], -1)
    for position, point in enumerate(points):
        yield point
        if position + 1 < len(points):
            between = line.middle(point, points[position + 1])
            if point < between < points[position + 1]:
                yield between
    yield from _shifted(line, points[-1], 1)


def _shifted(line: "_Line", value: Any, sign: int) -> Iterator[Value]:
    with suppress(OverflowError):
        yield line.shift(value, sign)


@dataclass(frozen=True, slots=True)
class _Line:
    """How to find values beside and between constants of an ordered kind."""

    shift: Callable[[Any, int], Value]
    middle: Callable[[Any, Any], Any]


_LINES: Final[Mapping[type, _Line]] = {
    Decimal: _Line(lambda value, sign: value + sign, lambda low, high: (low + high) / 2),
    date: _Line(lambda day, sign: day + timedelta(days=sign), lambda low, high: low + (high - low) // 2),
    DaysTimeDuration: _Line(
        lambda length, sign: DaysTimeDuration(length.nanoseconds + sign * 1_000_000_000),
        lambda low, high: DaysTimeDuration((low.nanoseconds + high.nanoseconds) // 2),
    ),
    YearsMonthsDuration: _Line(
        lambda length, sign: YearsMonthsDuration(length.months + sign),
        lambda low, high: YearsMonthsDuration((low.months + high.months) // 2),
    ),
}


def _base(kind: Type) -> Type:
    while isinstance(kind, Named | Constrained):
        kind = kind.target if isinstance(kind, Named) else kind.base
    return kind


def _allowed_of(kind: Type) -> Iterator[Value]:
    """The constants among a type's allowed values."""
    while isinstance(kind, Named | Constrained):
        if isinstance(kind, Constrained):
            for test in parse_unary_tests(kind.wording).tree.tests:
                yield from _constants(test) or ()
        kind = kind.target if isinstance(kind, Named) else kind.base
