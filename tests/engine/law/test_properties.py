"""What holds for every period and every service, on generated dates."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.law import (
    Beginning,
    Facts,
    Period,
    Unit,
    Verfahrensrecht,
    is_working_day,
    period_end,
    remedy_period,
    served,
)
from engine.law.fristen import counted_end, day_after

_DAYS = st.dates(date(2025, 1, 1), date(2040, 12, 31))
_PERIODS = st.builds(Period, st.integers(1, 40), st.sampled_from(Unit))
_CODES = st.sampled_from(Verfahrensrecht)


@settings(deadline=None)
@given(_DAYS, _PERIODS, st.sampled_from(Beginning), _CODES)
def test_a_period_ends_on_a_working_day_at_most_five_days_late(day, period, beginning, code):
    frist = period_end(day, period, verfahrensrecht=code, beginning=beginning)

    assert is_working_day(frist.ends_on, "DE-HE")
    assert timedelta(0) <= frist.ends_on - frist.counted_end_on <= timedelta(5)
    assert (frist.ends_on == frist.counted_end_on) == is_working_day(frist.counted_end_on, "DE-HE")


@settings(deadline=None)
@given(_DAYS, _PERIODS)
def test_counting_from_the_start_of_the_next_day_is_counting_from_the_event(day, period):
    """Both beginnings of § 187 BGB agree but where the month of the event has no such day (§ 188 Abs. 3)."""
    by_event = counted_end(day, period, Beginning.EVENT)
    by_day = counted_end(day + timedelta(1), period, Beginning.START_OF_DAY)

    is_last_of_month = (day + timedelta(1)).day == 1
    assert by_event == by_day or (is_last_of_month and by_event < by_day)


@settings(deadline=None)
@given(_DAYS, _DAYS, _PERIODS)
def test_a_later_event_never_ends_earlier(one, other, period):
    first, second = sorted((one, other))

    assert counted_end(first, period) <= counted_end(second, period)


@given(_DAYS)
def test_the_first_moment_after_a_day_is_the_next_midnight_in_berlin(day):
    local = day_after(day).astimezone(ZoneInfo("Europe/Berlin"))

    assert (local.date(), local.hour, local.minute) == (day + timedelta(1), 0, 0)


@settings(deadline=None)
@given(_DAYS, _CODES)
def test_a_citizen_is_never_told_a_later_day_than_the_office_waits_for(day, code):
    at = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("UTC"))

    outcome = served(code, "brief", Facts(posted_on=day), at=at)
    frist = remedy_period(outcome, verfahrensrecht=code)

    assert day < outcome.earliest_on <= outcome.served_on
    assert outcome.served_on < frist.safe_on <= frist.ends_on
    assert str(outcome.served_on.year) in outcome.reason
