from datetime import UTC, date, datetime, time
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.dmn.columns import Column
from engine.feel import parse_unary_tests
from engine.feel.frame import Run
from engine.feel.values import DaysTimeDuration, FarDate, Range, YearsMonthsDuration

NOW = datetime(2027, 1, 15, tzinfo=UTC)
_numbers = st.sampled_from(["1", "2", "2.5", "3", "-1", "1.0"])
_others = st.sampled_from(
    ['"a"', '"b"', "true", "null", '@"2027-01-01"', '@"2027-02-01"', '@"P1D"', '@"P1M"', '@"10:00:00"']
)
_constants = st.one_of(_numbers, _others)
_ranges = st.builds(
    lambda opener, low, high, closer: f"{opener}{low}..{high}{closer}",
    st.sampled_from("[(]"),
    _numbers,
    _numbers,
    st.sampled_from("])["),
)
_operators = st.builds(
    lambda operator, value: f"{operator} {value}", st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), _constants
)
_tests = st.lists(
    st.one_of(_constants, _ranges, _operators, st.sampled_from(["odd(?)", "y", "? > y"])), min_size=1, max_size=3
)
_cells = st.one_of(st.just("-"), _tests.map(", ".join), _tests.map(lambda tests: f"not({', '.join(tests)})"))
_values = st.sampled_from(
    [
        None,
        True,
        False,
        "a",
        "c",
        *map(Decimal, ("1", "2", "2.0", "2.5", "2.7", "3", "9", "-1", "-5")),
        date(2027, 1, 1),
        date(2027, 1, 20),
        datetime(2027, 1, 1, tzinfo=UTC),
        datetime(2027, 1, 1),  # noqa: DTZ001 - a date and time without zone
        time(10, 0),
        FarDate(12000, 1, 1),
        Range(Decimal(1), Decimal(3), True, True),
        DaysTimeDuration(86_400 * 10**9),
        YearsMonthsDuration(1),
        [Decimal(1)],
        {"a": Decimal(1)},
    ]
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(_cells, min_size=1, max_size=8), _values)
def test_the_index_finds_the_rules_that_plain_evaluation_finds(cells, value):
    tests = [parse_unary_tests(cell, ["y"]) for cell in cells]
    names = {"y": Decimal(2)}
    plain = sum(1 << number for number, test in enumerate(tests) if test.evaluate(value, names, now=NOW).value is True)
    assert Column(tests).passing(value, names, Run(NOW)) == plain
