"""Equality, order and arithmetic on FEEL values (DMN 1.5 10.3.2.5 to 10.3.2.12).

None stands for FEEL's null: a comparison or operation that has no answer. Nothing here raises for any operands,
except LimitExceeded for results that would be too large.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.feel import temporal
from engine.feel.errors import LimitExceeded
from engine.feel.limits import MAX_STRING
from engine.feel.numbers import CONTEXT, ONE
from engine.feel.temporal import (
    DAY,
    SECOND,
    AnyDate,
    AnyDateTime,
    AnyTime,
    DaysTimeDuration,
    FarDate,
    FineDateTime,
    FineTime,
    YearsMonthsDuration,
)
from engine.feel.values import Function, Range, Value

_NUMBER, _STRING, _DATE, _TIME, _MOMENT, _DAYS, _MONTHS = range(7)
_BOOLEAN, _LIST, _CONTEXT, _RANGE, _FUNCTION = range(7, 12)

KIND: Final[Mapping[type, int]] = {
    Decimal: _NUMBER,
    str: _STRING,
    date: _DATE,
    FarDate: _DATE,
    time: _TIME,
    FineTime: _TIME,
    datetime: _MOMENT,
    FineDateTime: _MOMENT,
    DaysTimeDuration: _DAYS,
    YearsMonthsDuration: _MONTHS,
    bool: _BOOLEAN,
    list: _LIST,
    dict: _CONTEXT,
    Range: _RANGE,
    Function: _FUNCTION,
}
# Durations of more digits than this do not exist; 10^30 nanoseconds are 30 billion years.
_LONGEST: Final = 30
_PLAIN: Final = frozenset({_NUMBER, _STRING, _BOOLEAN, _DAYS, _MONTHS, _FUNCTION})


def equal(left: Value, right: Value) -> bool | None:
    """FEEL's `=`: null equals null only, values of different kinds give None."""
    if left is None or right is None:
        return left is right
    kind = KIND.get(type(left))
    if kind != KIND.get(type(right)):
        return None
    if kind in _PLAIN:
        return left == right
    return _EQUALITIES[kind](left, right)  # type: ignore[index]


def same(left: Value, right: Value) -> bool:
    """FEEL's `is`: equal and of the same form; the same instant in another zone is another value."""
    if type(left) is not type(right):
        return False
    if isinstance(left, time | FineTime | datetime | FineDateTime):
        return _form(left) == _form(right)
    return equal(left, right) is True


def _form(value: Any) -> tuple[object, ...]:
    zone = temporal.zone_of(value)
    named = isinstance(zone, ZoneInfo)
    offset = zone.key if isinstance(zone, ZoneInfo) else temporal.offset_s(value)
    number = temporal.time_number(value) if isinstance(value, time | FineTime) else temporal.local_number(value)
    return named, offset, number


def _equal_dates(left: AnyDate, right: AnyDate) -> bool:
    return left == right


def _equal_times(left: AnyTime, right: AnyTime) -> bool:
    keys = _time_keys(left, right)
    return keys is not None and keys[0] == keys[1]


def _equal_moments(left: AnyDateTime, right: AnyDateTime) -> bool:
    keys = _moment_keys(left, right)
    return keys is not None and keys[0] == keys[1]


def _equal_lists(left: list[Value], right: list[Value]) -> bool:
    return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))


def _equal_contexts(left: dict[str, Value], right: dict[str, Value]) -> bool:
    return left.keys() == right.keys() and all(equal(left[key], right[key]) is True for key in left)


def _equal_ranges(left: Range, right: Range) -> bool:
    return (
        (left.operator, left.start_included, left.end_included)
        == (right.operator, right.start_included, right.end_included)
        and equal(left.start, right.start) is True
        and equal(left.end, right.end) is True
    )


_EQUALITIES: Final[Mapping[int, Callable[[Any, Any], bool]]] = {
    _DATE: _equal_dates,
    _TIME: _equal_times,
    _MOMENT: _equal_moments,
    _LIST: _equal_lists,
    _CONTEXT: _equal_contexts,
    _RANGE: _equal_ranges,
}


def compare(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 as `left` is less than, equal to or greater than `right`; None when there is no order."""
    kind = KIND.get(type(left))
    if kind is None or kind != KIND.get(type(right)) or kind > _MONTHS:
        return None
    keys = _ORDERS[kind](left, right)
    if keys is None:
        return None
    low, high = keys
    return -1 if low < high else int(low != high)


def _plain_keys(left: Any, right: Any) -> tuple[Any, Any]:
    return left, right


def _date_keys(left: AnyDate, right: AnyDate) -> tuple[int, int]:
    return temporal.day_number(left), temporal.day_number(right)


def _time_keys(left: AnyTime, right: AnyTime) -> tuple[int, int] | None:
    """Whole seconds since midnight UTC: FEEL compares times without their fractions (DMN 1.5 10.3.2.3.5)."""
    zones = left.tzinfo, right.tzinfo
    offsets = temporal.offset_s(left), temporal.offset_s(right)
    if (zones[0] is None) != (zones[1] is None):
        return None
    if offsets[0] is None or offsets[1] is None:
        # A time in a named zone has no offset without its day: comparable within one zone only.
        if zones[0] != zones[1]:
            return None
        offsets = 0, 0
    return (
        temporal.time_number(left) // SECOND - (offsets[0] or 0),
        temporal.time_number(right) // SECOND - (offsets[1] or 0),
    )


def _moment_keys(left: AnyDateTime, right: AnyDateTime) -> tuple[int, int] | None:
    """Whole seconds on the time line; a value with a zone and one without have no order."""
    if (temporal.zone_of(left) is None) != (temporal.zone_of(right) is None):
        return None
    return temporal.instant_number(left) // SECOND, temporal.instant_number(right) // SECOND


_ORDERS: Final[tuple[Callable[[Any, Any], tuple[Any, Any] | None], ...]] = (
    _plain_keys,
    _plain_keys,
    _date_keys,
    _time_keys,
    _moment_keys,
    _plain_keys,
    _plain_keys,
)


def comparison(operator: str, left: Value, right: Value) -> bool | None:
    """One of = != < <= > >=."""
    if operator == "=":
        return equal(left, right)
    if operator == "!=":
        answer = equal(left, right)
        return None if answer is None else not answer
    order = compare(left, right)
    if order is None:
        return None
    match operator:
        case "<":
            return order < 0
        case "<=":
            return order <= 0
        case ">":
            return order > 0
        case _:
            return order >= 0


def inside(value: Value, bounds: Range) -> bool | None:
    """Whether `value` lies in the range; None when it cannot be compared with an end."""
    if bounds.operator in {"=", "!="}:
        return comparison(bounds.operator, value, bounds.start)
    answers = []
    if not (bounds.operator and bounds.start is None):
        answers.append(comparison(">=" if bounds.start_included else ">", value, bounds.start))
    if not (bounds.operator and bounds.end is None):
        answers.append(comparison("<=" if bounds.end_included else "<", value, bounds.end))
    return None if None in answers else all(answers)


def matches(value: Value, test: Value) -> bool | None:
    """The meaning of `value in test`: inside a range, one of a list (or inside one of its ranges), or equal."""
    if isinstance(test, Range):
        return inside(value, test)
    if isinstance(test, list):
        if isinstance(value, list) and equal(value, test) is True:
            return True
        return any((inside(value, item) if isinstance(item, Range) else equal(value, item)) is True for item in test)
    return equal(value, test)


# Arithmetic. Each function returns None where the operands have no such operation or the result does not exist.


def add(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return CONTEXT.add(left, right)
    if type(left) is str and type(right) is str:
        if len(left) + len(right) > MAX_STRING:
            raise LimitExceeded(f"Der Text wäre länger als {MAX_STRING} Zeichen")
        return left + right
    if isinstance(left, DaysTimeDuration | YearsMonthsDuration):
        if not isinstance(right, DaysTimeDuration | YearsMonthsDuration):
            return _moved(right, left, 1)
        return _durations_added(left, right, 1)
    return _moved(left, right, 1)


def subtract(left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return CONTEXT.subtract(left, right)
    if isinstance(right, DaysTimeDuration | YearsMonthsDuration):
        if isinstance(left, DaysTimeDuration | YearsMonthsDuration):
            return _durations_added(left, right, -1)
        return _moved(left, right, -1)
    return _distance(left, right)


def _durations_added(left: Value, right: Value, sign: int) -> Value:
    if isinstance(left, DaysTimeDuration) and isinstance(right, DaysTimeDuration):
        return DaysTimeDuration(left.nanoseconds + sign * right.nanoseconds)
    if isinstance(left, YearsMonthsDuration) and isinstance(right, YearsMonthsDuration):
        return YearsMonthsDuration(left.months + sign * right.months)
    return None


def _moved(start: Value, length: Value, sign: int) -> Value:
    """A date, time or date and time, `length` later (or earlier)."""
    kind = KIND.get(type(start))
    if isinstance(length, YearsMonthsDuration):
        return _moved_by_months(start, sign * length.months)
    if not isinstance(length, DaysTimeDuration):
        return None
    nanoseconds = sign * length.nanoseconds
    if kind == _DATE:
        moment = temporal.datetime_from_number(temporal.day_number(start) * DAY + nanoseconds, None)  # type: ignore[arg-type]
        return None if moment is None else temporal.date_part(moment)
    if kind == _TIME:
        return temporal.time_from_number(temporal.time_number(start) + nanoseconds, start.tzinfo)  # type: ignore[arg-type,union-attr]
    if kind == _MOMENT:
        return temporal.add_to_datetime(start, nanoseconds)  # type: ignore[arg-type]
    return None


def _moved_by_months(start: Value, months: int) -> Value:
    if isinstance(start, datetime | FineDateTime):
        day = temporal.add_months(temporal.date_part(start), months)
        return None if day is None else temporal.make_datetime(day, temporal.time_part(start))
    if isinstance(start, date | FarDate):
        return temporal.add_months(start, months)
    return None


def _distance(left: Value, right: Value) -> Value:
    """From `right` to `left`; a date counts as its midnight UTC beside a date and time."""
    kinds = KIND.get(type(left)), KIND.get(type(right))
    if kinds == (_TIME, _TIME):
        return _time_distance(left, right)  # type: ignore[arg-type]
    if not set(kinds) <= {_DATE, _MOMENT}:
        return None
    first, last = _moment(right), _moment(left)
    if kinds != (_DATE, _DATE) and (temporal.zone_of(first) is None) != (temporal.zone_of(last) is None):
        return None
    return DaysTimeDuration(temporal.instant_number(last) - temporal.instant_number(first))


def _moment(value: Any) -> AnyDateTime:
    return temporal.midnight(value) if KIND[type(value)] == _DATE else value


def _time_distance(left: AnyTime, right: AnyTime) -> Value:
    if (left.tzinfo is None) != (right.tzinfo is None):
        return None
    shift = (temporal.offset_s(right) or 0) - (temporal.offset_s(left) or 0)
    return DaysTimeDuration(temporal.time_number(left) - temporal.time_number(right) + shift * SECOND)


def multiply(left: Value, right: Value) -> Value:
    if type(left) is Decimal:
        if type(right) is Decimal:
            return CONTEXT.multiply(left, right)
        return _scaled(right, CONTEXT.multiply, left)
    return _scaled(left, CONTEXT.multiply, right) if type(right) is Decimal else None


def _scaled(length: Value, operation: Callable[[Decimal, Decimal], Decimal], factor: Decimal) -> Value:
    """A duration multiplied or divided, cut to whole nanoseconds or months."""
    if isinstance(length, DaysTimeDuration):
        nanoseconds = operation(CONTEXT.create_decimal(length.nanoseconds), factor)
        return DaysTimeDuration(int(nanoseconds)) if nanoseconds.adjusted() < _LONGEST else None
    if isinstance(length, YearsMonthsDuration):
        months = operation(CONTEXT.create_decimal(length.months), factor)
        return YearsMonthsDuration(int(months)) if months.adjusted() < _LONGEST else None
    return None


def divide(left: Value, right: Value) -> Value:
    if type(right) is Decimal:
        if right == 0:
            return None
        if type(left) is Decimal:
            return CONTEXT.divide(left, right)
        return _scaled(left, CONTEXT.divide, right)
    if isinstance(left, DaysTimeDuration) and isinstance(right, DaysTimeDuration):
        return _quotient(left.nanoseconds, right.nanoseconds)
    if isinstance(left, YearsMonthsDuration) and isinstance(right, YearsMonthsDuration):
        return _quotient(left.months, right.months)
    return None


def _quotient(left: int, right: int) -> Value:
    if right == 0:
        return None
    return CONTEXT.divide(CONTEXT.create_decimal(left), CONTEXT.create_decimal(right))


def power(left: Value, right: Value) -> Value:
    if type(left) is not Decimal or type(right) is not Decimal:
        return None
    if right == 0:
        return ONE
    value = CONTEXT.power(left, right)
    return value if value.is_finite() else None  # 0 ** -1 is infinite without any signal


def negate(value: Value) -> Value:
    if type(value) is Decimal:
        return CONTEXT.minus(value)
    if isinstance(value, DaysTimeDuration):
        return DaysTimeDuration(-value.nanoseconds)
    if isinstance(value, YearsMonthsDuration):
        return YearsMonthsDuration(-value.months)
    return None


ARITHMETIC: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}
