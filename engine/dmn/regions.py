"""The values of an input column, cut into regions in which every cell answers the same.

One sample stands for each region and is put to the cells' own index, so a check says what a case would say. Cells that
are more than constants may apply anywhere: they are `unsure`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from engine.dmn.columns import Column
from engine.dmn.run import DecisionRun
from engine.dmn.table import CompiledInput, CompiledTable
from engine.feel import FeelSyntaxError, UnaryTests, parse_unary_tests
from engine.feel.constants import NotConstant, constant
from engine.feel.syntax import Node, OperatorTest, RangeLiteral
from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration
from engine.feel.types import (
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    MONTHS_DURATION,
    NUMBER,
    TIME,
    Constrained,
    Named,
    Simple,
    Type,
    coerced,
)
from engine.feel.values import Value

_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SOME_OTHER_TEXT: Final = "ein anderer Text"
_PLAIN: Final = re.compile(r"[^\W\d][\w ]*(\.[^\W\d][\w ]*)*")
_NAMES: Final = re.compile(r"[^\W\d]\w*(?!\w*\s*\()")
_ANYTHING: Final = parse_unary_tests("-")


class Regions:
    """One column, or all columns that ask for the same expression: what they see is one value.

    `samples` are values that can occur, `masks` the rules that each of them passes in all these columns. `null` are the
    rules that "no value" passes. `reached` are those that anything passes, `only_null` those that nothing else does
    though they do not ask for it.
    """

    def __init__(self, table: CompiledTable, positions: Sequence[int]) -> None:
        self.positions = tuple(positions)
        self.clauses: list[CompiledInput] = [table.inputs[position] for position in self.positions]
        self.clause = self.clauses[0]
        self.text = _one_line(table.source.inputs[self.positions[0]].expression.text)
        self.every = table.every_rule
        self.limits = _Limits(table, self.positions)
        self.cells = [[row[position] for row in table.cells] for position in self.positions]
        self.asks_for_null = self.naming_null() != 0
        sure = [[cell if is_sure(cell, self.clause.kind) else _ANYTHING for cell in column] for column in self.cells]
        self.unsure = sum(
            1 << number
            for number in range(len(table.cells))
            if any(mine[number] is not used[number] for mine, used in zip(self.cells, sure, strict=True))
        )
        self.samples: list[Value] = []
        self.masks: list[int] = []
        self.sample([Column(column) for column in sure])

    def sample(self, columns: Sequence[Column]) -> None:
        run = DecisionRun(_NOW)

        def passing(value: Value) -> int:
            mask = self.every
            for column in columns:
                mask &= column.passing(value, {}, run)
            return mask

        self.null = passing(None)
        reached, seen = 0, set[int]()
        for value in self.candidates():
            mask = passing(value)
            can_occur = all(clause.allows is None or clause.allows(value) for clause in self.clauses)
            if can_occur or not self.limits.are_known:
                reached |= mask
            if can_occur and mask not in seen:
                seen.add(mask)
                self.samples.append(value)
                self.masks.append(mask)
        if not self.masks:  # nothing is asked for, or what may occur cannot be told
            self.samples, self.masks, reached = [ANY_VALUE], [self.every], self.every
            self.unsure |= self.asking()
        self.reached = reached | self.null
        self.only_null = self.null & ~reached & ~self.naming_null()

    def asking(self) -> int:
        """The rules that ask for anything here."""
        return sum(1 << number for number in range(len(self.cells[0])) if self.narrows(number))

    def naming_null(self) -> int:
        """The rules that speak of null here."""
        return sum(
            1 << number
            for number in range(len(self.cells[0]))
            if any(None in (constants_of(test) or ()) for column in self.cells for test in column[number].tree.tests)
        )

    def candidates(self) -> Iterator[Value]:
        for value in _samples(self.constants()):
            converted, fits = coerced(value, self.clause.kind)
            if fits and converted is not None:
                yield converted

    def constants(self) -> list[Value]:
        values: list[Value] = [
            value
            for column in self.cells
            for cell in column
            for test in cell.tree.tests
            for value in constants_of(test) or ()
        ]
        values += self.limits.constants
        if all(value is None for value in values) and self.asking() & ~self.unsure:
            values.append(_EXAMPLES.get(base_of(self.clause.kind), _SOME_OTHER_TEXT))
        return values

    def axis(self, *, with_null: bool) -> "Axis":
        """What a search walks through; "no value" comes last."""
        if with_null:
            return Axis([*self.samples, None], [*self.masks, self.null])
        return Axis(self.samples, self.masks)

    def meeting(self, index: int) -> int:
        """The rules that share a value with rule `index`, as far as that is sure."""
        bit, meeting = 1 << index, 0
        if self.unsure & bit:
            return self.written_alike(index)
        for mask in self.axis(with_null=self.asks_for_null).masks:
            if mask & bit:
                meeting |= mask
        return meeting & ~self.unsure

    def written_alike(self, index: int) -> int:
        """The rules whose cells here are word for word those of rule `index`."""
        texts = [_one_line(column[index].text) for column in self.cells]
        return sum(
            1 << other
            for other in range(len(self.cells[0]))
            if [_one_line(column[other].text) for column in self.cells] == texts
        )

    def shared(self, first: int, second: int) -> Value:
        """A value that both rules take; ANY_VALUE where their cells are unsure."""
        both = 1 << first | 1 << second
        if self.unsure & both:
            return ANY_VALUE  # type: ignore[no-any-return]
        axis = self.axis(with_null=self.asks_for_null)
        for value, mask in zip(axis.samples, axis.masks, strict=True):
            if mask & both == both:
                return value
        raise ValueError("the rules share no value here")

    def narrows(self, index: int) -> bool:
        """Whether the rule asks for anything here."""
        return any(column[index].tree.tests for column in self.cells)


class _Anything:
    """Stands for a value that does not matter, because null is one."""


ANY_VALUE: Final[Any] = _Anything()


@dataclass(frozen=True, slots=True)
class Axis:
    samples: Sequence[Value]
    masks: Sequence[int]


def regions_of(table: CompiledTable) -> list[Regions]:
    """The columns of the table in their order; those with the same expression are one."""
    by_expression: dict[tuple[str, Type], list[int]] = {}
    for position, clause in enumerate(table.source.inputs):
        key = (_one_line(clause.expression.text), table.inputs[position].kind)
        by_expression.setdefault(key, []).append(position)
    return [Regions(table, positions) for positions in by_expression.values()]


def may_depend(one: Regions, other: Regions) -> bool:
    """Whether the values of two columns may hang together, as `age` and `age < 18` do; two plain paths do not."""
    if _PLAIN.fullmatch(one.text) and _PLAIN.fullmatch(other.text):
        return f"{one.text}.".startswith(f"{other.text}.") or f"{other.text}.".startswith(f"{one.text}.")
    return not set(_NAMES.findall(one.text)).isdisjoint(_NAMES.findall(other.text))


def is_sure(cell: UnaryTests, kind: Type) -> bool:
    """Whether the cell says something about constants only, of kinds whose values can be sampled."""
    if not cell.tree.tests:
        return True
    if cell.names or cell.possible_names or not isinstance(base_of(kind), Simple):
        return False
    constants = [constants_of(test) for test in cell.tree.tests]
    return all(found is not None and all(map(_can_be_sampled, found)) for found in constants)


def constants_of(test: Node) -> list[Value] | None:
    """The constants a test compares with, None where it is more than that."""
    parts: list[Node | None] = [test]
    if isinstance(test, OperatorTest):
        parts = [test.operand]
    elif isinstance(test, RangeLiteral):
        parts = [part for part in (test.start, test.end) if part is not None]
    values = [constant(part) for part in parts if part is not None]
    return None if any(isinstance(value, NotConstant) for value in values) else values  # type: ignore[return-value]


def base_of(kind: Type) -> Type:
    while isinstance(kind, Named | Constrained):
        kind = kind.target if isinstance(kind, Named) else kind.base
    return kind


class _Limits:
    """What the columns allow: the constants it names, and whether it is constants only, so that samples show all."""

    def __init__(self, table: CompiledTable, positions: Sequence[int]) -> None:
        self.constants: list[Value] = []
        self.are_known = True
        for position in positions:
            allowed = table.source.inputs[position].allowed
            for wording in [*_wordings(table.inputs[position].kind), *([allowed.text] if allowed else [])]:
                self.read(wording)

    def read(self, wording: str) -> None:
        try:
            tests = parse_unary_tests(wording if wording.strip() else "-")
        except FeelSyntaxError:  # names with blanks, known to the model only
            self.are_known = False
            return
        for test in tests.tree.tests:
            found = constants_of(test)
            self.constants += found or ()
            self.are_known &= found is not None


def _wordings(kind: Type) -> Iterator[str]:
    """The allowed values of a type and of those it is built on."""
    while isinstance(kind, Named | Constrained):
        if isinstance(kind, Constrained):
            yield kind.wording
        kind = kind.target if isinstance(kind, Named) else kind.base


def _one_line(text: str) -> str:
    return " ".join(text.split())


# Samples.

_EXAMPLES: Final[Mapping[Type, Value]] = {
    NUMBER: Decimal(1),
    BOOLEAN: True,
    DATE: date(2000, 1, 1),
    TIME: time(12),
    DATE_TIME: _NOW,
    DAYS_DURATION: DaysTimeDuration(0),
    MONTHS_DURATION: YearsMonthsDuration(0),
}


def _samples(values: Sequence[Value]) -> Iterator[Value]:
    """The constants, and between, before and after them a value of each kind."""
    kinds: dict[tuple[type, bool], list[Any]] = {}
    for value in values:
        if value is not None:
            kinds.setdefault(_kind(value), []).append(value)
    for (kind, _), own in kinds.items():
        if kind is bool:
            yield from (True, False)
        elif kind is str:
            yield from _texts(own)
        elif kind in _LINES:
            yield from _between(sorted(set(own)), _LINES[kind])
        else:
            yield from own


def _kind(value: Value) -> tuple[type, bool]:
    """Moments with and without a zone cannot be put in order with each other."""
    return type(value), isinstance(value, datetime) and value.tzinfo is not None


def _can_be_sampled(value: Value) -> bool:
    if value is None or type(value) in {bool, str}:
        return True
    return type(value) in _LINES and not (isinstance(value, time) and value.tzinfo is not None)


def _texts(own: Sequence[str]) -> Iterator[str]:
    """The texts, another one, and for cells that put texts in order one before and after each."""
    yield from dict.fromkeys(own)
    yield _SOME_OTHER_TEXT
    yield ""
    for text in dict.fromkeys(own):
        yield f"{text} "


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


def _moment(clock: time) -> datetime:
    return datetime.combine(date(2000, 1, 1), clock)


def _later(clock: time, sign: int) -> time:
    moved = _moment(clock) + timedelta(seconds=sign)
    if moved.date() != _moment(clock).date():
        raise OverflowError
    return moved.time()


_LINES: Final[Mapping[type, _Line]] = {
    Decimal: _Line(lambda value, sign: value + sign, lambda low, high: (low + high) / 2),
    date: _Line(lambda day, sign: day + timedelta(days=sign), lambda low, high: low + (high - low) // 2),
    datetime: _Line(lambda at, sign: at + timedelta(seconds=sign), lambda low, high: low + (high - low) / 2),
    time: _Line(_later, lambda low, high: (_moment(low) + (_moment(high) - _moment(low)) / 2).time()),
    DaysTimeDuration: _Line(
        lambda length, sign: DaysTimeDuration(length.nanoseconds + sign * 1_000_000_000),
        lambda low, high: DaysTimeDuration((low.nanoseconds + high.nanoseconds) // 2),
    ),
    YearsMonthsDuration: _Line(
        lambda length, sign: YearsMonthsDuration(length.months + sign),
        lambda low, high: YearsMonthsDuration((low.months + high.months) // 2),
    ),
}
