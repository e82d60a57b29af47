from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from web import formats

MIDNIGHT = datetime(2027, 1, 14, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
TODAY = date(2026, 11, 24)


def test_days_are_written_out_as_berlin_counts_them():
    assert formats.day(date(2027, 1, 15)) == "15. Januar 2027"
    assert formats.day(MIDNIGHT) == "15. Januar 2027"
    assert formats.day(date(2027, 1, 15), "en_GB") == "15 January 2027"
    assert formats.day_short(MIDNIGHT) == "15.01.2027"


def test_moments_are_on_berlins_clock_in_summer_and_winter():
    assert formats.moment(datetime(2026, 7, 1, 12, 5, tzinfo=UTC)) == "1. Juli 2026, 14:05 Uhr"
    assert formats.moment(MIDNIGHT, "en_GB") == "15 January 2027, 00:30"


def test_a_moment_without_time_zone_is_an_error():
    with pytest.raises(ValueError, match="time zone"):
        formats.moment(datetime(2026, 7, 1, 12, 5))  # noqa: DTZ001 -- that is the point


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("120"), "120,00 EUR"),
        (Decimal("1120.5"), "1.120,50 EUR"),
        (0, "0,00 EUR"),
        (Decimal("-3.005"), "-3,00 EUR"),
        (Decimal("99999999999999999.99"), "99.999.999.999.999.999,99 EUR"),
    ],
)
def test_money_is_shown_to_the_cent(amount, shown):
    assert formats.euro(amount) == shown


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [
        (0, "0 Byte"),
        (999, "999 Byte"),
        (1500, "1,5 kB"),
        (2_400_000, "2,4 MB"),
        (250_000_000, "250 MB"),
        (10**13, "10000 GB"),
    ],
)
def test_sizes_are_short(size_bytes, shown):
    assert formats.size(size_bytes) == shown


@pytest.mark.parametrize(
    ("on", "said", "colour"),
    [
        (date(2026, 11, 22), "seit 2 Tagen überfällig", "danger"),
        (date(2026, 11, 23), "seit gestern überfällig", "danger"),
        (date(2026, 11, 24), "heute", "warning"),
        (date(2026, 11, 25), "morgen", "warning"),
        (date(2026, 11, 27), "in 3 Tagen", "warning"),
        (date(2026, 11, 28), "in 4 Tagen", "info"),
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "morgen", "warning"),
    ],
)
def test_a_frist_says_how_far_it_is(on, said, colour):
    assert formats.days_until(on, TODAY) == said
    assert formats.urgency(on, TODAY) == colour


def test_a_date_of_an_account_is_shown_even_when_it_is_none():
    assert formats.iso_day("1964-08-12") == "12. August 1964"
    assert formats.iso_day("unbekannt") == "unbekannt"
