"""One input column of a decision table as an index: from a value to the rules whose cell it passes.

Rules are bits of an int. Cells that compare with constants (values and ranges, also negated) are looked up; only what
is left is evaluated one by one, so a table of a thousand rules answers about as fast as one of ten.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple

from engine.feel import UnaryTests
from engine.feel.constants import constant
from engine.feel.frame import Run
from engine.feel.syntax import Node, OperatorTest, RangeLiteral
from engine.feel.temporal import DaysTimeDuration, FarDate, YearsMonthsDuration
from engine.feel.values import Value

_KINDS: Final = (Decimal, str, bool, date, YearsMonthsDuration, DaysTimeDuration)
_ORDERED: Final = frozenset(_KINDS) - {bool}
_NULL: Final = type(None)
# Cells of constants read no clock.
_NO_CLOCK: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Column:
    """`cells` holds the compiled cell of every rule, in order; `others` are those that no lookup answers."""

    __slots__ = ("always", "constants", "kinds", "negated", "null", "others")

    def __init__(self, cells: Sequence[UnaryTests]) -> None:
        self.always = 0
        self.constants: list[_Cell] = []
        self.others: list[tuple[int, UnaryTests]] = []
        for number, cell in enumerate(cells):
            self.add(1 << number, cell)
        self.negated = [cell for cell in self.constants if cell.tests.tree.negated]
        self.null = self.always | _evaluated(self.constants, None, Run(_NO_CLOCK))
        self.kinds: Mapping[type, _Index] = {kind: _Index(kind, self.always, self.constants) for kind in _KINDS}

    def add(self, bit: int, cell: UnaryTests) -> None:
        parts = [_part(test) for test in cell.tree.tests]
        known = [part for part in parts if part is not None]
        if not parts:
            self.always |= bit
        elif len(known) == len(parts):
            self.constants.append(_Cell(bit, cell, known))
        else:
            self.others.append((bit, cell))

    def passing(self, value: Value, names: Mapping[str, Value], run: Run) -> int:
        """The rules whose cell `value` passes. Raises LimitExceeded when the run's budget is used up."""
        index = self.kinds.get(type(value))
        if index is None:
            rules = self.null if value is None else self.unusual(value, run)
        else:
            found = index.points.get(value)
            rules = index.gaps[bisect_left(index.ends, value)] if found is None else found
        if self.others:
            for bit, tests in self.others:
                if tests.holds(value, names, run) is True:
                    rules |= bit
        return rules

    def unusual(self, value: Value, run: Run) -> int:
        """Constants of the indexed kinds equal nothing else, but "not" may hold; dates far away have an order."""
        return self.always | _evaluated(self.constants if isinstance(value, FarDate) else self.negated, value, run)


class _Part(NamedTuple):
    """A test of constants of one kind: a range; an end that is None is open to infinity. Null is a kind of its own."""

    kind: type
    start: Any
    end: Any
    start_included: bool
    end_included: bool


class _Cell(NamedTuple):
    bit: int
    tests: UnaryTests
    parts: list[_Part]


def _evaluated(cells: Iterable[_Cell], value: Value, run: Run) -> int:
    return sum(cell.bit for cell in cells if cell.tests.holds(value, {}, run) is True)


def _part(test: Node) -> _Part | None:
    """How the index finds this test, or None when it must be evaluated."""
    if isinstance(test, OperatorTest):
        return _operator_part(test.operator, constant(test.operand))
    if isinstance(test, RangeLiteral) and test.start is not None and test.end is not None and not test.operator:
        start, end = constant(test.start), constant(test.end)
        if type(start) in _ORDERED and type(start) is type(end):
            return _Part(type(start), start, end, test.start_included, test.end_included)
        return None
    value = constant(test)
    return _point(value) if value is None or type(value) in _KINDS else None


def _operator_part(operator: str, value: object) -> _Part | None:
    if type(value) not in _ORDERED:
        return None
    match operator:
        case "=":
            return _point(value)
        case "<" | "<=":
            return _Part(type(value), None, value, start_included=False, end_included=operator == "<=")
        case ">" | ">=":
            return _Part(type(value), value, None, start_included=operator == ">=", end_included=False)
        case _:
            return None


def _point(value: object) -> _Part:
    return _Part(type(value), value, value, start_included=True, end_included=True)


class _Index:
    """The rules for the values of one kind.

    The constants cut the line of values into points and the gaps between them. `points` has the rules that hold at each
    point, `gaps` those that hold below each of the `ends` and, last, beyond them all; where every gap holds the same
    rules there are no ends.
    """

    __slots__ = ("ends", "gaps", "points")

    def __init__(self, kind: type, always: int, cells: Sequence[_Cell]) -> None:
        concerned = [cell for cell in cells if _concerns(kind, cell)]
        mine = [(cell, [part for part in cell.parts if part.kind is kind]) for cell in concerned]
        self.ends = sorted({end for _, parts in mine for part in parts for end in part[1:3] if end is not None})
        # Position 2i+1 is point i, 2i the gap below it; the last position is everything beyond.
        positions = 2 * len(self.ends) + 1
        changes: dict[int, int] = defaultdict(int)
        for cell, parts in mine:
            covered = _merged(_stretch(part, self.ends) for part in parts)
            for first, after in _rest(covered, positions) if cell.tests.tree.negated else covered:
                changes[first] ^= cell.bit
                changes[after] ^= cell.bit
        rules, swept = always, []
        for position in range(positions):
            rules ^= changes.get(position, 0)
            swept.append(rules)
        self.points: Mapping[Any, int] = dict(zip(self.ends, swept[1::2], strict=True))
        self.gaps = swept[::2]
        if all(one == other for one, other in pairwise(self.gaps)):
            self.ends = []


def _concerns(kind: type, cell: _Cell) -> bool:
    """Whether values of that kind may pass: one of the tests is about it, or all of those that "not" turns round."""
    kinds = {part.kind for part in cell.parts}
    return kinds <= {kind, _NULL} if cell.tests.tree.negated else kind in kinds


def _stretch(part: _Part, ends: Sequence[Any]) -> tuple[int, int]:
    """The positions that a range covers: its first, and the first after it."""
    first = 0 if part.start is None else 2 * bisect_left(ends, part.start) + 2 - part.start_included
    after = 2 * len(ends) + 1 if part.end is None else 2 * bisect_left(ends, part.end) + 1 + part.end_included
    return first, after


def _merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same positions as stretches in order, apart from each other."""
    merged: list[tuple[int, int]] = []
    for first, after in sorted(stretches):
        if first >= after:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], after)
        else:
            merged.append((first, after))
    return merged


def _rest(stretches: Sequence[tuple[int, int]], positions: int) -> list[tuple[int, int]]:
    """The stretches between those given."""
    starts = [0, *(after for _, after in stretches)]
    ends = [*(first for first, _ in stretches), positions]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
