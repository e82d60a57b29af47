"""FEEL's values as Python objects, and their one JSON form.

Numbers are `Decimal`, never binary floats; for dates and times see `engine.feel.temporal`. A value is immutable by
agreement: nobody changes a list or context after handing it over.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Union

from engine.feel.numbers import in_range
from engine.feel.temporal import (
    DaysTimeDuration,
    FarDate,
    FineDateTime,
    FineTime,
    YearsMonthsDuration,
    date_text,
    datetime_text,
    duration_text,
    parse_date,
    parse_datetime,
    parse_duration,
    parse_time,
    time_text,
)

if TYPE_CHECKING:
    from engine.feel.types import FunctionOf

__all__ = [
    "DaysTimeDuration",
    "FarDate",
    "FineDateTime",
    "FineTime",
    "Function",
    "Json",
    "NotAValue",
    "Range",
    "Value",
    "YearsMonthsDuration",
    "from_json",
    "to_json",
    "value_of",
]


@dataclass(frozen=True, slots=True)
class Range:
    """`[1..10]`, `(1..10)`; or `< 10` with its `operator`, then the end that is None reaches to infinity.

    Without an operator an end that is None is FEEL's null, and no value is known to lie inside.
    """

    start: "Value"
    end: "Value"
    start_included: bool
    end_included: bool
    operator: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """What FEEL can call; `invoke(frame, arguments)` gets exactly `parameters` values, or any number if None."""

    name: str
    parameters: tuple[str, ...] | None
    invoke: Callable[[Any, Sequence["Value"]], "Value"]
    signature: "FunctionOf | None" = None


Value = Union[  # noqa: UP007 - a recursive alias needs the names as strings
    None,
    bool,
    Decimal,
    str,
    date,
    FarDate,
    time,
    FineTime,
    datetime,
    FineDateTime,
    YearsMonthsDuration,
    DaysTimeDuration,
    Range,
    Function,
    list["Value"],
    dict[str, "Value"],
]

Json = Union[None, bool, int, str, list["Json"], dict[str, "Json"]]  # noqa: UP007 - as above


class NotAValue(TypeError):
    """An object that is no FEEL value, or none that can be stored (a function)."""


def to_json(value: Value) -> Json:
    """The stored form: null, booleans and strings as they are, everything else tagged, for example `{"n": "120.00"}`.

    Tags: n number, d date, t time, dt date and time (dt1: the second pass of an hour that the clock change repeats,
    which FEEL's text cannot say), ym and dd durations, r range, c context; a list is a JSON list.
    Raises NotAValue for functions and foreign objects.
    """
    write = _WRITERS.get(type(value))
    if write is None:
        raise NotAValue(f"not storable: {type(value).__name__}")
    return write(value)


def from_json(stored: Json) -> Value:
    """The value that `to_json` wrote, exactly. Raises NotAValue for anything else."""
    if stored is None or stored is True or stored is False or isinstance(stored, str):
        return stored
    if isinstance(stored, list):
        return [from_json(item) for item in stored]
    if isinstance(stored, dict) and len(stored) == 1:
        [(tag, content)] = stored.items()
        read = _READERS.get(tag)
        value = None if read is None else read(content)
        if value is not None:
            return value
    raise NotAValue("not a stored FEEL value")


def value_of(thing: object) -> Value:
    """Take a plain Python object as a value: int becomes a number, timedelta a duration, mappings contexts.

    Raises NotAValue for floats (they have lost digits already), numbers beyond FEEL's and objects FEEL does not know.
    """
    if isinstance(thing, int) and not isinstance(thing, bool):
        thing = Decimal(thing)
    if isinstance(thing, timedelta):
        return DaysTimeDuration.of(thing)
    if isinstance(thing, Mapping):
        return {str(key): value_of(item) for key, item in thing.items()}
    if isinstance(thing, list | tuple):
        return [value_of(item) for item in thing]
    if type(thing) in _WRITERS or isinstance(thing, Function):
        if isinstance(thing, Decimal) and not in_range(thing):
            raise NotAValue("not a number of FEEL's range")
        return thing  # type: ignore[return-value]
    raise NotAValue(f"not a FEEL value: {type(thing).__name__}")


def _as_is(value: Any) -> Json:
    return value  # type: ignore[no-any-return]


def _write_context(value: dict[str, Value]) -> Json:
    return {"c": {key: to_json(item) for key, item in value.items()}}


def _write_range(value: Range) -> Json:
    ends: list[Json] = [value.start_included, to_json(value.start), to_json(value.end), value.end_included]
    return {"r": [*ends, value.operator] if value.operator else ends}


def _read_context(content: Json) -> Value:
    return {key: from_json(item) for key, item in content.items()} if isinstance(content, dict) else None


def _read_range(content: Json) -> Value:
    if not (isinstance(content, list) and len(content) in {4, 5}):
        return None
    operator = content[4] if len(content) == 5 else ""
    if operator not in _RANGE_OPERATORS:
        return None
    return Range(from_json(content[1]), from_json(content[2]), content[0] is True, content[3] is True, str(operator))


def _read_number(content: Json) -> Value:
    number = Decimal(content) if isinstance(content, str) else None
    return number if number is not None and in_range(number) else None


def _parse_second_pass(text: str) -> Value:
    value = parse_datetime(text)
    return value.replace(fold=1) if isinstance(value, datetime) else None


def _reader(parse: Callable[[str], Value]) -> Callable[[Json], Value]:
    return lambda content: parse(content) if isinstance(content, str) else None


_RANGE_OPERATORS: Final = frozenset({"", "<", "<=", ">", ">=", "=", "!="})

_WRITERS: Final[Mapping[type, Callable[[Any], Json]]] = {
    type(None): _as_is,
    bool: _as_is,
    str: _as_is,
    Decimal: lambda value: {"n": str(value)},
    date: lambda value: {"d": date_text(value)},
    FarDate: lambda value: {"d": date_text(value)},
    time: lambda value: {"t": time_text(value)},
    FineTime: lambda value: {"t": time_text(value)},
    datetime: lambda value: {"dt1" if value.fold else "dt": datetime_text(value)},
    FineDateTime: lambda value: {"dt": datetime_text(value)},
    YearsMonthsDuration: lambda value: {"ym": duration_text(value)},
    DaysTimeDuration: lambda value: {"dd": duration_text(value)},
    Range: _write_range,
    list: lambda value: [to_json(item) for item in value],
    dict: _write_context,
}

_READERS: Final[Mapping[str, Callable[[Json], Value]]] = {
    "n": _read_number,
    "d": _reader(parse_date),
    "t": _reader(parse_time),
    "dt": _reader(parse_datetime),
    "dt1": _reader(_parse_second_pass),
    "ym": _reader(parse_duration),
    "dd": _reader(parse_duration),
    "r": _read_range,
    "c": _read_context,
}
