"""List functions (DMN 1.5 10.3.4.4) and `sort`; positions count from 1, or from -1 at the end."""

from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Any, Final

from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.limits import MAX_LIST, STEP_SIZE
from engine.feel.numbers import CONTEXT, ONE, ZERO, whole
from engine.feel.operators import add as plus
from engine.feel.operators import compare, divide, equal
from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration
from engine.feel.values import Function, Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Listen")


@add("list contains(list: list, element: any): boolean", "list contains([1, 2, 3], 2)", "true")
def list_contains(items: list[Value], element: Value) -> Value:
    return any(equal(item, element) is True for item in items)


@add("count(list: list): number", "count([1, 2, 3])", "3")
def count(items: list[Value]) -> Value:
    return Decimal(len(items))


@add("min(list...: list): any", "min([3, 1, 2])", "1", 'min("b", "a")', '"a"')
def minimum(items: list[Value]) -> Value:
    return _extreme(items, -1)


@add("max(list...: list): any", "max(3, 1, 2)", "3", "max([])", "null")
def maximum(items: list[Value]) -> Value:
    return _extreme(items, 1)


def _extreme(items: list[Value], wanted: int) -> Value:
    if not items:
        return None
    best = items[0]
    for item in items:
        order = compare(item, best)
        if order is None:
            raise NoValue("Die Liste enthält Werte, die nicht vergleichbar sind")
        if order == wanted:
            best = item
    return best


@add("sum(list...: list): number", "sum([1, 2, 3])", "6", "sum([])", "null")
def total(items: list[Value]) -> Value:
    if not items:
        return None
    if isinstance(items[0], DaysTimeDuration | YearsMonthsDuration):
        return _sum_of_durations(items)
    return _sum(_numbers(items))


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    result = ZERO
    for number in numbers:
        result = CONTEXT.add(result, number)
    return result


def _sum_of_durations(items: list[Value]) -> Value:
    result = items[0]
    for item in items[1:]:
        result = plus(result, item) if type(item) is type(result) else None
    if result is None:
        raise NoValue("Die Liste enthält Werte, die man nicht zusammenzählen kann")
    return result


@add("product(list...: list): number", "product([2, 3, 4])", "24")
def product(items: list[Value]) -> Value:
    result = ONE
    for number in _numbers(items):
        result = CONTEXT.multiply(result, number)
    return result if items else None


@add("mean(list...: list): number", "mean([1, 2, 3, 4])", "2.5")
def mean(items: list[Value]) -> Value:
    value = total(items)
    return None if value is None else divide(value, Decimal(len(items)))


@add("median(list...: list): number", "median(8, 2, 5, 3)", "4")
def median(items: list[Value]) -> Value:
    numbers = sorted(_numbers(items))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return CONTEXT.divide(CONTEXT.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@add("stddev(list...: list): number", "stddev(47)", "null", "stddev([2, 4, 6])", "2")
def standard_deviation(items: list[Value]) -> Value:
    """The sample's standard deviation; there is none for fewer than two numbers."""
    numbers = _numbers(items)
    if len(numbers) < 2:
        return None
    middle = CONTEXT.divide(_sum(numbers), Decimal(len(numbers)))
    squares = _sum(CONTEXT.multiply(gap, gap) for gap in (CONTEXT.subtract(number, middle) for number in numbers))
    return CONTEXT.sqrt(CONTEXT.divide(squares, Decimal(len(numbers) - 1)))


@add("mode(list...: list): list", "mode([6, 1, 9, 6, 1])", "[1, 6]", "mode([])", "[]")
def mode(items: list[Value]) -> Value:
    counts: dict[Decimal, int] = {}
    for number in _numbers(items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return list(sorted(number for number, times in counts.items() if times == most))  # noqa: C413 - a list of values


@add("all(list...: list): boolean", "all([true, true])", "true", "all([])", "true")
def all_true(items: list[Value]) -> Value:
    return _decided(items, decisive=False)


@add("any(list...: list): boolean", "any([false, true])", "true", "any([])", "false")
def any_true(items: list[Value]) -> Value:
    return _decided(items, decisive=True)


def _decided(items: list[Value], *, decisive: bool) -> Value:
    if any(item is not None and not isinstance(item, bool) for item in items):
        raise NoValue("Die Liste enthält anderes als Wahrheitswerte")
    if decisive in items:
        return decisive
    return None if None in items else not decisive


@add(
    "sublist(list: list, start position: number, length: number?): list",
    "sublist([4, 5, 6], 1, 2)",
    "[4, 5]",
    "sublist([4, 5, 6], -2)",
    "[5, 6]",
)
def sublist(items: list[Value], start: Decimal, length: Decimal | None) -> Value:
    begin = _index(items, start)
    if length is None:
        return items[begin:]
    taken = whole(length)
    if taken is None or taken < 1 or begin + taken > len(items):
        raise NoValue(f"Ab der Stelle {start} hat die Liste keine {length} Einträge")
    return items[begin : begin + taken]


@add("append(list: list, item...: items): list", "append([1], 2, 3)", "[1, 2, 3]")
def append(items: list[Value], more: list[Value]) -> Value:
    return _bounded([*items, *more])


@add("concatenate(lists...: lists): list", "concatenate([1, 2], [3])", "[1, 2, 3]")
def concatenate(lists: list[list[Value]]) -> Value:
    return _bounded([item for items in lists for item in items])


@add("insert before(list: list, position: number, newItem: any): list", "insert before([1, 3], 2, 2)", "[1, 2, 3]")
def insert_before(items: list[Value], position: Decimal, item: Value) -> Value:
    index = _index(items, position)
    return _bounded([*items[:index], item, *items[index:]])


@add("remove(list: list, position: number): list", "remove([1, 2, 3], 2)", "[1, 3]")
def remove(items: list[Value], position: Decimal) -> Value:
    index = _index(items, position)
    return [*items[:index], *items[index + 1 :]]


@add("list replace(list: list, position: number, newItem: any): list", "list replace([2, 4, 7], 3, 6)", "[2, 4, 6]")
def list_replace_at(items: list[Value], position: Decimal, item: Value) -> Value:
    index = _index(items, position)
    return [*items[:index], item, *items[index + 1 :]]


@add(
    "list replace(list: list, match: function, newItem: any): list",
    "list replace([2, 4, 7], function(item, newItem) item < newItem, 5)",
    "[5, 5, 7]",
    framed=True,
)
def list_replace_matching(frame: Frame, items: list[Value], match: Function, new: Value) -> Value:
    replaced: list[Value] = []
    for item in items:
        answer = frame.call(match, [item, new])
        if not isinstance(answer, bool):
            raise NoValue("Die Funktion gibt keinen Wahrheitswert zurück")
        replaced.append(new if answer else item)
    return replaced


@add("reverse(list: list): list", "reverse([1, 2, 3])", "[3, 2, 1]")
def reverse(items: list[Value]) -> Value:
    return items[::-1]


@add("index of(list: list, match: any): list", "index of([1, 2, 3, 2], 2)", "[2, 4]")
def index_of(items: list[Value], match: Value) -> Value:
    return [Decimal(number) for number, item in enumerate(items, 1) if equal(item, match) is True]


@add("union(lists...: lists): list", "union([1, 2], [2, 3])", "[1, 2, 3]", framed=True)
def union(frame: Frame, lists: list[list[Value]]) -> Value:
    return _distinct(frame, _bounded([item for items in lists for item in items]))


@add("distinct values(list: list): list", "distinct values([1, 2, 1])", "[1, 2]", framed=True)
def distinct_values(frame: Frame, items: list[Value]) -> Value:
    return _distinct(frame, items)


def _distinct(frame: Frame, items: list[Value]) -> list[Value]:
    """Each value once. Numbers, strings and booleans are looked up, everything else compared one by one."""
    kept: list[Value] = []
    seen: set[tuple[type, Any]] = set()
    others: list[Value] = []
    for item in items:
        if isinstance(item, str | bool | Decimal) or item is None:
            key = type(item), item
            if key in seen:
                continue
            seen.add(key)
        else:
            frame.run.spend(1 + len(others) // STEP_SIZE)
            if any(equal(item, other) is True for other in others):
                continue
            others.append(item)
        kept.append(item)
    return kept


@add("flatten(list: list): list", "flatten([[1, 2], [[3]], 4])", "[1, 2, 3, 4]", framed=True)
def flatten(frame: Frame, items: list[Value]) -> Value:
    flat: list[Value] = []
    stack = [iter(items)]
    while stack:
        for item in stack[-1]:
            frame.run.spend(1)
            if isinstance(item, list):
                stack.append(iter(item))
                break
            flat.append(item)
        else:
            stack.pop()
    return _bounded(flat)


@add("sort(list: list, precedes: function): list", "sort([3, 1, 2], function(x, y) x < y)", "[1, 2, 3]", framed=True)
def sort(frame: Frame, items: list[Value], precedes: Function) -> Value:
    class Key:
        __slots__ = ("value",)

        def __init__(self, value: Value) -> None:
            self.value = value

        def __lt__(self, other: "Key") -> bool:
            answer = frame.call(precedes, [self.value, other.value])
            if not isinstance(answer, bool):
                raise NoValue("Die Sortierfunktion gibt keinen Wahrheitswert zurück")
            return answer

    return sorted(items, key=Key)


def _numbers(items: list[Value]) -> list[Decimal]:
    numbers = [item for item in items if isinstance(item, Decimal)]
    if len(numbers) != len(items):
        raise NoValue("Die Liste enthält anderes als Zahlen")
    return numbers


def _index(items: list[Value], position: Decimal) -> int:
    index = whole(position)
    if index is None or index == 0 or abs(index) > len(items):
        raise NoValue(f"Die Liste hat {len(items)} Einträge, keinen mit der Nummer {position}")
    return index - 1 if index > 0 else len(items) + index


def _bounded(items: list[Value]) -> list[Value]:
    if len(items) > MAX_LIST:
        raise LimitExceeded(f"Die Liste hätte mehr als {MAX_LIST} Einträge")
    return items
