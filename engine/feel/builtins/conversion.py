"""Conversion functions (DMN 1.5 10.3.4.1): date, time, date and time, duration, number, string, range."""

import re
from datetime import UTC, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, Final

from engine.feel import temporal
from engine.feel.compiler import Compiler
from engine.feel.errors import FeelSyntaxError, NoValue
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.numbers import number_of_text, whole
from engine.feel.operators import compare
from engine.feel.parser import KnownNames, parse
from engine.feel.syntax import AtLiteral, Call, Literal, Name, Negation, Node, RangeLiteral
from engine.feel.temporal import (
    SECOND,
    AnyDate,
    AnyDateTime,
    AnyTime,
    DaysTimeDuration,
    YearsMonthsDuration,
)
from engine.feel.text import text_of
from engine.feel.values import Range, Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Umwandlung")


def _known(value: Value, text: str, what: str) -> Value:
    if value is None:
        raise NoValue(f"„{text}“ ist {what}")
    return value


@add("date(from: string): date", 'date("2027-01-15").month', "1")
def date_of_text(text: str) -> Value:
    return _known(temporal.parse_date(text), text, "kein Datum der Form 2027-01-15")


@add("date(from: day): date", 'date(date and time("2027-01-15T10:30:00"))', '@"2027-01-15"')
def date_of_day(value: AnyDate | AnyDateTime) -> Value:
    return value if _is_date(value) else temporal.date_part(value)  # type: ignore[arg-type]


@add("date(year: number, month: number, day: number): date", "date(2027, 1, 15)", '@"2027-01-15"')
def date_of_numbers(year: Decimal, month: Decimal, day: Decimal) -> Value:
    made = temporal.make_date(_integer(year), _integer(month), _integer(day))
    return _known(made, f"{year}-{month}-{day}", "kein Datum des Kalenders")


@add("time(from: string): time", 'time("10:30:00").hour', "10")
def time_of_text(text: str) -> Value:
    return _known(temporal.parse_time(text), text, "keine Uhrzeit der Form 10:30:00")


@add("time(from: temporal): time", 'time(date and time("2027-01-15T10:30:00"))', '@"10:30:00"')
def time_of_temporal(value: AnyDate | AnyTime | AnyDateTime) -> Value:
    if _is_date(value):
        return temporal.make_time(0, 0, 0, 0, UTC)
    return temporal.time_part(value) if _is_moment(value) else value  # type: ignore[arg-type]


@add(
    "time(hour: number, minute: number, second: number, offset: days and time duration?): time",
    'time(10, 30, 0, @"PT1H")',
    '@"10:30:00+01:00"',
)
def time_of_numbers(hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTimeDuration | None) -> Value:
    zone: tzinfo | None = None
    if offset is not None:
        zone = temporal.make_zone(offset.nanoseconds // SECOND)
        if zone is None:
            raise NoValue("Eine Zeitzone liegt höchstens 18 Stunden von UTC entfernt")
    nanoseconds = _integer(second.scaleb(9))
    made = temporal.make_time(_integer(hour), _integer(minute), nanoseconds // SECOND, nanoseconds % SECOND, zone)
    return _known(made, f"{hour}:{minute}:{second}", "keine Uhrzeit")


@add(
    "date and time(from: string): date and time",
    'date and time("2027-01-15T10:30:00").hour',
    "10",
    'date and time("2027-01-15")',
    '@"2027-01-15T00:00:00"',
)
def date_time_of_text(text: str) -> Value:
    day = temporal.parse_date(text)
    if day is not None:
        return temporal.midnight(day, None)
    return _known(temporal.parse_datetime(text), text, "kein Zeitpunkt der Form 2027-01-15T10:30:00")


@add("date and time(from: day): date and time", 'date and time(@"2027-01-15")', '@"2027-01-15T00:00:00Z"')
def date_time_of_day(value: AnyDate | AnyDateTime) -> Value:
    return temporal.midnight(value) if _is_date(value) else value  # type: ignore[arg-type]


@add(
    "date and time(date: day, time: time): date and time",
    'date and time(@"2027-01-15", @"10:30:00")',
    '@"2027-01-15T10:30:00"',
)
def date_time_of_parts(day: AnyDate | AnyDateTime, clock: AnyTime) -> Value:
    return temporal.make_datetime(day if _is_date(day) else temporal.date_part(day), clock)  # type: ignore[arg-type]


@add(
    "duration(from: string): days and time duration",
    'duration("PT36H").days',
    "1",
    'duration("P14M")',
    '@"P1Y2M"',
)
def duration_of_text(text: str) -> Value:
    return _known(temporal.parse_duration(text), text, "keine Dauer der Form P14D oder P1Y2M")


@add("duration(from: duration): duration", 'duration(@"P1D")', '@"P1D"')
def duration_of_duration(value: DaysTimeDuration | YearsMonthsDuration) -> Value:
    return value


@add(
    "years and months duration(from: day, to: day): years and months duration",
    'years and months duration(@"2025-12-24", @"2027-01-15")',
    '@"P1Y"',
)
def months_between(start: Any, end: Any) -> Value:
    moments = [temporal.midnight(value, None) if _is_date(value) else value for value in (start, end)]
    return YearsMonthsDuration(temporal.months_between(*moments))


_PLAIN_NUMBER: Final = re.compile(r"-?(\d+(\.\d+)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@add("number(from: string): number", 'number("1200.50")', "1200.50")
def number_of_string(text: str) -> Value:
    return _number(text, text)


@add(
    "number(from: string, grouping separator: string?, decimal separator: string?): number",
    'number("1.200,50", ".", ",")',
    "1200.50",
)
def number_of_formatted(text: str, grouping: str | None, point: str | None) -> Value:
    if grouping not in {None, " ", ",", "."} or point not in {None, ",", "."}:
        raise NoValue("Als Trennzeichen gelten nur Punkt, Komma und, für Tausender, das Leerzeichen")
    if grouping is not None and grouping == (point or "."):
        raise NoValue("Tausender- und Dezimaltrennzeichen sind gleich")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        plain = plain.replace(".", "x").replace(",", ".")
    return _number(plain, text)


def _number(plain: str, text: str) -> Value:
    if not _PLAIN_NUMBER.fullmatch(plain):
        raise NoValue(f"„{text}“ ist keine Zahl")
    return number_of_text(plain)


@add("string(from: any): string", "string(1.5)", '"1.5"', 'string(["a", 1])', '"[\\"a\\", 1]"')
def string_of(value: Value) -> Value:
    return None if value is None else text_of(value)


_CONSTRUCTORS: Final = frozenset({"date", "time", "date and time", "duration"})


@add("range(from: string): range", 'range("[18..21)")', "[18..21)", framed=True)
def range_of_text(frame: Frame, text: str) -> Value:
    try:
        tree = parse(text, KnownNames(_CONSTRUCTORS))
    except FeelSyntaxError:
        raise NoValue(f"„{text}“ ist kein Bereich der Form [1..10]") from None
    if not (isinstance(tree, RangeLiteral) and _is_constant(tree.start) and _is_constant(tree.end)):
        raise NoValue(f"„{text}“ ist kein Bereich aus festen Werten")
    code = Compiler(text, frozenset(), LIBRARY).compile(tree)
    bounds = code(Frame({}, [], frame.run))
    if not isinstance(bounds, Range):
        raise NoValue(f"„{text}“ ist kein Bereich")
    if (compare(bounds.start, bounds.end) or 0) > 0:
        raise NoValue(f"Im Bereich „{text}“ liegt das Ende vor dem Anfang")
    return bounds


def _is_constant(node: Node | None) -> bool:
    if isinstance(node, Call):
        return (
            isinstance(node.function, Name)
            and node.function.name in _CONSTRUCTORS
            and all(isinstance(argument, Literal) for argument in node.arguments)
        )
    return isinstance(node, Literal | AtLiteral | Negation)


def _is_date(value: object) -> bool:
    return isinstance(value, temporal.AnyDate) and not _is_moment(value)


def _is_moment(value: object) -> bool:
    return isinstance(value, temporal.AnyDateTime)


def _integer(number: Decimal) -> int:
    """The whole part. Raises NoValue beyond what any calendar knows."""
    value = whole(number.to_integral_value(rounding="ROUND_DOWN"))
    if value is None:
        raise NoValue("Die Zahl ist zu groß")
    return value
