from datetime import UTC, datetime

import pytest

from engine.feel import Scope, parse_expression
from engine.feel.builtins import STANDARD
from engine.feel.library import Library
from engine.feel.operators import equal

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)
_EXAMPLES = [
    (text, expected)
    for overloads in STANDARD.functions.values()
    for builtin in overloads
    for text, expected in builtin.examples
]

# Every function of DMN 1.5, chapter 10.3.4.
_STANDARD_NAMES = """
date|date and time|time|number|string|duration|years and months duration|range|not|substring|string length|upper case|
lower case|substring before|substring after|replace|contains|starts with|ends with|matches|split|string join|
list contains|list replace|count|min|max|sum|mean|all|any|sublist|append|concatenate|insert before|remove|reverse|
index of|union|distinct values|flatten|product|median|stddev|mode|decimal|floor|ceiling|round up|round down|
round half up|round half down|abs|modulo|sqrt|log|exp|odd|even|is|before|after|meets|met by|overlaps|overlaps before|
overlaps after|finishes|finished by|includes|during|starts|started by|coincides|day of year|day of week|month of year|
week of year|sort|get value|get entries|context|context put|context merge|now|today
"""


def feel(text: str):
    return parse_expression(text).evaluate({}, now=NOW)


def test_every_function_of_the_standard_is_there_and_no_other():
    assert set(STANDARD.functions) == {name.strip() for name in _STANDARD_NAMES.split("|")}


@pytest.mark.parametrize(("text", "expected"), _EXAMPLES, ids=[text for text, _ in _EXAMPLES])
def test_the_documented_example_holds(text, expected):
    value, diagnostics = feel(text)
    wanted = feel(expected).value
    assert equal(value, wanted) is True
    assert diagnostics == ()


@pytest.mark.parametrize("name", sorted(STANDARD.functions))
def test_functions_take_their_arguments_by_name_too(name):
    for builtin in STANDARD.functions[name]:
        text = builtin.examples[0][0]
        if not text.startswith(f"{name}(") or not builtin.parameters or builtin.parameters[-1].variadic:
            continue
        nothing = ", ".join(f"{parameter.name}: null" for parameter in builtin.parameters)
        assert not any(
            "hat kein Argument" in diagnostic.reason for diagnostic in feel(f"{name}({nothing})").diagnostics
        )


@pytest.mark.parametrize("name", sorted(STANDARD.functions))
@pytest.mark.parametrize("argument", ["null", "[]", '"x"', "-1", "{}", "[null]", '@"P1D"', "[1..2]", "sum", "1e6000"])
def test_no_function_fails_on_any_argument(name, argument):
    for count in (0, 1, 2, 3, 4):
        feel(f"{name}({', '.join([argument] * count)})")


def test_a_host_offers_functions_of_its_own():
    library = Library()

    @library.add("recht.add working days(from: date, days: number): date", "today()", "today()")
    def add_working_days(start, days):
        return start

    scope = Scope(["frist"], library=STANDARD.joined(library))
    expression = parse_expression('recht.add working days(@"2027-01-15", 3) = frist', scope=scope)
    assert expression.evaluate({"frist": NOW.date()}, now=NOW).value is True
    with pytest.raises(ValueError, match="declared twice"):
        STANDARD.joined(STANDARD)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string(1.10)", '"1.10"'),
        ("string(1e3)", '"1000"'),
        ("string(0.000000001)", '"0.000000001"'),
        ("string(-0)", '"0"'),
        ('string([1, "a", {b c: null}])', '"[1, \\"a\\", {b c: null}]"'),
        ('string({"a,b": [1..2)})', '"{\\"a,b\\": [1..2)}"'),
        ("string((< 5))", '"(< 5)"'),
        ('string(@"PT26H3.5S")', '"P1DT2H3.5S"'),
        ('string(time("10:00:00.000"))', '"10:00:00"'),
        ('number("1.000,50", ".", ",")', "1000.50"),
        ('number("1 000", " ", null)', "1000"),
        ("decimal(2.345, 2)", "2.34"),
        ("decimal(120, 2)", "120.00"),
        ("round half up(-2.5, 0)", "-3"),
        ("modulo(-10.5, 3)", "1.5"),
        ('min([@"2027-01-02", @"2027-01-01"])', '@"2027-01-01"'),
        ('sum([@"PT1H", @"PT30M"])', '@"PT1H30M"'),
        ("sort([{a: 2}, {a: 1}], function(x, y) x.a < y.a).a", "[1, 2]"),
        ('distinct values([1, 1.0, true, "1", [1], [1]])', '[1, true, "1", [1]]'),
        ("append([1], [2])", "[1, [2]]"),
        ("concatenate([1], 2)", "[1, 2]"),
        ('week of year(@"2024-12-30")', "1"),
        ('years and months duration(@"2027-03-31", @"2027-02-28")', '@"-P1M"'),
        ("before((< 5), [5..6])", "true"),
        ("includes((> 5), 6)", "true"),
        ("all([true, null])", "null"),
        ("any([true, null])", "true"),
        ('context put({a: {b: 1}}, ["a", "c"], 2)', "{a: {b: 1, c: 2}}"),
        ('get value({a: 1}, "b")', "null"),
    ],
)
def test_values_beside_the_examples(text, expected):
    assert equal(feel(text).value, feel(expected).value) is True
    assert feel(f"string({text})") == feel(f"string({expected})")
