from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.law import ServiceHours, add_service_hours

BERLIN = ZoneInfo("Europe/Berlin")
USUAL = ServiceHours()


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def added(start: str, hours: int, office: ServiceHours = USUAL) -> datetime:
    return add_service_hours(berlin(start), timedelta(hours=hours), "DE-HE", office)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2027-01-15T09:00", 4, "2027-01-15T13:00"),
        ("2027-01-15T16:00", 4, "2027-01-18T10:00"),  # over the weekend
        ("2027-01-15T20:00", 1, "2027-01-18T09:00"),  # after closing time
        ("2027-01-16T12:00", 1, "2027-01-18T09:00"),  # on a Saturday
        ("2027-01-15T06:00", 1, "2027-01-15T09:00"),  # before opening
        ("2027-01-15T08:00", 10, "2027-01-15T18:00"),  # a whole day ends when the office closes
        ("2027-01-15T18:00", 0, "2027-01-18T08:00"),
        ("2026-12-23T17:00", 24, "2026-12-29T11:00"),  # Christmas, the 115's promise
        ("2027-03-26T12:00", 1, "2027-03-30T09:00"),  # Easter, and the clock changes
    ],
)
def test_only_the_hours_of_working_days_count(start, hours, end):
    assert added(start, hours) == berlin(end)


def test_an_office_may_have_hours_of_its_own():
    mornings = ServiceHours(time(8, 30), time(12))
    assert added("2027-01-15T10:00", 3, mornings) == berlin("2027-01-18T09:30")


def test_the_answer_is_a_moment_in_utc():
    start = datetime(2027, 7, 1, 8, tzinfo=UTC)
    assert add_service_hours(start, timedelta(hours=1), "DE-HE", USUAL).tzinfo is UTC


@pytest.mark.parametrize("span", [timedelta(hours=-1), timedelta(days=20_000)])
def test_spans_without_a_sensible_end_are_errors(span):
    with pytest.raises(ValueError, match="service time"):
        add_service_hours(datetime(2027, 1, 15, tzinfo=UTC), span, "DE-HE", USUAL)


def test_an_office_that_closes_before_it_opens_is_an_error():
    with pytest.raises(ValueError, match="opens"):
        ServiceHours(time(12), time(8))
