"""What stands after a dot: entries of contexts, and the properties of dates, times, durations and ranges."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.feel import temporal
from engine.feel.errors import NoValue
from engine.feel.numbers import CONTEXT
from engine.feel.temporal import SECOND, DaysTimeDuration, FarDate, FineDateTime, FineTime, YearsMonthsDuration
from engine.feel.types import german_kind, kind_of
from engine.feel.values import Range, Value

_Property = Callable[[Any], Value]


def member_of(value: Value, member: str) -> Value:
    """The entry or property; of a list, that of each item. Raises NoValue where there is none."""
    if isinstance(value, dict):
        if member in value:
            return value[member]
        raise NoValue(f"Der Kontext hat keinen Eintrag „{member}“")
    if isinstance(value, list):
        return [_member_or_null(item, member) for item in value]
    if value is None:
        raise NoValue(f"„.{member}“ fragt etwas ab, das keinen Wert hat")
    read = _PROPERTIES.get(type(value), {}).get(member)
    if read is None:
        raise NoValue(f"„{member}“ gibt es nicht bei: {german_kind(kind_of(value))}")
    return read(value)


def _member_or_null(item: Value, member: str) -> Value:
    try:
        return member_of(item, member)
    except NoValue:
        return None


def _offset(value: Any) -> Value:
    seconds = temporal.offset_s(value)
    return None if seconds is None else DaysTimeDuration(seconds * SECOND)


def _timezone(value: Any) -> Value:
    zone = temporal.zone_of(value)
    return zone.key if isinstance(zone, ZoneInfo) else None


def _second(value: temporal.AnyTime) -> Value:
    return CONTEXT.add(Decimal(value.second), Decimal(temporal.nanosecond_of(value)).scaleb(-9)).normalize()


def _weekday(value: temporal.AnyDate) -> Value:
    return Decimal((temporal.day_number(value) + 3) % 7 + 1)


def _part_of_days(unit_s: int, modulus: int | None) -> _Property:
    """A component of a duration, with the duration's sign."""

    def read(value: DaysTimeDuration) -> Value:
        amount = abs(value.nanoseconds) // (unit_s * SECOND)
        amount = amount if modulus is None else amount % modulus
        return Decimal(-amount if value.nanoseconds < 0 else amount)

    return read


def _seconds_of(value: DaysTimeDuration) -> Value:
    nanoseconds = abs(value.nanoseconds) % (60 * SECOND)
    number = Decimal(-nanoseconds if value.nanoseconds < 0 else nanoseconds).scaleb(-9).normalize()
    return Decimal(int(number)) if number == int(number) else number


_DAY: Final[Mapping[str, _Property]] = {
    "year": lambda day: Decimal(day.year),
    "month": lambda day: Decimal(day.month),
    "day": lambda day: Decimal(day.day),
    "weekday": _weekday,
}
_CLOCK: Final[Mapping[str, _Property]] = {
    "hour": lambda clock: Decimal(clock.hour),
    "minute": lambda clock: Decimal(clock.minute),
    "second": _second,
}
_ZONE: Final[Mapping[str, _Property]] = {"time offset": _offset, "timezone": _timezone}


def _of_part(take: Callable[[Any], Any], properties: Mapping[str, _Property]) -> dict[str, _Property]:
    def of(read: _Property) -> _Property:
        return lambda value: read(take(value))

    return {name: of(read) for name, read in properties.items()}


_DATE_TIME: Final = {**_of_part(temporal.date_part, _DAY), **_of_part(temporal.time_part, _CLOCK), **_ZONE}

_PROPERTIES: Final[Mapping[type, Mapping[str, _Property]]] = {
    date: _DAY,
    FarDate: _DAY,
    time: {**_CLOCK, **_ZONE},
    FineTime: {**_CLOCK, **_ZONE},
    datetime: _DATE_TIME,
    FineDateTime: _DATE_TIME,
    YearsMonthsDuration: {
        "years": lambda value: Decimal(int(value.months / 12)),
        "months": lambda value: Decimal(abs(value.months) % 12 * (-1 if value.months < 0 else 1)),
    },
    DaysTimeDuration: {
        "days": _part_of_days(86_400, None),
        "hours": _part_of_days(3600, 24),
        "minutes": _part_of_days(60, 60),
        "seconds": _seconds_of,
    },
    Range: {
        "start": lambda bounds: bounds.start,
        "end": lambda bounds: bounds.end,
        "start included": lambda bounds: bounds.start_included,
        "end included": lambda bounds: bounds.end_included,
    },
}
