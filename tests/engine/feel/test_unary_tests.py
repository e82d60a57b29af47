from datetime import UTC, datetime

import pytest

from engine.feel import FeelSyntaxError, parse_unary_tests, value_of

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)


def test_tests_are_about_the_value_and_see_the_context():
    tests = parse_unary_tests("> grenze, ? = 1", ["grenze"])
    assert tests.names == {"grenze"}
    context = {"grenze": value_of(10)}
    assert tests.evaluate(value_of(11), context, now=NOW) == (True, ())
    assert tests.evaluate(value_of(1), context, now=NOW).value is True
    assert tests.evaluate(value_of(2), context, now=NOW).value is False


@pytest.mark.parametrize(
    ("text", "value", "answer"),
    [
        ("-", None, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ("not(true)", False, True),
        ("true", True, True),
        ("false", True, False),
        ("not(?)", False, True),
        ("not(? > 5) and ? > 1", 3, True),
        ("[1..5], 9", 9, True),
        ("< 5", "x", None),
        ("[2, 4]", 4, True),
        ('contains(?, "steuer")', "Hundesteuer", True),
        ("count(?) > 1", [1, 2], True),
        ('@"2027-01-01"', "x", None),
    ],
)
def test_forms_of_tests(text, value, answer):
    assert parse_unary_tests(text).evaluate(value_of(value), {}, now=NOW).value is answer


@pytest.mark.parametrize("text", ["", ",", "1,", "< ", "not(1", "- 1 -", "-, 1"])
def test_broken_cells_are_syntax_errors(text):
    with pytest.raises(FeelSyntaxError):
        parse_unary_tests(text)
