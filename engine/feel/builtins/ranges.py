"""Range functions after Allen (DMN 1.5 10.3.4.9, table 78): how points and ranges lie to each other."""

from functools import partial
from typing import Final

from engine.feel.errors import NoValue
from engine.feel.library import Library
from engine.feel.operators import compare
from engine.feel.values import Range, Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Bereiche")


class _End:
    """One end of a range; `side` is -1 for a start and 1 for an end that lies at infinity, else 0."""

    __slots__ = ("included", "side", "value")

    def __init__(self, value: Value, side: int, *, included: bool) -> None:
        self.value = value
        self.included = included
        self.side = side


def _ends(bounds: Range) -> tuple[_End, _End]:
    if bounds.operator == "!=":
        raise NoValue("Ein Bereich mit „!=“ hat keine Grenzen")
    open_start = -1 if bounds.operator and bounds.start is None else 0
    open_end = 1 if bounds.operator and bounds.end is None else 0
    return (
        _End(bounds.start, open_start, included=bounds.start_included),
        _End(bounds.end, open_end, included=bounds.end_included),
    )


def _order(left: _End, right: _End) -> int:
    if left.side or right.side:
        return left.side - right.side
    return _order_of(left.value, right.value)


def _order_of(left: Value, right: Value) -> int:
    order = compare(left, right)
    if order is None:
        raise NoValue("Die Werte sind nicht vergleichbar")
    return order


def _point(value: Value) -> _End:
    return _End(value, 0, included=True)


@add("before(point1: comparable, point2: comparable): boolean", "before(1, 10)", "true")
def before_points(first: Value, second: Value) -> Value:
    return _order_of(first, second) < 0


@add("before(point: comparable, range: range): boolean", "before(1, (1..10])", "true")
def before_range(point: Value, bounds: Range) -> Value:
    return _ends_before(_point(point), _ends(bounds)[0])


@add("before(range: range, point: comparable): boolean", "before([1..10], 10)", "false")
def range_before(bounds: Range, point: Value) -> Value:
    return _ends_before(_ends(bounds)[1], _point(point))


@add("before(range1: range, range2: range): boolean", "before([1..10), [10..20])", "true")
def ranges_before(first: Range, second: Range) -> Value:
    return _ends_before(_ends(first)[1], _ends(second)[0])


def _ends_before(end: _End, start: _End) -> bool:
    """Whether everything up to `end` comes before everything from `start` on."""
    order = _order(end, start)
    return order < 0 or (order == 0 and not (end.included and start.included))


@add("after(point1: comparable, point2: comparable): boolean", "after(10, 1)", "true")
def after_points(first: Value, second: Value) -> Value:
    return before_points(second, first)


@add("after(point: comparable, range: range): boolean", "after(10, [1..10))", "true")
def after_range(point: Value, bounds: Range) -> Value:
    return range_before(bounds, point)


@add("after(range: range, point: comparable): boolean", "after([11..20], 10)", "true")
def range_after(bounds: Range, point: Value) -> Value:
    return before_range(point, bounds)


@add("after(range1: range, range2: range): boolean", "after([11..20], [1..10])", "true")
def ranges_after(first: Range, second: Range) -> Value:
    return ranges_before(second, first)


@add("meets(range1: range, range2: range): boolean", "meets([1..5], [5..10])", "true")
def meets(first: Range, second: Range) -> Value:
    end, start = _ends(first)[1], _ends(second)[0]
    return end.included and start.included and _order(end, start) == 0


@add("met by(range1: range, range2: range): boolean", "met by([5..10], [1..5])", "true")
def met_by(first: Range, second: Range) -> Value:
    return meets(second, first)


@add("overlaps(range1: range, range2: range): boolean", "overlaps([1..5], [3..8])", "true")
def overlaps(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    return not _ends_before(end1, start2) and not _ends_before(end2, start1)


@add("overlaps before(range1: range, range2: range): boolean", "overlaps before([1..5], [3..8])", "true")
def overlaps_before(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    start_order, end_order = _order(start1, start2), _order(end1, end2)
    return (
        (start_order < 0 or (start_order == 0 and start1.included and not start2.included))
        and not _ends_before(end1, start2)
        and (end_order < 0 or (end_order == 0 and (not end1.included or end2.included)))
    )


@add("overlaps after(range1: range, range2: range): boolean", "overlaps after([3..8], [1..5])", "true")
def overlaps_after(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    start_order, end_order = _order(start1, start2), _order(end1, end2)
    return (
        (start_order > 0 or (start_order == 0 and start2.included and not start1.included))
        and not _ends_before(end2, start1)
        and (end_order > 0 or (end_order == 0 and (end1.included or not end2.included)))
    )


@add("finishes(point: comparable, range: range): boolean", "finishes(10, [1..10])", "true")
def point_finishes(point: Value, bounds: Range) -> Value:
    end = _ends(bounds)[1]
    return end.included and _order(end, _point(point)) == 0


@add("finishes(range1: range, range2: range): boolean", "finishes([5..10], [1..10])", "true")
def finishes(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    order = _order(start1, start2)
    return (
        end1.included == end2.included
        and _order(end1, end2) == 0
        and (order > 0 or (order == 0 and (not start1.included or start2.included)))
    )


@add("finished by(range: range, point: comparable): boolean", "finished by([1..10], 10)", "true")
def finished_by_point(bounds: Range, point: Value) -> Value:
    return point_finishes(point, bounds)


@add("finished by(range1: range, range2: range): boolean", "finished by([1..10], [5..10])", "true")
def finished_by(first: Range, second: Range) -> Value:
    return finishes(second, first)


@add("includes(range: range, point: comparable): boolean", "includes([1..10], 5)", "true")
def includes_point(bounds: Range, point: Value) -> Value:
    start, end = _ends(bounds)
    return not _ends_before(end, _point(point)) and not _ends_before(_point(point), start)


@add("includes(range1: range, range2: range): boolean", "includes([1..10], [4..6])", "true")
def includes(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    start_order, end_order = _order(start1, start2), _order(end1, end2)
    return (start_order < 0 or (start_order == 0 and (start1.included or not start2.included))) and (
        end_order > 0 or (end_order == 0 and (end1.included or not end2.included))
    )


@add("during(point: comparable, range: range): boolean", "during(5, [1..10])", "true")
def point_during(point: Value, bounds: Range) -> Value:
    return includes_point(bounds, point)


@add("during(range1: range, range2: range): boolean", "during([4..6], [1..10])", "true")
def during(first: Range, second: Range) -> Value:
    return includes(second, first)


@add("starts(point: comparable, range: range): boolean", "starts(1, [1..10])", "true")
def point_starts(point: Value, bounds: Range) -> Value:
    start = _ends(bounds)[0]
    return start.included and _order(start, _point(point)) == 0


@add("starts(range1: range, range2: range): boolean", "starts([1..5], [1..10])", "true")
def starts(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    order = _order(end1, end2)
    return (
        start1.included == start2.included
        and _order(start1, start2) == 0
        and (order < 0 or (order == 0 and (not end1.included or end2.included)))
    )


@add("started by(range: range, point: comparable): boolean", "started by([1..10], 1)", "true")
def started_by_point(bounds: Range, point: Value) -> Value:
    return point_starts(point, bounds)


@add("started by(range1: range, range2: range): boolean", "started by([1..10], [1..5])", "true")
def started_by(first: Range, second: Range) -> Value:
    return starts(second, first)


@add("coincides(point1: comparable, point2: comparable): boolean", "coincides(5, 5)", "true")
def points_coincide(first: Value, second: Value) -> Value:
    return _order_of(first, second) == 0


@add("coincides(range1: range, range2: range): boolean", "coincides([1..5], [1..5])", "true")
def coincide(first: Range, second: Range) -> Value:
    (start1, end1), (start2, end2) = _ends(first), _ends(second)
    same_ends = (start1.included, end1.included) == (start2.included, end2.included)
    return same_ends and _order(start1, start2) == 0 and _order(end1, end2) == 0
