import csv
from datetime import date

import pytest

from engine.law import (
    LawUnknown,
    add_working_days,
    count_working_days,
    holidays,
    is_working_day,
    next_working_day,
)
from tests.shared_data import shared


def test_holidays_of_hessen_equal_the_reference_list():
    rows = csv.DictReader(
        shared("egov/derived/feiertage-hessen-2025-2030.csv").read_text("utf-8").splitlines(), delimiter=";"
    )
    expected = {date.fromisoformat(row["datum"]): row["name"] for row in rows}

    computed = {day: name for year in range(2025, 2031) for day, name in holidays(year, "DE-HE").items()}

    assert computed == expected


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (1954, 18),
        (1981, 19),
        (2000, 23),
        (2011, 24),
        (2038, 25),
        (2049, 18),
        (2076, 19),
        (2106, 18),
        (2133, 19),
        (2201, 19),
    ],
)
def test_easter_is_right_in_the_years_that_need_the_correction(year, day):
    assert date(year, 4, day) not in holidays(year, "DE-HE")
    assert holidays(year, "DE-HE")[date(year, 4, day + 1)] == "Ostermontag"


def test_corpus_christi_is_a_holiday_in_hessen_and_a_working_day_in_berlin():
    assert not is_working_day(date(2026, 6, 4), "DE-HE")
    assert is_working_day(date(2026, 6, 4), "DE-BE")
    assert is_working_day(date(2026, 6, 4), "DE-NI")


def test_a_dated_holiday_begins_with_its_law():
    assert is_working_day(date(2018, 3, 8), "DE-BE")
    assert not is_working_day(date(2019, 3, 8), "DE-BE")


def test_the_single_reformation_day_of_2017_counts_everywhere_once():
    assert not is_working_day(date(2017, 10, 31), "DE-HE")
    assert is_working_day(date(2018, 10, 31), "DE-HE")


def test_a_jurisdiction_without_a_calendar_is_unknown_and_not_free_of_holidays():
    with pytest.raises(LawUnknown):
        is_working_day(date(2026, 6, 3), "DE-BY")


def test_next_working_day_passes_christmas_and_the_weekend():
    assert next_working_day(date(2026, 12, 25), "DE-HE") == date(2026, 12, 28)
    assert next_working_day(date(2026, 12, 28), "DE-HE") == date(2026, 12, 28)


def test_working_days_are_counted_without_the_first_day():
    assert add_working_days(date(2026, 12, 23), 2, "DE-HE") == date(2026, 12, 28)
    assert add_working_days(date(2026, 12, 26), 0, "DE-HE") == date(2026, 12, 26)


def test_working_days_are_counted_backwards_too():
    assert add_working_days(date(2026, 12, 28), -1, "DE-HE") == date(2026, 12, 24)
    assert add_working_days(date(2026, 12, 28), -2, "DE-HE") == date(2026, 12, 23)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 12, 23), date(2026, 12, 28), 2),
        (date(2026, 12, 28), date(2026, 12, 23), -2),
        (date(2026, 12, 24), date(2026, 12, 27), 0),
        (date(2026, 12, 28), date(2026, 12, 28), 0),
    ],
)
def test_working_days_between_two_days_take_back_what_adding_gives(start, end, days):
    assert count_working_days(start, end, "DE-HE") == days
    if is_working_day(end, "DE-HE"):
        assert add_working_days(start, days, "DE-HE") == end
