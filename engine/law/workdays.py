"""Statutory holidays and working days of a jurisdiction.

A working day (Werktag) is here what § 193 BGB leaves over: no Saturday, no Sunday, no statutory holiday.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from engine.law.tables import is_in_force, lineage, read
from engine.law.values import LawUnknown

_DAY = timedelta(days=1)
_SATURDAY = 5


def holidays(year: int, jurisdiction: str) -> dict[date, str]:
    """Return the statutory holidays of a year with their German names, in order of date.

    Raises LawUnknown for a jurisdiction without a calendar, so that a missing table never looks like a working day.
    """
    return dict(_holidays(year, jurisdiction))


def holiday_name(day: date, jurisdiction: str) -> str | None:
    return _holidays(day.year, jurisdiction).get(day)


def is_working_day(day: date, jurisdiction: str) -> bool:
    return holiday_name(day, jurisdiction) is None and day.weekday() < _SATURDAY


def next_working_day(day: date, jurisdiction: str) -> date:
    """Return the day itself if it is a working day, else the next one."""
    while not is_working_day(day, jurisdiction):
        day += _DAY
    return day


def add_working_days(day: date, count: int, jurisdiction: str) -> date:
    """Return the `count`-th working day after `day`, for a negative `count` before it; the day itself does not count.

    Raises OverflowError beyond the years 1 to 9999.
    """
    step = _DAY if count > 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day, jurisdiction):
            day += step
    return day


def count_working_days(start: date, end: date, jurisdiction: str) -> int:
    """Count the working days after `start` up to and including `end`, negative where `end` is earlier.

    It is what `add_working_days` takes to get from `start` to `end`, if `end` is a working day.
    """
    if end < start:
        return -sum(is_working_day(end + _DAY * index, jurisdiction) for index in range((start - end).days))
    return sum(is_working_day(start + _DAY * (index + 1), jurisdiction) for index in range((end - start).days))


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Gauss, with Lichtenberg's correction)."""
    century = year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    a = year % 19
    d = (19 * a + moon) % 30
    r = (d + a // 11) // 29
    full_moon = 21 + d - r
    sunday = 7 - (year + year // 4 + sun) % 7
    return date(year, 3, 1) + timedelta(days=full_moon + 7 - (full_moon - sunday) % 7 - 1)


@dataclass(frozen=True, slots=True)
class _Holiday:
    name: str
    jurisdiction: str
    month: int = 1
    day: int = 1
    easter: int | None = None
    once: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def in_year(self, year: int) -> date | None:
        if self.once is not None:
            return self.once if self.once.year == year else None
        if self.easter is not None:
            return easter_sunday(year) + timedelta(days=self.easter)
        return date(year, self.month, self.day)


_TABLE = read("feiertage")
_HOLIDAYS = tuple(_Holiday(**row) for row in _TABLE["holiday"])
_CALENDARS = frozenset(str(row["jurisdiction"]) for row in _TABLE["calendar"])


@lru_cache(maxsize=512)
def _holidays(year: int, jurisdiction: str) -> dict[date, str]:
    if jurisdiction not in _CALENDARS:
        raise LawUnknown("holidays", jurisdiction=jurisdiction)
    places = set(lineage(jurisdiction))
    found: dict[date, str] = {}
    for holiday in _HOLIDAYS:
        day = holiday.in_year(year)
        if day is not None and holiday.jurisdiction in places and is_in_force(holiday, day):
            found[day] = holiday.name
    return dict(sorted(found.items()))
