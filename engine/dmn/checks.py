"""What is wrong with a decision before anybody uses it: overlaps, gaps, dead rules, wrong types, unknown names.

Nothing is claimed that is not sure: cells that are more than constants may apply anywhere, and columns that may hang
together make an overlap a question instead of an error.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from engine.dmn.decisions import DecisionModel
from engine.dmn.german import value_text
from engine.dmn.model import HitPolicy, Text
from engine.dmn.regions import ANY_VALUE, Axis, Regions, base_of, constants_of, may_depend, regions_of
from engine.dmn.table import CompiledInput, CompiledOutput, CompiledTable, Entry
from engine.feel import UnaryTests
from engine.feel.operators import equal
from engine.feel.syntax import OperatorTest, RangeLiteral
from engine.feel.types import Type, coerced, german_kind, kind_of, type_text
from engine.feel.values import Value

MAX_REPORTED: Final = 5
MAX_WORK: Final = 3_000_000  # combinations of regions looked at in one table; about a second

_MISLEADING: Final = re.compile(r"\d+,\d+|\d+ ?- ?\d+")
_WORD: Final = re.compile(r"[^\W\d]\w*")


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """`rules` are row numbers from 1, `column` the label of a column; `line` is the table's or rule's in the file.

    `decision_id` and `decision` name the decision or the business knowledge model.
    """

    decision_id: str
    decision: str
    severity: Severity
    code: str
    rules: tuple[int, ...]
    column: str | None
    line: int
    message_de: str


def check_model(model: DecisionModel) -> list[CheckFinding]:
    """All findings of a model's decisions and business knowledge models, in the order of the file."""
    findings: list[CheckFinding] = []
    for decision in model.decisions.values():
        node = decision.node
        findings += _Check(node.element.element_id, node.element.name).findings(node.unknown_names, node.tables)
    for element in model.source.knowledge:
        known = model.graph.knowledge[model.source.namespace, element.element_id]
        findings += _Check(element.element_id, element.name).findings(known.unknown_names, known.tables)
    return findings


class _Check:
    def __init__(self, element_id: str, name: str) -> None:
        self.element_id = element_id
        self.name = name

    def findings(
        self, unknown_names: Sequence[tuple[Text, str]], tables: Sequence[CompiledTable]
    ) -> Iterator[CheckFinding]:
        for text, name in unknown_names:
            message = f"{text.place}: Den Namen „{name}“ gibt es hier nicht"
            if text.text.strip() == name and ", Regel " in text.place and _WORD.fullmatch(name):
                message += f'; ein Text steht in Anführungszeichen: "{name}"'
            yield self.finding(Severity.ERROR, "unknown_name", (), None, text.line, message)
        for table in tables:
            yield from self.table_findings(table)

    def finding(
        self, severity: Severity, code: str, rules: Sequence[int], column: str | None, line: int, message: str
    ) -> CheckFinding:
        return CheckFinding(self.element_id, self.name, severity, code, tuple(rules), column, line, message)

    def table_findings(self, table: CompiledTable) -> Iterator[CheckFinding]:
        columns = regions_of(table)
        budget = _Budget()
        for position in range(len(table.inputs)):
            yield from self.column_findings(table, position)
        yield from self.output_findings(table)
        yield from self.overlaps(table, columns)
        yield from self.gaps(table, columns, budget)
        yield from self.never(table, columns, budget)

    # Columns.

    def column_findings(self, table: CompiledTable, position: int) -> Iterator[CheckFinding]:
        clause, cells = table.inputs[position], [row[position] for row in table.cells]
        label, rules = clause.label, table.source.rules
        if cells and all(not cell.tree.tests for cell in cells):
            message = f"Die Spalte „{label}“ spielt keine Rolle: In jeder Regel steht „-“"
            yield self.finding(Severity.WARNING, "dead_column", (), label, table.source.line, message)
        for rule, cell in zip(rules, cells, strict=True):
            place = f"Regel {rule.number}, Spalte „{label}“"
            text = cell.text.strip()
            if _MISLEADING.fullmatch(text):
                message = f"{place}: „{text}“ sind zwei Werte; Dezimalzahlen schreibt FEEL mit Punkt"
                if "-" in text:
                    message = f"{place}: „{text}“ ist eine Rechnung; ein Bereich heißt [1..9]"
                yield self.finding(Severity.WARNING, "misleading_cell", (rule.number,), label, rule.line, message)
            for value in _clashes(cell, clause.kind):
                have, wanted = german_kind(kind_of(value)), german_kind(type_text(clause.kind))
                message = f"{place}: {have} passt nicht zum Typ der Spalte ({wanted})"
                yield self.finding(Severity.ERROR, "type_clash", (rule.number,), label, rule.line, message)
            for value in _not_allowed(cell, clause):
                message = f"{place}: „{value_text(value, label)}“ gehört nicht zu den erlaubten Werten der Spalte"
                yield self.finding(Severity.WARNING, "not_allowed", (rule.number,), label, rule.line, message)

    def output_findings(self, table: CompiledTable) -> Iterator[CheckFinding]:
        """Results that the column's type or its allowed values refuse whenever they come up."""
        for rule, entries in zip(table.source.rules, table.entries, strict=True):
            for output, entry in zip(table.outputs, entries, strict=True):
                yield from self.output_finding(f"Regel {rule.number}", (rule.number,), rule.line, output, entry)
        for output in table.outputs:
            if output.default is not None:
                yield from self.output_finding("Standardwert", (), table.source.line, output, output.default)

    def output_finding(
        self, where: str, rules: Sequence[int], line: int, output: CompiledOutput, entry: Entry
    ) -> Iterator[CheckFinding]:
        if entry.code is not None or entry.constant is None:
            return
        label = output.label or "Ergebnis"
        value, fits = coerced(entry.constant, output.kind)
        if not fits:
            have, wanted = german_kind(kind_of(entry.constant)), german_kind(type_text(output.kind))
            message = f"{where}, Ergebnis „{label}“: {have} passt nicht zum Typ der Spalte ({wanted})"
            yield self.finding(Severity.ERROR, "type_clash", rules, label, line, message)
        elif output.allows is not None and not output.allows(value):
            said = value_text(entry.constant, label)
            message = f"{where}, Ergebnis „{label}“: „{said}“ gehört nicht zu den erlaubten Werten"
            yield self.finding(Severity.ERROR, "not_allowed", rules, label, line, message)

    # Rules.

    def never(self, table: CompiledTable, columns: Sequence[Regions], budget: "_Budget") -> Iterator[CheckFinding]:
        """Rules that no value reaches, or only "no value"; under FIRST also those that earlier rules forestall."""
        for index, rule in enumerate(table.source.rules):
            bit = 1 << index
            blocked = [column for column in columns if not column.reached & bit]
            only_null = [column for column in columns if column.only_null & bit]
            forestalled = table.source.hit_policy is HitPolicy.FIRST and index > 0 and not blocked
            if blocked:
                label = blocked[0].clause.label
                message = f"Regel {rule.number} gilt nie: Die Bedingung in Spalte „{label}“ erfüllt kein erlaubter Wert"
                yield self.finding(Severity.ERROR, "never_matches", (rule.number,), label, rule.line, message)
            elif forestalled and self.forestalled(columns, index, budget, with_null=True):
                message = f"Regel {rule.number} kommt nie zum Zug: Vor ihr gilt immer schon eine andere"
                yield self.finding(Severity.ERROR, "never_reached", (rule.number,), None, rule.line, message)
            elif only_null:
                label = only_null[0].clause.label
                message = f"Regel {rule.number} gilt nur, wenn „{label}“ ohne Angabe ist"
                yield self.finding(Severity.WARNING, "only_without_value", (rule.number,), label, rule.line, message)
            elif forestalled and self.forestalled(columns, index, budget, with_null=False):
                message = f"Regel {rule.number} gilt nur, wenn eine Angabe fehlt; sonst gilt vor ihr schon eine andere"
                yield self.finding(Severity.WARNING, "only_without_value", (rule.number,), None, rule.line, message)

    def forestalled(self, columns: Sequence[Regions], index: int, budget: "_Budget", *, with_null: bool) -> bool:
        bit = 1 << index
        sure = sum(1 << i for i in range(index) if not any(column.unsure >> i & 1 for column in columns))
        axes = [column.axis(with_null=with_null or column.asks_for_null) for column in columns]
        search = _Search(
            axes, (bit << 1) - 1, budget, lambda mask: mask & bit != 0, lambda mask: mask & bit != 0 and not mask & sure
        )
        return not search.found(1) and not search.hopeless

    def overlaps(self, table: CompiledTable, columns: Sequence[Regions]) -> Iterator[CheckFinding]:
        """Under UNIQUE any overlap is an error; under ANY one with different results."""
        policy = table.source.hit_policy
        if policy not in {HitPolicy.UNIQUE, HitPolicy.ANY}:
            return
        reported = 0
        for index, rule in enumerate(table.source.rules):
            for other in _bits(_meeting(table, columns, index) >> (index + 1)):
                second = index + 1 + other
                same = _same_results(table, index, second) if policy is HitPolicy.ANY else False
                if same:
                    continue
                if reported == MAX_REPORTED:
                    return
                reported += 1
                numbers = (rule.number, table.source.rules[second].number)
                example = _example(columns, [column.shared(index, second) for column in columns])
                message = f"Die Regeln {numbers[0]} und {numbers[1]} gelten beide{example}"
                severity = Severity.ERROR
                if same is None:
                    severity, message = Severity.WARNING, f"{message}; ob sie dasselbe ergeben, zeigt erst der Fall"
                elif _may_exclude_each_other(columns, index, second):
                    severity = Severity.WARNING
                    message = f"{message}; die Spalten hängen zusammen, prüfen Sie, ob das vorkommt"
                yield self.finding(severity, "overlap", numbers, None, rule.line, message)

    def gaps(self, table: CompiledTable, columns: Sequence[Regions], budget: "_Budget") -> Iterator[CheckFinding]:
        """Inputs that no rule covers, where the table then has no result."""
        if table.source.hit_policy in _LISTS or any(output.default is not None for output in table.outputs):
            return
        axes = [column.axis(with_null=column.asks_for_null) for column in columns]
        search = _Search(axes, table.every_rule, budget, lambda _: True, lambda mask: mask == 0)
        for values in search.found(MAX_REPORTED):
            message = f"{table.source.place}: Keine Regel gilt{_example(columns, values)}"
            yield self.finding(Severity.WARNING, "gap", (), None, table.source.line, message)
        if search.hopeless:
            message = f"{table.source.place}: Die Tabelle ist zu groß, um sie auf Lücken zu prüfen"
            yield self.finding(Severity.WARNING, "gaps_unchecked", (), None, table.source.line, message)


_LISTS: Final = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})


def _clashes(cell: UnaryTests, kind: Type) -> Iterator[Value]:
    """The constants in a cell that are not of the column's type."""
    base = base_of(kind)
    for test in cell.tree.tests:
        for value in constants_of(test) or ():
            if value is not None and not coerced(value, base)[1]:
                yield value


def _not_allowed(cell: UnaryTests, clause: CompiledInput) -> Iterator[Value]:
    """Single values among several in a cell that the column does not allow: mistyped, most likely.

    Where they are all that the cell asks for, the rule never applies, and that is said already.
    """
    tests = cell.tree.tests
    if len(tests) < 2 and not cell.tree.negated:
        return
    for test in tests:
        if isinstance(test, OperatorTest | RangeLiteral):
            continue
        for value in constants_of(test) or ():
            converted, fits = coerced(value, clause.kind)
            is_typed = coerced(value, base_of(clause.kind))[1]
            if value is not None and is_typed and not (fits and (clause.allows is None or clause.allows(converted))):
                yield value


class _Budget:
    """What the searches of one table may still look at."""

    def __init__(self) -> None:
        self.left = MAX_WORK


class _Search:
    """Walks through combinations of regions, column by column, without visiting the same rules twice in a column.

    `rules` are those that matter. `hopeless` afterwards says that the budget ended it.
    """

    def __init__(
        self,
        axes: Sequence[Axis],
        rules: int,
        budget: _Budget,
        may: Callable[[int], bool],
        hits: Callable[[int], bool],
    ) -> None:
        self.axes = axes
        self.rules = rules
        self.budget = budget
        self.may = may
        self.hits = hits
        self.visited: set[tuple[int, int]] = set()
        self.hopeless = False

    def found(self, at_most: int) -> list[list[Value]]:
        """Up to that many combinations whose rules are hits, as a value per column (ANY_VALUE: any)."""
        results: list[list[Value]] = []
        stack: list[tuple[int, int, list[Value]]] = [(0, self.rules, [])]
        while stack and len(results) < at_most:
            depth, mask, values = stack.pop()
            if depth == len(self.axes) or mask == 0:
                if self.hits(mask):  # with no rule left, the remaining columns may hold anything
                    results.append([*values, *[ANY_VALUE] * (len(self.axes) - depth)])
                continue
            if (depth, mask) in self.visited:
                continue
            self.visited.add((depth, mask))
            axis = self.axes[depth]
            self.budget.left -= len(axis.masks)
            if self.budget.left < 0:
                self.hopeless = True
                break
            for sample, rules in zip(reversed(axis.samples), reversed(axis.masks), strict=True):
                if self.may(mask & rules):
                    stack.append((depth + 1, mask & rules, [*values, sample]))
        return results


def _meeting(table: CompiledTable, columns: Sequence[Regions], index: int) -> int:
    """The later rules that can apply together with rule `index`, as far as that is sure."""
    meeting = table.every_rule & ~((1 << (index + 1)) - 1)
    for column in columns:
        if not meeting:
            break
        meeting &= column.meeting(index)
    return meeting


def _may_exclude_each_other(columns: Sequence[Regions], first: int, second: int) -> bool:
    """Whether two columns that may hang together are both narrowed by the rules."""
    narrowed = [column for column in columns if column.narrows(first) or column.narrows(second)]
    return any(may_depend(one, other) for one, other in combinations(narrowed, 2))


def _same_results(table: CompiledTable, first: int, second: int) -> bool | None:
    """Whether two rules give the same results; None where only a case can tell."""
    answer: bool | None = True
    for one, other in zip(table.entries[first], table.entries[second], strict=True):
        if one.code is None and other.code is None:
            if equal(one.constant, other.constant) is not True:
                return False
        elif one.text.split() != other.text.split():
            answer = None
    return answer


def _bits(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _example(columns: Sequence[Regions], values: Sequence[Value]) -> str:
    facts = [
        f"{column.clause.label} = {value_text(value, column.clause.label)}"
        for column, value in zip(columns, values, strict=True)
        if value is not ANY_VALUE
    ]
    return f", zum Beispiel für {', '.join(facts)}" if facts else ""
