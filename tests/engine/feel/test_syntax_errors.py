from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.feel import FeelSyntaxError, parse_expression, parse_unary_tests
from engine.feel.parser import MAX_LENGTH

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "line", "column", "problem", "expected"),
    [
        ("1 +", 1, 4, "zu Ende", "ein Wert"),
        ("1 + * 2", 1, 5, "„*“ steht hier an der falschen Stelle", "ein Wert"),
        ("(1 + 2", 1, 7, "zu Ende", "„)“"),
        ("[1, 2", 1, 6, "zu Ende", "„]“"),
        ("if x then 1", 1, 12, "zu Ende", "„else“"),
        ("if x 1", 1, 7, "zu Ende", "„then“"),
        ("for x in [1]\nrturn x", 2, 1, "„rturn“ passt hier nicht", "„return“"),
        ("x = = 1", 1, 5, "einfachen „=“", "ein Wert"),
        ("x == 1", 1, 4, "einfachen „=“", "ein Wert"),
        ('"abc', 1, 1, "nicht geschlossen", 'ein "'),
        ("1 /* abc", 1, 3, "Kommentar", "*/"),
        ("a § b", 1, 3, "„§“", "ein Ausdruck"),
        ("{a: 1, a: 2}", 1, 11, "zweimal", ""),
        ("{a 1}", 1, 2, "Name eines Eintrags", "„:“"),
        ("f(a: 1, 2)", 1, 9, "gemischt", "„Name: Wert“"),
        ("1 instance of nichts", 1, 15, "Den Typ „nichts“ gibt es nicht", "number"),
        ("x between 1 or 2", 1, 13, "„or“ passt hier nicht", "„and“"),
        ("a b ) c", 1, 5, "„)“ passt hier nicht", "das Ende"),
        ("1 instance of", 1, 14, "zu Ende", ""),
        ("return", 1, 1, "„return“ steht hier an der falschen Stelle", "ein Wert"),
        ("a > 1 und b", 1, 7, "„und“ passt hier nicht", "„and“"),
        ("betrag > 120,50", 1, 13, "„,“ passt hier nicht", "ein Punkt als Dezimalzeichen"),
        ("@5", 1, 2, "fehlt die Zeichenkette", "@"),
        ("", 1, 1, "zu Ende", "ein Wert"),
        ("1e9999", 1, 1, "zu groß", ""),
    ],
)
def test_an_error_says_where_and_what_was_expected(text, line, column, problem, expected):
    with pytest.raises(FeelSyntaxError) as error:
        parse_expression(text)
    assert (error.value.line, error.value.column) == (line, column)
    assert problem in error.value.problem
    assert expected in error.value.expected


def test_the_message_underlines_the_place():
    with pytest.raises(FeelSyntaxError) as error:
        parse_expression('alter >= 18 and art = "Hund")')
    assert str(error.value) == (
        "Zeile 1, Spalte 29: „)“ passt hier nicht. Erwartet: das Ende des Ausdrucks oder ein Operator.\n"
        'alter >= 18 and art = "Hund")\n'
        "                            ^"
    )


def test_long_lines_are_cut_around_the_place():
    with pytest.raises(FeelSyntaxError) as error:
        parse_expression("1 + " * 300 + "*")
    _, shown, mark = str(error.value).split("\n")
    assert len(shown) <= 110
    assert shown[mark.index("^")] == "*"


@pytest.mark.parametrize(
    "text",
    [
        "1" * (MAX_LENGTH + 1),
        "(" * 5000 + "1" + ")" * 5000,
        "[" * 5000,
        "-" * 5000 + "1",
        "x" + "[1]" * 5000,
        "x" + ".a" * 5000,
        "f" + "(1)" * 5000,
        "if a then " * 3000 + "1",
        "function(a) " * 2000 + "1",
        "1 instance of " + "list<" * 3000,
        "for " + ", ".join(f"a{n} in [1]" for n in range(100)) + " return 1",
        "a = " * 5000 + "1",
    ],
)
def test_texts_that_would_exhaust_the_parser_are_refused(text):
    with pytest.raises(FeelSyntaxError):
        parse_expression(text)


@pytest.mark.parametrize("operator", [" + ", " and ", " * ", ", "])
def test_long_chains_are_no_nesting(operator):
    text = operator.join(["1"] * 2000)
    parse_expression(f"[{text}]").evaluate({}, now=NOW)


_TEXT = r"""1 2.5 "a" "\u12" true false null x date and time in not count - + * / ** ( ) [ ] { } . .. , : = != < <= > >=
@ if then else for return some every satisfies or between instance of function external list < > -> ? item //
@"2027-01-01" @"PT1H" 'ä § 🐎 /* */ "\" partial sort number"""
_WORDS = st.sampled_from(_TEXT.split(None))


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(_WORDS, max_size=25).map(" ".join), st.text(max_size=40)))
def test_whatever_is_written_only_syntax_errors_escape(text):
    for parse in (parse_expression, parse_unary_tests):
        error = _error_of(parse, text)
        assert error is None or (error.line >= 1 and error.column >= 1 and str(error))


def _error_of(parse, text: str) -> FeelSyntaxError | None:
    try:
        parsed = parse(text)
    except FeelSyntaxError as error:
        return error
    if parse is parse_expression:
        parsed.evaluate({}, now=NOW)
    else:
        parsed.evaluate(None, {}, now=NOW)
    return None
