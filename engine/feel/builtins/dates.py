"""Date and time functions (DMN 1.5 10.3.4.7 and 10.3.4.8) and `is`; the clock is the evaluation's `now`."""

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, Final

from engine.feel import temporal
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.operators import same
from engine.feel.temporal import AnyDate, AnyDateTime
from engine.feel.values import Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Datum und Zeit")

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@add("now(): date and time", "now() instance of date and time", "true", framed=True)
def now(frame: Frame) -> Value:
    return frame.run.now


@add("today(): date", "today() instance of date", "true", framed=True)
def today(frame: Frame) -> Value:
    return frame.run.now.date()


@add("is(value1: any, value2: any): boolean", 'is(@"10:00:00+01:00", @"09:00:00Z")', "false")
def is_same(left: Value, right: Value) -> Value:
    return same(left, right)


@add("day of year(date: day): number", 'day of year(@"2027-02-01")', "32")
def day_of_year(value: AnyDate | AnyDateTime) -> Value:
    day = _date(value)
    first = temporal.make_date(day.year, 1, 1)
    return None if first is None else Decimal(temporal.day_number(day) - temporal.day_number(first) + 1)


@add("day of week(date: day): string", 'day of week(@"2027-01-15")', '"Friday"')
def day_of_week(value: AnyDate | AnyDateTime) -> Value:
    return _WEEKDAYS[_weekday(_date(value))]


@add("month of year(date: day): string", 'month of year(@"2027-01-15")', '"January"')
def month_of_year(value: AnyDate | AnyDateTime) -> Value:
    return _MONTHS[_date(value).month - 1]


@add("week of year(date: day): number", 'week of year(@"2027-01-03")', "53")
def week_of_year(value: AnyDate | AnyDateTime) -> Value:
    """The week by ISO 8601: the one that holds the year's first Thursday is week 1."""
    day = _date(value)
    number = temporal.day_number(day)
    thursday = temporal.date_from_number(number - _weekday(day) + 3)
    first = None if thursday is None else temporal.make_date(thursday.year, 1, 1)
    if thursday is None or first is None:
        return None
    return Decimal((temporal.day_number(thursday) - temporal.day_number(first)) // 7 + 1)


def _date(value: Any) -> AnyDate:
    return temporal.date_part(value) if isinstance(value, temporal.AnyDateTime) else value


def _weekday(day: date | temporal.FarDate) -> int:
    """0 is Monday."""
    return (temporal.day_number(day) + 3) % 7
