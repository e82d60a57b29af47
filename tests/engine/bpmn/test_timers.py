"""Timers: ISO 8601 as modellers write it, the German calendar, and FEEL's values."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.bpmn import timers
from engine.bpmn.timers import Cycle, Duration
from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H", Duration(seconds=timedelta(hours=1))),
        (" P1Y2M3DT4H5M6.5S ", Duration(14, 3, timedelta(hours=4, minutes=5, seconds=6, milliseconds=500))),
        ("P2W", Duration(days=14)),
        ("PT0S", Duration()),
        ("P", None),
        ("PT", None),
        ("P1DT", None),
        ("1H", None),
        ("-PT5M", None),
        ("P-1D", None),
        ("PT1H30", None),
        ("", None),
    ],
)
def test_durations_are_read_exactly_or_not_at_all(text: str, expected: Duration | None) -> None:
    assert timers.parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-03-01T08:00:00Z", "2027-03-01T08:00:00"),
        ("2027-03-01T08:00:00+02:00", "2027-03-01T06:00:00"),
        ("2027-01-15T08:00:00", "2027-01-15T07:00:00"),
        ("2027-07-15T08:00:00", "2027-07-15T06:00:00"),
        ("2027-07-15", "2027-07-14T22:00:00"),
    ],
)
def test_a_time_without_zone_is_german_time(text: str, expected: str) -> None:
    assert timers.parse_moment(text) == utc(expected)


@pytest.mark.parametrize("text", ["", "morgen", "2027-02-30", "2027-01-01T25:00:00", "15.01.2027"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert timers.parse_moment(text) is None


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        ("2026-03-28T11:00:00", "P1D", "2026-03-29T10:00:00"),  # the clock goes forward on 2026-03-29
        ("2026-03-28T11:00:00", "PT24H", "2026-03-29T11:00:00"),
        ("2026-10-24T10:00:00", "P1D", "2026-10-25T11:00:00"),  # and back on 2026-10-25
        ("2026-01-31T11:00:00", "P1M", "2026-02-28T11:00:00"),
        ("2026-03-31T10:00:00", "P1Y", "2027-03-31T10:00:00"),
        ("2026-01-01T00:00:00", "P10D", "2026-01-11T00:00:00"),
        ("2026-01-01T00:00:00", "PT0S", "2026-01-01T00:00:00"),
    ],
)
def test_days_and_months_count_in_the_german_calendar(start: str, duration: str, expected: str) -> None:
    assert timers.after(utc(start), timers.parse_duration(duration)) == utc(expected)


def test_no_timer_is_due_after_the_year_9999() -> None:
    assert timers.after(utc("2026-01-01T00:00:00"), Duration(months=12 * 9000)) is None
    assert timers.after(utc("9999-12-31T00:00:00"), Duration(days=5)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("R3/PT10H", Cycle(3, None, Duration(seconds=timedelta(hours=10)))),
        ("R/P1D", Cycle(None, None, Duration(days=1))),
        ("R2/2027-01-01T00:00:00Z/PT1M", Cycle(2, utc("2027-01-01T00:00:00"), Duration(seconds=timedelta(minutes=1)))),
        ("R0/PT1H", None),
        ("R3/PT0S", None),
        ("0 0/5 * * * ?", None),
        ("R3", None),
    ],
)
def test_cycles_are_repetitions_and_no_cron(text: str, expected: Cycle | None) -> None:
    assert timers.parse_cycle(text) == expected


def test_feel_values_are_moments_and_durations() -> None:
    assert timers.moment_of(date(2027, 1, 15)) == utc("2027-01-14T23:00:00")
    assert timers.moment_of(datetime(2027, 1, 15, 8, tzinfo=UTC)) == utc("2027-01-15T08:00:00")
    assert timers.moment_of("2027-01-15T08:00:00Z") == utc("2027-01-15T08:00:00")
    assert timers.moment_of(True) is None
    assert timers.duration_of(YearsMonthsDuration(2)) == Duration(months=2)
    assert timers.duration_of(DaysTimeDuration.of(timedelta(days=1))) == Duration(seconds=timedelta(days=1))
    assert timers.duration_of(DaysTimeDuration.of(-timedelta(days=1))) is None
    assert timers.duration_of("P1D") == Duration(days=1)
    assert timers.duration_of(None) is None
