"""FEEL's dates, times and durations: the values, their text form, and exact arithmetic on them.

Everyday values are Python's `date`, `time` and `datetime`. FEEL reaches further (years to 999,999,999, nanoseconds;
DMN 1.5 10.3.2.3), so what those cannot hold is a `FarDate`, `FineTime` or `FineDateTime`; the functions here always
return the standard library's type when it fits, so equal values have equal types. Arithmetic runs on whole nanoseconds
and days.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND: Final = 1_000_000_000
DAY: Final = 86_400 * SECOND
MAX_YEAR: Final = 999_999_999
_EPOCH: Final = date(1970, 1, 1).toordinal()
_MAX_OFFSET_S: Final = 18 * 3600


@dataclass(frozen=True, slots=True)
class FarDate:
    """A date whose year lies outside 1..9999 (proleptic Gregorian, year 0 is 1 BC)."""

    year: int
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class FineTime:
    """A time of day with a fraction finer than a microsecond."""

    hour: int
    minute: int
    second: int
    nanosecond: int
    tzinfo: tzinfo | None


AnyDate = date | FarDate
AnyTime = time | FineTime


@dataclass(frozen=True, slots=True)
class FineDateTime:
    """A date and time that `datetime` cannot hold; the zone is the one of `time`."""

    date: AnyDate
    time: AnyTime


AnyDateTime = datetime | FineDateTime


@dataclass(frozen=True, slots=True, order=True)
class YearsMonthsDuration:
    """`duration("P1Y2M")`: a whole, possibly negative number of months."""

    months: int


@dataclass(frozen=True, slots=True, order=True)
class DaysTimeDuration:
    """`duration("P1DT2H")`: a whole, possibly negative number of nanoseconds; a day is 24 hours."""

    nanoseconds: int

    @classmethod
    def of(cls, delta: timedelta) -> "DaysTimeDuration":
        """The same length as `delta`, exactly."""
        return cls(((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1000)

    def timedelta(self) -> timedelta:
        """The same length for Python, cut to whole microseconds. Raises OverflowError beyond 999,999,999 days."""
        return timedelta(microseconds=self.nanoseconds // 1000)


# Building values: each function returns None where the calendar has no such value.


def make_date(year: int, month: int, day: int) -> AnyDate | None:
    if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)):
        return None
    return date(year, month, day) if 1 <= year <= 9999 else FarDate(year, month, day)


def make_time(hour: int, minute: int, second: int, nanosecond: int, zone: tzinfo | None) -> AnyTime | None:
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59 and 0 <= nanosecond < SECOND):
        return None
    if nanosecond % 1000:
        return FineTime(hour, minute, second, nanosecond, zone)
    return time(hour, minute, second, nanosecond // 1000, tzinfo=zone)


def make_datetime(day: AnyDate, clock: AnyTime) -> AnyDateTime:
    if isinstance(day, FarDate) or isinstance(clock, FineTime):
        return FineDateTime(day, clock)
    return datetime.combine(day, clock)


def make_zone(offset_s: int) -> tzinfo | None:
    """A fixed offset; None beyond 18 hours."""
    if abs(offset_s) > _MAX_OFFSET_S:
        return None
    return timezone(timedelta(seconds=offset_s)) if offset_s else UTC


@lru_cache(maxsize=1024)
def named_zone(name: str) -> tzinfo | None:
    """The IANA zone `name`, or None where it does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


# Taking values apart.


def date_part(value: AnyDateTime) -> AnyDate:
    return value.date if isinstance(value, FineDateTime) else value.date()


def time_part(value: AnyDateTime) -> AnyTime:
    return value.time if isinstance(value, FineDateTime) else value.timetz()


def zone_of(value: AnyTime | AnyDateTime) -> tzinfo | None:
    return value.time.tzinfo if isinstance(value, FineDateTime) else value.tzinfo


def nanosecond_of(clock: AnyTime) -> int:
    return clock.nanosecond if isinstance(clock, FineTime) else clock.microsecond * 1000


def offset_s(value: AnyTime | AnyDateTime) -> int | None:
    """The offset from UTC in seconds; None without a zone. A time in a named zone has no offset of its own."""
    zone = zone_of(value)
    if zone is None:
        return None
    if isinstance(value, datetime):
        delta = value.utcoffset()
    elif isinstance(value, FineDateTime):
        delta = zone.utcoffset(_nearest_datetime(value))
    else:
        delta = zone.utcoffset(None)
    return None if delta is None else delta.days * 86_400 + delta.seconds


def _nearest_datetime(value: FineDateTime) -> datetime:
    """What Python can hold of `value`: years outside its range keep their month and day, for the zone's rules."""
    day = value.date
    if isinstance(day, FarDate):
        year = 9996 + day.year % 4 - 4 * (day.year % 4 == 0) if day.year > 9999 else 4 + day.year % 4
        day = date(year, day.month, min(day.day, days_in_month(year, day.month)))
    clock = value.time
    return datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second, tzinfo=clock.tzinfo)


# Numbers on the time line.


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def day_number(day: AnyDate) -> int:
    """Days since 1970-01-01."""
    if isinstance(day, date):
        return day.toordinal() - _EPOCH
    # Shift by whole 400-year cycles (146,097 days) into the range of Python's date.
    cycles, year = divmod(day.year - 2000, 400)
    return date(2000 + year, day.month, day.day).toordinal() - _EPOCH + cycles * 146_097


def date_from_number(number: int) -> AnyDate | None:
    """The date `number` days after 1970-01-01; None beyond FEEL's years."""
    cycles, rest = divmod(number + _EPOCH - date(2000, 1, 1).toordinal(), 146_097)
    day = date.fromordinal(date(2000, 1, 1).toordinal() + rest)
    return make_date(day.year + cycles * 400, day.month, day.day)


def time_number(clock: AnyTime) -> int:
    """Nanoseconds since midnight on the clock, whatever the zone."""
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * SECOND + nanosecond_of(clock)


def time_from_number(number: int, zone: tzinfo | None) -> AnyTime:
    """The time of day `number` nanoseconds after midnight, modulo 24 hours."""
    seconds, nanosecond = divmod(number % DAY, SECOND)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    if nanosecond % 1000:
        return FineTime(hour, minute, second, nanosecond, zone)
    return time(hour, minute, second, nanosecond // 1000, tzinfo=zone)


def local_number(value: AnyDateTime) -> int:
    """Nanoseconds since 1970-01-01T00:00:00 on the value's own clock."""
    return day_number(date_part(value)) * DAY + time_number(time_part(value))


def instant_number(value: AnyDateTime) -> int:
    """Nanoseconds since 1970-01-01T00:00:00Z; a value without a zone counts as UTC."""
    return local_number(value) - (offset_s(value) or 0) * SECOND


def datetime_from_number(number: int, zone: tzinfo | None) -> AnyDateTime | None:
    """The date and time that many nanoseconds after 1970-01-01T00:00:00 on the clock of `zone`."""
    days, clock = divmod(number, DAY)
    day = date_from_number(days)
    return None if day is None else make_datetime(day, time_from_number(clock, zone))


def midnight(day: AnyDate, zone: tzinfo | None = UTC) -> AnyDateTime:
    return make_datetime(day, time(0, tzinfo=zone))


# Calendar arithmetic.


def add_months(day: AnyDate, months: int) -> AnyDate | None:
    """The same day `months` later, or the last of that month where it is shorter (31 January + P1M = 28 February)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return make_date(year, month + 1, min(day.day, days_in_month(year, month + 1)))


def add_to_datetime(value: AnyDateTime, nanoseconds: int) -> AnyDateTime | None:
    """`value` moved along the time line; in a named zone the length is real time, also across a clock change."""
    zone = zone_of(value)
    if not isinstance(zone, ZoneInfo):
        return datetime_from_number(local_number(value) + nanoseconds, zone)
    moved = datetime_from_number(instant_number(value) + nanoseconds, UTC)
    return None if moved is None else in_zone(moved, zone)


def in_zone(value: AnyDateTime, zone: tzinfo) -> AnyDateTime | None:
    """The same instant on the clock of `zone`."""
    if isinstance(value, datetime):
        try:
            return value.astimezone(zone)
        except OverflowError:
            pass
    instant = instant_number(value)
    probe = datetime_from_number(instant, zone)
    shift = None if probe is None else offset_s(probe)
    return datetime_from_number(instant + (shift or 0) * SECOND, zone)


def months_between(start: AnyDateTime, end: AnyDateTime) -> int:
    """Whole months from `start` to `end`, negative when `end` is earlier."""
    first, last = date_part(start), date_part(end)
    months = (last.year - first.year) * 12 + last.month - first.month
    rest = (last.day, time_number(time_part(end))), (first.day, time_number(time_part(start)))
    if months > 0 and rest[0] < rest[1]:
        return months - 1
    if months < 0 and rest[0] > rest[1]:
        return months + 1
    return months


# Text. Parsers return None for anything that is not exactly the lexical form of DMN 1.5 10.3.4.1
# (XML Schema, plus @zone).

_DATE: Final = r"(-?(?:[1-9]\d{4,8}|\d{4}))-(\d\d)-(\d\d)"
_TIME: Final = r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:(Z)|([+-])(\d\d):(\d\d)(?::(\d\d))?|@([A-Za-z0-9_+\-/]+))?"
_DATE_TEXT: Final = re.compile(_DATE, re.ASCII)
_TIME_TEXT: Final = re.compile(_TIME, re.ASCII)
_DATE_TIME_TEXT: Final = re.compile(f"{_DATE}T(.*)", re.ASCII)
_MONTHS_TEXT: Final = re.compile(r"(-?)P(?:(\d{1,18})Y)?(?:(\d{1,18})M)?", re.ASCII)
_DAYS_TEXT: Final = re.compile(
    r"(-?)P(?:(\d{1,18})D)?(T(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d{0,9})\d*)?S)?)?", re.ASCII
)


def parse_date(text: str) -> AnyDate | None:
    match = _DATE_TEXT.fullmatch(text)
    return None if match is None else make_date(int(match[1]), int(match[2]), int(match[3]))


def parse_time(text: str) -> AnyTime | None:
    match = _TIME_TEXT.fullmatch(text)
    if match is None:
        return None
    zone = _parsed_zone(match)
    if zone is None and (match[5] or match[6] or match[10]):
        return None
    fraction = int((match[4] or "0").ljust(9, "0"))
    return make_time(int(match[1]), int(match[2]), int(match[3]), fraction, zone)


def _parsed_zone(match: re.Match[str]) -> tzinfo | None:
    if match[5]:
        return UTC
    if match[10]:
        return named_zone(match[10])
    if not match[6] or int(match[8]) > 59 or int(match[9] or 0) > 59:
        return None
    seconds = int(match[7]) * 3600 + int(match[8]) * 60 + int(match[9] or 0)
    return make_zone(-seconds if match[6] == "-" else seconds)


def parse_datetime(text: str) -> AnyDateTime | None:
    """A date and time; the time is mandatory, its zone is not."""
    match = _DATE_TIME_TEXT.fullmatch(text)
    if match is None:
        return None
    day = make_date(int(match[1]), int(match[2]), int(match[3]))
    clock = parse_time(match[4])
    return None if day is None or clock is None else make_datetime(day, clock)


def parse_duration(text: str) -> YearsMonthsDuration | DaysTimeDuration | None:
    match = _MONTHS_TEXT.fullmatch(text)
    if match and (match[2] or match[3]):
        months = int(match[2] or 0) * 12 + int(match[3] or 0)
        return YearsMonthsDuration(-months if match[1] else months)
    match = _DAYS_TEXT.fullmatch(text)
    if match is None or match[3] == "T" or not (match[2] or match[3]):
        return None
    seconds = (int(match[2] or 0) * 24 + int(match[4] or 0)) * 3600 + int(match[5] or 0) * 60 + int(match[6] or 0)
    length = seconds * SECOND + int((match[7] or "0").ljust(9, "0"))
    return DaysTimeDuration(-length if match[1] else length)


def date_text(day: AnyDate) -> str:
    sign = "-" if day.year < 0 else ""
    return f"{sign}{abs(day.year):04d}-{day.month:02d}-{day.day:02d}"


def time_text(clock: AnyTime) -> str:
    return _clock_text(clock) + _zone_text(clock.tzinfo)


def datetime_text(value: AnyDateTime) -> str:
    return f"{date_text(date_part(value))}T{time_text(time_part(value))}"


def _clock_text(clock: AnyTime) -> str:
    whole = f"{clock.hour:02d}:{clock.minute:02d}:{clock.second:02d}"
    fraction = nanosecond_of(clock)
    return whole if not fraction else f"{whole}.{fraction:09d}".rstrip("0")


def _zone_text(zone: tzinfo | None) -> str:
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    delta = zone.utcoffset(None) or timedelta()
    seconds = delta.days * 86_400 + delta.seconds
    if seconds == 0:
        return "Z"
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return text if seconds % 60 == 0 else f"{text}:{seconds % 60:02d}"


def duration_text(value: YearsMonthsDuration | DaysTimeDuration) -> str:
    return _months_text(value.months) if isinstance(value, YearsMonthsDuration) else _days_text(value.nanoseconds)


def _months_text(months: int) -> str:
    if months == 0:
        return "P0M"
    sign = "-" if months < 0 else ""
    years, rest = divmod(abs(months), 12)
    return f"{sign}P" + (f"{years}Y" if years else "") + (f"{rest}M" if rest else "")


def _days_text(nanoseconds: int) -> str:
    if nanoseconds == 0:
        return "PT0S"
    sign = "-" if nanoseconds < 0 else ""
    seconds, fraction = divmod(abs(nanoseconds), SECOND)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    tail = f"{second}.{fraction:09d}".rstrip("0") if fraction else str(second)
    clock = (f"{hour}H" if hour else "") + (f"{minute}M" if minute else "") + (f"{tail}S" if second or fraction else "")
    return f"{sign}P" + (f"{day}D" if day else "") + (f"T{clock}" if clock else "")
