from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import notation


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,50", "1234.50"),
        ("1234,5", "1234.5"),
        ("1.234", "1234"),
        ("12.5", "12.5"),
        ("1.2345", "1.2345"),
        ("1 234 567,8", "1234567.8"),
        ("1\u202f234", "1234"),
        ("-3,5", "-3.5"),
        ("\u22123", "-3"),
        ("+7", "7"),
        ("0", "0"),
    ],
)
def test_numbers_are_read_as_german(text, number):
    assert notation.parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "1,2,3", "1.23.4", "12,", ",5", "1e5", "NaN", "12 Euro", "٣", "1" * 31, "--1", "1.234.56"]
)
def test_what_is_no_number_gives_none(text):
    assert notation.parse_number(text) is None


@pytest.mark.parametrize(
    "text", ["15.01.2027", "15.1.2027", "15. 1. 2027", "15. Januar 2027", "15. Jan. 2027", "2027-01-15", " 15.01.2027 "]
)
def test_dates_are_read_as_people_type_them(text):
    assert notation.parse_date(text) == date(2027, 1, 15)


@pytest.mark.parametrize(
    "text", ["30.02.2027", "15.01.27", "01/15/2027", "2027-1-15", "15.13.2027", "15. Foo 2027", "", "0.0.0000"]
)
def test_what_is_no_date_gives_none(text):
    assert notation.parse_date(text) is None


def test_the_month_of_march_may_be_written_short():
    assert notation.parse_date("3. Mär. 2026") == date(2026, 3, 3)


@pytest.mark.parametrize("text", ["14:30", "14.30 Uhr", "14:30:00", " 14:30 "])
def test_times_are_read(text):
    assert notation.parse_time(text) == time(14, 30)


@pytest.mark.parametrize("text", ["24:00", "14", "14:60", ""])
def test_what_is_no_time_gives_none(text):
    assert notation.parse_time(text) is None


@pytest.mark.parametrize(
    "text", ["15.01.2027 14:30", "15.01.2027, 14:30 Uhr", "2027-01-15T14:30", "15. Januar 2027 14:30"]
)
def test_date_and_time_are_meant_in_berlin(text):
    assert notation.parse_datetime(text) == datetime(2027, 1, 15, 13, 30, tzinfo=UTC)


def test_values_are_shown_as_people_read_them():
    assert notation.show_number(Decimal("1234.5")) == "1.234,5"
    assert notation.show_money(Decimal("1234.5")) == "1.234,50 EUR"
    assert notation.show_money(Decimal("120")) == "120,00 EUR"
    assert notation.show_date(date(2027, 1, 15)) == "15. Januar 2027"
    assert notation.show_time(time(14, 30)) == "14:30 Uhr"
    assert notation.show_datetime(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == "2. Juli 2026, 00:30 Uhr"
    assert notation.show_size(2_400_000) == "2,4 MB"
    assert notation.show_size(830_400) == "830 kB"
    assert notation.show_size(12) == "12 Byte"


@given(st.decimals(min_value=-(10**12), max_value=10**12, allow_nan=False, places=3))
def test_a_number_survives_writing_and_reading(number):
    assert notation.parse_number(notation.write_number(number)) == number
    assert notation.parse_number(notation.show_number(number)) == number


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_date_survives_writing_and_reading(day):
    assert notation.parse_date(notation.write_date(day)) == day
    assert notation.parse_date(notation.show_date(day)) == day


@given(st.text(max_size=40))
def test_no_text_breaks_the_readers(text):
    for read in (notation.parse_number, notation.parse_date, notation.parse_time, notation.parse_datetime):
        read(text)
