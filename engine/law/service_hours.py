"""Service hours: the time in which an office answers, as in "an answer within 24 service hours".

The usual hours are those of the Behördennummer 115: working days from 8 to 18 o'clock.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from engine.law.fristen import BERLIN
from engine.law.workdays import add_working_days, is_working_day

MAX_DAYS: Final = 10_000


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """From `opens` to `closes` (local, `opens` earlier) on every working day of a jurisdiction."""

    opens: time = time(8)
    closes: time = time(18)

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("an office opens before it closes")

    @property
    def day_length(self) -> timedelta:
        """How long the office is open on a working day."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)


def add_service_hours(start: datetime, span: timedelta, jurisdiction: str, hours: ServiceHours) -> datetime:
    """Return the moment (UTC) at which `span` of service time has passed since `start` (aware).

    A start outside the hours counts from the next opening; a span that fills a day ends at closing time. Clocks change
    on Sundays, outside all hours. Raises ValueError for a negative span or one beyond 10,000 days.
    """
    if span < timedelta(0) or span // hours.day_length > MAX_DAYS:
        raise ValueError(f"service time is between 0 and {MAX_DAYS} days")
    begin = _opening(start.astimezone(BERLIN).replace(tzinfo=None), jurisdiction, hours)
    today = datetime.combine(begin.date(), hours.closes) - begin
    while span > today:
        span -= today
        begin = datetime.combine(add_working_days(begin.date(), 1, jurisdiction), hours.opens)
        today = hours.day_length
    return (begin + span).replace(tzinfo=BERLIN).astimezone(UTC)


def _opening(local: datetime, jurisdiction: str, hours: ServiceHours) -> datetime:
    """The moment itself if the office is open then, else the next opening."""
    open_today = is_working_day(local.date(), jurisdiction) and local.time() < hours.closes
    if open_today and local.time() >= hours.opens:
        return local
    day = local.date() if open_today else add_working_days(local.date(), 1, jurisdiction)
    return datetime.combine(day, hours.opens)
