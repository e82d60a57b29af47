"""When a timer is due: ISO 8601 as modellers write it, or the value of an expression.

A time without a zone is German time. Years, months, weeks and days of a duration count in the German calendar (P1D
keeps the hour across a clock change), hours and less on the time line. A FEEL duration counts as FEEL says: months in
the calendar, days as 24 hours.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration, add_months, parse_date, parse_datetime
from engine.feel.values import Value

GERMAN_TIME: Final = ZoneInfo("Europe/Berlin")
MAX_CYCLES: Final = 1_000_000

_DURATION: Final = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,6}))?S)?)?",
    re.ASCII,
)
_CYCLE: Final = re.compile(r"R(\d{0,7})/(?:([^P/][^/]*)/)?(P[^/]*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration; `seconds` holds hours, minutes and seconds."""

    months: int = 0
    days: int = 0
    seconds: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Cycle:
    """`R3/PT10H`: fire `times` times (None: for ever), first at `start` or one duration from now."""

    times: int | None
    start: datetime | None
    duration: Duration


def parse_duration(text: str) -> Duration | None:
    """Read an ISO 8601 duration; None when it is none (negative ones are none, too)."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or match[5] == "T" or not any(match.groups()):
        return None
    years, months, weeks, days, _, hours, minutes, seconds, fraction = match.groups()
    return Duration(
        months=int(years or 0) * 12 + int(months or 0),
        days=int(weeks or 0) * 7 + int(days or 0),
        seconds=timedelta(
            hours=int(hours or 0),
            minutes=int(minutes or 0),
            seconds=int(seconds or 0),
            microseconds=int((fraction or "0").ljust(6, "0")),
        ),
    )


def parse_moment(text: str) -> datetime | None:
    """Read an ISO 8601 date (its first moment) or date and time; None when it is neither."""
    value = parse_datetime(text.strip()) or parse_date(text.strip())
    return moment(value)


def parse_cycle(text: str) -> Cycle | None:
    """Read `R<n>/<duration>`, `R/<duration>` or `R<n>/<start>/<duration>`."""
    match = _CYCLE.fullmatch(text.strip())
    if match is None:
        return None
    duration = parse_duration(match[3])
    start = parse_moment(match[2]) if match[2] else None
    if duration is None or (match[2] and start is None) or duration == Duration():
        return None
    times = int(match[1]) if match[1] else None
    return None if times == 0 else Cycle(times, start, duration)


def moment(value: Value) -> datetime | None:
    """Return a FEEL date or date and time as UTC; None for anything else (years beyond 9999, too)."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=GERMAN_TIME)
        return _utc(aware)
    if isinstance(value, date):
        return _utc(datetime.combine(value, time(0), tzinfo=GERMAN_TIME))
    return None


def _utc(value: datetime) -> datetime | None:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None


def end_of_day(value: date) -> datetime:
    """The last second of a German day: a deadline that names a date lasts through it."""
    return datetime.combine(value, time(23, 59, 59), tzinfo=GERMAN_TIME).astimezone(UTC)


def after(start: datetime, duration: Duration) -> datetime | None:
    """Return `start` plus a duration in UTC; None beyond year 9999."""
    try:
        local = start.astimezone(GERMAN_TIME).replace(tzinfo=None)
        day = add_months(local.date(), duration.months)
        if not isinstance(day, date):
            return None
        moved = datetime.combine(day, local.time()) + timedelta(days=duration.days)
        kept = moved.replace(tzinfo=GERMAN_TIME, fold=start.astimezone(GERMAN_TIME).fold)
        return kept.astimezone(UTC) + duration.seconds
    except OverflowError:
        return None


def duration_of(value: Value) -> Duration | None:
    """Return a FEEL duration or an ISO 8601 text as a duration; None for anything else and for negative ones."""
    if isinstance(value, str):
        return parse_duration(value)
    if isinstance(value, YearsMonthsDuration):
        return Duration(months=value.months) if value.months >= 0 else None
    if isinstance(value, DaysTimeDuration) and value.nanoseconds >= 0:
        try:
            return Duration(seconds=value.timedelta())
        except OverflowError:
            return None
    return None


def moment_of(value: Value) -> datetime | None:
    """Return a FEEL date (its first moment), date and time, or ISO 8601 text as UTC; None for anything else."""
    return parse_moment(value) if isinstance(value, str) else moment(value)
