"""One input column of a decision table as an index: from a value to the rules whose cell it passes.

Rules are bits of an int. Cells that compare with constants (values and ranges of one kind) are looked up; only what is
left is evaluated one by one, so a table of a thousand rules answers about as fast as one of ten.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from engine.feel import UnaryTests
from engine.feel.constants import constant
from engine.feel.frame import Run
from engine.feel.syntax import Node, OperatorTest, RangeLiteral
from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration
from engine.feel.values import Value

_EQUAL_BY_KEY: Final = frozenset({Decimal, str, bool, date, YearsMonthsDuration, DaysTimeDuration})
_ORDERED: Final = _EQUAL_BY_KEY - {bool}


class Column:
    """`cells` holds the compiled cell of every rule, in order."""

    __slots__ = ("any", "equal", "null", "others", "ranges")

    def __init__(self, cells: Sequence[UnaryTests]) -> None:
        builder = _Builder()
        for number, cell in enumerate(cells):
            builder.add(1 << number, cell)
        self.any = builder.any
        self.null = builder.null
        self.equal: Mapping[type, Mapping[Any, int]] = builder.equal
        self.ranges = {kind: _Intervals(bounds) for kind, bounds in builder.ranges.items()}
        self.others = tuple(builder.others)

    def passing(self, value: Value, names: Mapping[str, Value], run: Run) -> int:
        """The rules whose cell `value` passes. Raises LimitExceeded when the run's budget is used up."""
        kind = type(value)
        rules = self.any
        if value is None:
            rules |= self.null
        else:
            equal = self.equal.get(kind)
            if equal is not None:
                rules |= equal.get(value, 0)
            ranges = self.ranges.get(kind)
            if ranges is not None:
                rules |= ranges.holding(value)
        for bit, tests in self.others:
            if tests.holds(value, names, run) is True:
                rules |= bit
        return rules


class _Builder:
    def __init__(self) -> None:
        self.any = 0
        self.null = 0
        self.equal: dict[type, dict[Any, int]] = defaultdict(lambda: defaultdict(int))
        self.ranges: dict[type, list[tuple[int, _Bounds]]] = defaultdict(list)
        self.others: list[tuple[int, UnaryTests]] = []

    def add(self, bit: int, cell: UnaryTests) -> None:
        tests = cell.tree.tests
        if not tests:
            self.any |= bit
            return
        lookups = None if cell.tree.negated else [_lookup(test) for test in tests]
        if lookups is None or None in lookups:
            self.others.append((bit, cell))
            return
        for lookup in lookups:
            if isinstance(lookup, _Bounds):
                self.ranges[lookup.kind].append((bit, lookup))
            elif lookup is not None:
                self.add_value(bit, lookup.value)

    def add_value(self, bit: int, value: Value) -> None:
        if value is None:
            self.null |= bit
        else:
            self.equal[type(value)][value] |= bit


class _Constant:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Bounds:
    """A range of constants; an end that is None is open to infinity."""

    __slots__ = ("end", "end_included", "kind", "start", "start_included")

    def __init__(self, start: Any, end: Any, start_included: bool, end_included: bool) -> None:  # noqa: FBT001
        self.start = start
        self.end = end
        self.start_included = start_included
        self.end_included = end_included
        self.kind = type(end if start is None else start)


def _lookup(test: Node) -> _Constant | _Bounds | None:
    """How the index finds this test, or None when it must be evaluated."""
    if isinstance(test, OperatorTest):
        return _operator_bounds(test.operator, constant(test.operand))
    if isinstance(test, RangeLiteral) and test.start is not None and test.end is not None and not test.operator:
        start, end = constant(test.start), constant(test.end)
        if type(start) in _ORDERED and type(start) is type(end):
            return _Bounds(start, end, test.start_included, test.end_included)
        return None
    value = constant(test)
    return _Constant(value) if value is None or type(value) in _EQUAL_BY_KEY else None


def _operator_bounds(operator: str, value: Value | object) -> _Constant | _Bounds | None:
    if type(value) not in _ORDERED:
        return None
    match operator:
        case "=":
            return _Constant(value)
        case "<" | "<=":
            return _Bounds(None, value, start_included=False, end_included=operator == "<=")
        case ">" | ">=":
            return _Bounds(value, None, start_included=operator == ">=", end_included=False)
        case _:
            return None


class _Intervals:
    """Ranges over one ordered kind: the ends cut the line into points and gaps, each with the rules that hold there."""

    __slots__ = ("points", "rules")

    def __init__(self, bounds: Sequence[tuple[int, _Bounds]]) -> None:
        ends = {end for _, each in bounds for end in (each.start, each.end) if end is not None}
        self.points = sorted(ends)
        # Position 2i+1 is point i, 2i the gap before it; the last position is everything beyond.
        changes: dict[int, list[tuple[int, int]]] = defaultdict(list)
        last = 2 * len(self.points) + 1
        for bit, each in bounds:
            first = 0 if each.start is None else 2 * bisect_left(self.points, each.start) + 2 - each.start_included
            after = last if each.end is None else 2 * bisect_left(self.points, each.end) + 1 + each.end_included
            if first < after:
                changes[first].append((bit, 1))
                changes[after].append((bit, -1))
        self.rules = _swept(changes, last)

    def holding(self, value: Any) -> int:
        points = self.points
        index = bisect_left(points, value)
        if index < len(points) and points[index] == value:
            return self.rules[2 * index + 1]
        return self.rules[2 * index]


def _swept(changes: Mapping[int, list[tuple[int, int]]], positions: int) -> list[int]:
    """The rules at every position; a rule with several ranges stays until the last one ends."""
    depth: dict[int, int] = defaultdict(int)
    current, swept = 0, []
    for position in range(positions):
        for bit, step in changes.get(position, ()):
            depth[bit] += step
            current = current | bit if depth[bit] else current & ~bit
        swept.append(current)
    return swept
