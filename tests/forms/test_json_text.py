from decimal import Decimal

import pytest

from forms.json_text import JsonRefused, parse_json


def parse(text):
    return parse_json(text, max_bytes=10_000, max_depth=10)


def test_numbers_are_decimals_and_keep_their_digits():
    assert parse('{"betrag": 120.00, "anzahl": 3, "klein": 1e-3}') == {
        "betrag": Decimal("120.00"),
        "anzahl": Decimal(3),
        "klein": Decimal("0.001"),
    }
    assert str(parse("[120.00]")[0]) == "120.00"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("NaN", "NaN ist keine Zahl"),
        ("[Infinity]", "Infinity ist keine Zahl"),
        ("-Infinity", "-Infinity ist keine Zahl"),
        ("1e999999999", "zu groß"),
        ("1" * 41, "mehr als 40 Zeichen"),
        ('{"a": 1, "a": 2}', "zweimal"),
        ("[" * 11 + "]" * 11, "tiefer als 10"),
        ('"' + "a" * 10_000 + '"', "größer als 10 kB"),
        ("{", "kein gültiges JSON (Zeile 1"),
        ("", "kein gültiges JSON"),
        (b"\xff\xfe", "nicht als UTF-8"),
        ('"\ud800"', "nicht als UTF-8"),
    ],
)
def test_what_is_no_clean_json_is_refused_in_german(text, part):
    with pytest.raises(JsonRefused) as refused:
        parse(text)
    assert part in str(refused.value)


def test_nesting_that_would_exhaust_the_parser_is_measured_before_parsing():
    with pytest.raises(JsonRefused, match="verschachtelt"):
        parse_json("[" * 200_000, max_bytes=1_000_000, max_depth=12)


def test_brackets_inside_strings_are_not_nesting():
    assert parse('"[[[[[[[[[[[[[[[[{{{{{{ \\" [[[["').startswith("[[[[")
