from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel.temporal import MAX_YEAR, date_from_number, day_number, parse_date
from engine.feel.values import (
    DaysTimeDuration,
    FarDate,
    FineDateTime,
    FineTime,
    Function,
    NotAValue,
    Range,
    YearsMonthsDuration,
    from_json,
    to_json,
    value_of,
)

_zones = st.sampled_from([None, UTC, timezone(timedelta(hours=-8)), ZoneInfo("Europe/Berlin")])
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.text(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.builds(lambda t, z: t.replace(tzinfo=z, fold=0), st.times(), _zones),
    st.builds(lambda t, z: t.replace(tzinfo=z), st.datetimes(), _zones),
    st.builds(FarDate, st.integers(10_000, MAX_YEAR), st.integers(1, 12), st.integers(1, 28)),
    st.builds(FineTime, st.just(1), st.just(2), st.just(3), st.sampled_from([1, 123_456_789]), _zones),
    st.builds(YearsMonthsDuration, st.integers(-(10**12), 10**12)),
    st.builds(DaysTimeDuration, st.integers(-(10**24), 10**24)),
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=5), inner, max_size=4),
        st.builds(Range, inner, inner, st.booleans(), st.booleans(), st.sampled_from(["", "<", ">=", "!="])),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_values)
def test_every_value_survives_its_json_form(value):
    restored = from_json(to_json(value))
    assert restored == value
    assert repr(restored) == repr(value)


def test_numbers_keep_their_cents_and_contexts_may_look_like_tags():
    assert to_json(Decimal("120.00")) == {"n": "120.00"}
    assert to_json({"n": "120"}) == {"c": {"n": "120"}}
    assert from_json({"c": {"n": "120"}}) == {"n": "120"}


def test_a_far_date_time_survives_too():
    value = FineDateTime(FarDate(-2018, 12, 6), time(10, 0, tzinfo=ZoneInfo("Europe/Berlin")))
    assert to_json(value) == {"dt": "-2018-12-06T10:00:00@Europe/Berlin"}
    assert from_json(to_json(value)) == value


@pytest.mark.parametrize("stored", [1, 1.5, {}, {"n": "NaN"}, {"n": 1}, {"d": "2027-02-30"}, {"x": "1"}, {"r": [True]}])
def test_foreign_json_is_refused(stored):
    with pytest.raises(NotAValue):
        from_json(stored)


def test_functions_floats_and_foreign_objects_are_no_stored_values():
    with pytest.raises(NotAValue):
        to_json(Function("f", (), lambda frame, arguments: None))
    for thing in (1.5, Decimal("NaN"), object(), b"x", {"a": 1.0}):
        with pytest.raises(NotAValue):
            value_of(thing)


def test_plain_python_objects_become_values():
    assert value_of({"anzahl": 2, "frist": timedelta(days=1), "am": date(2027, 1, 15)}) == {
        "anzahl": Decimal(2),
        "frist": DaysTimeDuration(86_400 * 10**9),
        "am": date(2027, 1, 15),
    }
    assert value_of((True, datetime(2027, 1, 15, tzinfo=UTC))) == [True, datetime(2027, 1, 15, tzinfo=UTC)]


@settings(deadline=None)
@given(st.dates())
def test_day_numbers_agree_with_the_standard_library(day):
    assert day_number(day) == (day - date(1970, 1, 1)).days
    assert date_from_number(day_number(day)) == day


@settings(deadline=None)
@given(st.integers(-3 * 10**11, 3 * 10**11))
def test_day_numbers_reach_all_of_feels_years(number):
    assert day_number(date_from_number(number)) == number


def test_dates_outside_the_calendar_or_feels_years_do_not_exist():
    assert parse_date("2027-02-29") is None
    assert parse_date("1000000000-01-01") is None
    assert parse_date("12027-01-01") == FarDate(12027, 1, 1)
    assert parse_date("02027-01-01") is None


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "0e999999999", "NaN", "Infinity"])
def test_numbers_beyond_feels_are_no_values_because_written_out_they_would_fill_the_memory(text):
    with pytest.raises(NotAValue):
        value_of({"n": Decimal(text)})
    with pytest.raises(NotAValue):
        from_json({"n": text})


def test_the_largest_and_smallest_numbers_are_values():
    for text in ("9.999999999999999999999999999999999e6144", "1e-6176", "0", "-0.00"):
        assert from_json(to_json(value_of(Decimal(text)))) == Decimal(text)
