"""What compiled expressions do when they run: the closures that the compiler puts together."""

import operator as python_operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.feel import temporal
from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame, Run
from engine.feel.library import Builtin, call
from engine.feel.limits import STEP_SIZE
from engine.feel.numbers import whole
from engine.feel.operators import ARITHMETIC, compare, comparison, inside, matches
from engine.feel.syntax import (
    Literal,
    Name,
    Node,
    children,
)
from engine.feel.temporal import FarDate
from engine.feel.types import german_kind, kind_of
from engine.feel.values import Function, Range, Value

Code = Callable[[Frame], Value]
Test = Callable[[Frame, Value], bool | None]
Compare = Callable[[Frame, Value, Value], bool | None]
Place = tuple[int, int]  # line and column
Source = tuple[int, Code, Code | None]  # slot of the variable, list or start, end


def run_nested(frame: Frame, body: Code, cost: int) -> Value:
    """Run a function's body, which nests `cost` Python frames deep. Raises LimitExceeded for endless recursion."""
    run = frame.run
    run.depth -= cost
    if run.depth < 0:
        raise LimitExceeded("Die Funktion ruft sich zu oft selbst auf")
    try:
        return body(frame)
    finally:
        run.depth += cost


def range_problem(bounds: Range) -> str | None:
    """Why such a range cannot be; None for a good one. An end that is null may not be included."""
    if bounds.operator:
        return None
    for end, included in ((bounds.start, bounds.start_included), (bounds.end, bounds.end_included)):
        if end is None and included:
            return "Eine Grenze des Bereichs hat keinen Wert"
    if bounds.start is None or bounds.end is None:
        return None
    if compare(bounds.start, bounds.end) is None:
        kinds = german_kind(kind_of(bounds.start)), german_kind(kind_of(bounds.end))
        return f"Die Grenzen des Bereichs sind nicht vergleichbar: {kinds[0]} und {kinds[1]}"
    return None


def constantly(value: Value) -> Code:
    return lambda _: value


def slot_reader(slot: int) -> Code:
    return lambda frame: frame.slots[slot]


def member_or(name: str, slot: int, otherwise: Code) -> Code:
    def read(frame: Frame) -> Value:
        item = frame.slots[slot]
        return item[name] if type(item) is dict and name in item else otherwise(frame)

    return read


def or_builtin(name: str, function: Function) -> Code:
    return lambda frame: frame.names.get(name, function)


def function_value(name: str, overloads: tuple[Builtin, ...]) -> Function:
    """A built-in function as a value, for example as an argument."""
    return Function(name, None, lambda frame, arguments: call(frame, overloads, arguments))


def joined_pair(absorbing: bool, operator: str, left: Code, left_place: Place, right: Code, right_place: Place) -> Code:  # noqa: FBT001
    """`and` or `or` of two: the absorbing value of either side decides, whatever the other is."""

    def joined(frame: Frame) -> Value:
        a = left(frame)
        if a is absorbing:
            return absorbing
        b = right(frame)
        if b is absorbing:
            return absorbing
        if type(a) is bool and type(b) is bool:
            return not absorbing
        _note_no_operand(frame, left_place, operator, a)
        _note_no_operand(frame, right_place, operator, b)
        return None

    return joined


def joined_chain(absorbing: bool, operator: str, operands: Sequence[tuple[Code, Place]]) -> Code:  # noqa: FBT001
    def joined(frame: Frame) -> Value:
        result: Value = not absorbing
        for operand, place in operands:
            value = operand(frame)
            if value is absorbing:
                return absorbing
            if type(value) is not bool:
                result = None
                _note_no_operand(frame, place, operator, value)
        return result

    return joined


def _note_no_operand(frame: Frame, place: Place, operator: str, value: Value) -> None:
    if type(value) is not bool and value is not None:
        frame.run.note(*place, f"„{operator}“ braucht Wahrheitswerte, nicht: {german_kind(kind_of(value))}")


def note_no_truth(frame: Frame, place: Place, value: Value) -> None:
    if value is not None:
        frame.run.note(*place, f"Die Bedingung ist kein Wahrheitswert, sondern: {german_kind(kind_of(value))}")


def comparison_with_constant(operator: str, left: Code, constant: Value, slow: Compare) -> Code:
    fast, kind = FAST_COMPARISONS[operator], type(constant)

    def compared(frame: Frame) -> Value:
        value = left(frame)
        if type(value) is kind:
            return fast(value, constant)
        return slow(frame, value, constant)

    return compared


def reporting_comparison(operator: str, place: Place) -> Compare:
    """The comparison with a diagnostic where it has no answer; null beside `=` and `!=` is an ordinary operand."""

    def compared(frame: Frame, left: Value, right: Value) -> bool | None:
        answer = comparison(operator, left, right)
        if answer is None:
            frame.run.note(*place, _not_comparable(operator, left, right))
        return answer

    return compared


def in_range(bounds: Code) -> Test:
    """A range that cannot be (its diagnostic is noted already) gives no answer."""

    def holds(frame: Frame, value: Value) -> bool | None:
        test = bounds(frame)
        return None if test is None else matches(value, test)

    return holds


def matching(frame: Frame, place: Place, value: Value, test: Value) -> bool | None:
    answer = matches(value, test)
    if answer is None and value is not None:
        frame.run.note(*place, _not_comparable("in", value, test))
    return answer


def _not_comparable(operator: str, left: Value, right: Value) -> str:
    kinds = german_kind(kind_of(left)), german_kind(kind_of(right))
    return f"„{operator}“ kann nicht vergleichen: {kinds[0]} mit {kinds[1]}"


def operation(sign: str, position: Place) -> Callable[[Frame, Value, Value], Value]:
    operate = ARITHMETIC[sign]

    def operated(frame: Frame, left: Value, right: Value) -> Value:
        try:
            value = operate(left, right)
        except ArithmeticError as reason:
            return frame.run.null(*position, reason_text(reason))
        if value is None:
            return frame.run.null(*position, _no_result(sign, left, right))
        if type(value) is str:
            frame.run.spend(len(value) // STEP_SIZE)
        return value

    return operated


def _no_result(sign: str, left: Value, right: Value) -> str:
    if sign == "/" and type(right) is Decimal and right == 0:
        return "Durch null kann man nicht teilen"
    kinds = german_kind(kind_of(left)), german_kind(kind_of(right))
    return f"„{sign}“ hat kein Ergebnis für: {kinds[0]} und {kinds[1]}"


def reason_text(error: Exception) -> str:
    return str(error) if isinstance(error, NoValue) else "Das Ergebnis ist zu groß oder nicht bestimmt"


def constant_index(node: Node) -> int | None:
    if isinstance(node, Literal) and type(node.value) is Decimal:
        return whole(node.value) or 0
    return None


def as_list(value: Value) -> list[Value]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def nth(frame: Frame, items: list[Value], index: int, place: Place) -> Value:
    """FEEL counts from 1, or from -1 at the end."""
    if 1 <= index <= len(items):
        return items[index - 1]
    if -len(items) <= index <= -1:
        return items[index]
    return frame.run.null(*place, f"Die Liste hat {len(items)} Einträge, keinen mit der Nummer {index}")


def filtered(frame: Frame, items: list[Value], slot: int, condition: Code, place: Place) -> Value:
    kept: list[Value] = []
    for position, item in enumerate(items):
        frame.run.spend(1)
        frame.slots[slot] = item
        answer = condition(frame)
        if answer is True:
            kept.append(item)
        elif type(answer) is Decimal and position == 0:
            return nth(frame, items, whole(answer) or 0, place)
        elif answer is not False:
            note_no_truth(frame, place, answer)
    return kept


def turns(frame: Frame, sources: Sequence[Source], depth: int = 0) -> Iterator[None]:
    """Set the loop variables to every combination in turn, the last one fastest."""
    slot, start, end = sources[depth]
    for value in _iterated(start(frame), None if end is None else end(frame), bounded=end is not None):
        frame.run.spend(1)
        frame.slots[slot] = value
        if depth + 1 == len(sources):
            yield
        else:
            yield from turns(frame, sources, depth + 1)


def _iterated(start: Value, end: Value, *, bounded: bool) -> Iterable[Value]:
    if not bounded:
        if start is None:
            raise NoValue("Hier fehlt die Liste, über die gelaufen wird")
        if isinstance(start, Range):
            return _inside(start)
        return start if isinstance(start, list) else [start]
    return _steps(start, end)


def _inside(bounds: Range) -> Iterable[Value]:
    """The whole numbers or days of a range, upwards, without the ends that do not belong to it."""
    order = None if bounds.operator else compare(bounds.start, bounds.end)
    if order is None:
        raise NoValue("Über einen Bereich ohne Ende kann man nicht laufen")
    if order > 0:
        return ()
    values = _steps(bounds.start, bounds.end)
    return (value for value in values if inside(value, bounds) is True)


def _steps(start: Value, end: Value) -> Iterable[Value]:
    """Whole numbers or days from `start` to `end`, downwards when `end` is less."""
    if type(start) is Decimal and type(end) is Decimal:
        first, last = whole(start), whole(end)
        if first is not None and last is not None:
            step = 1 if first <= last else -1
            return (Decimal(number) for number in range(first, last + step, step))
    elif type(start) in {date, FarDate} and type(end) in {date, FarDate}:
        first, last = temporal.day_number(start), temporal.day_number(end)  # type: ignore[arg-type]
        step = 1 if first <= last else -1
        return (temporal.date_from_number(number) for number in range(first, last + step, step))
    raise NoValue("Von-bis braucht zwei ganze Zahlen oder zwei Datumsangaben")


def ordered_arguments(target: Function, values: list[Value], names: Sequence[str] | None) -> list[Value]:
    """The arguments in the order of the function's parameters."""
    parameters = target.parameters
    if parameters is None:
        if names is not None:
            raise NoValue(f"„{target.name}“ nimmt hier keine benannten Argumente")
        return values
    if names is None:
        if len(values) != len(parameters):
            raise NoValue(f"Die Funktion hat {len(parameters)} Parameter, nicht {len(values)}")
        return values
    given = dict(zip(names, values, strict=True))
    if given.keys() != set(parameters):
        raise NoValue(f"Die Funktion hat die Parameter: {', '.join(parameters)}")
    return [given[name] for name in parameters]


def refuse_external(frame: Frame, arguments: Sequence[Value]) -> Value:  # noqa: ARG001
    raise NoValue("Funktionen aus Java oder PMML führt Amtsweg nicht aus")


def mentions(node: Node, name: str) -> bool:
    return (isinstance(node, Name) and node.name == name) or any(mentions(child, name) for child in children(node))


FAST_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": python_operator.eq,
    "!=": python_operator.ne,
    "<": python_operator.lt,
    "<=": python_operator.le,
    ">": python_operator.gt,
    ">=": python_operator.ge,
}
# Ranges of literals are built once, when compiling; nothing in them reads the frame's clock or names.
CONSTANT_FRAME: Final = Frame({}, [], Run(datetime(2000, 1, 1, tzinfo=UTC)))
