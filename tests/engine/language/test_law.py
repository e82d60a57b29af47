"""The law's functions of FEEL: the examples of `docs/feel.md`, and what they do at the edges."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from engine.feel import Evaluation, parse_expression
from engine.language import LIBRARY, SCOPE, scope_of

NOW = datetime(2027, 1, 15, 22, 59, tzinfo=UTC)
_FUNCTIONS = [one for name, found in LIBRARY.functions.items() if name.startswith("law.") for one in found]


def evaluated(text: str, **variables) -> Evaluation:
    return parse_expression(text, scope=SCOPE).evaluate(variables, now=NOW)


@pytest.mark.parametrize(("text", "result"), [pair for one in _FUNCTIONS for pair in one.examples])
def test_the_examples_of_the_page_are_true(text, result):
    found = evaluated(text)
    assert found.value == evaluated(result).value
    assert not found.diagnostics


@pytest.mark.parametrize("one", _FUNCTIONS, ids=lambda one: one.signature)
def test_the_law_says_where_it_stands(one):
    assert one.norm or one.group == "Daten in Worten"


def test_the_place_of_the_procedure_decides_unless_an_argument_does():
    berlin = scope_of("DE-BE", "vwvfg")
    text = 'law.is working day(@"2027-05-27")'  # Corpus Christi
    assert parse_expression(text, scope=SCOPE).evaluate({}, now=NOW).value is False
    assert parse_expression(text, scope=berlin).evaluate({}, now=NOW).value is True
    assert evaluated('law.is working day(@"2027-05-27", "DE-BE")').value is True


def test_the_procedural_code_of_the_procedure_gives_the_norm():
    text = 'law.deadline details(@"2027-01-15", "1 Monat").norm'
    assert "108 AO" in str(parse_expression(text, scope=scope_of("DE-HE", "AO")).evaluate({}, now=NOW).value)
    assert "31 " in str(evaluated(text).value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('law.next working day(@"2027-01-15T23:30:00Z")', date(2027, 1, 18)),  # already Saturday in Berlin
        ('law.next working day(@"2027-01-15T23:30:00")', date(2027, 1, 15)),
        ('law.next working day(jurisdiction: "DE-BE", date: @"2027-05-27")', date(2027, 5, 27)),
        ('for d in [@"2027-01-16"] return law.next working day(d)', [date(2027, 1, 18)]),
        ('[@"2027-01-15", @"2027-01-16"][law.is working day(item)]', [date(2027, 1, 15)]),
        ("law.count working days(day, law.add working days(day, 5))", Decimal(5)),
        ('law.add working days(@"2027-01-16", 0)', date(2027, 1, 16)),
        ("law.letter served on(today())", date(2027, 1, 19)),
    ],
)  # fmt: skip
def test_days_are_berlins_and_functions_go_together(text, expected):
    found = evaluated(text, day=date(2027, 3, 1))
    assert found.value == expected
    assert not found.diagnostics


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('law.is working day(@"2027-01-15", "DE-BY")', "kein Feiertagskalender"),
        ('law.add working days(@"2027-01-15", 1.5)', "ganz"),
        ('law.add working days(@"2027-01-15", 10 ** 9)', "höchstens"),
        ('law.add working days(@"9999-12-30", 5)', ""),
        ('law.count working days(@"0001-01-01", @"9999-12-01")', "Schritte"),
        ('law.is working day(@"12027-01-15")', "9999"),
        ("law.holidays(0)", "kein Jahr"),
        ('law.deadline(@"2027-01-15", "bald")', "keine Frist"),
        ('law.deadline(@"2027-01-15", @"PT5H")', "keine Stunden"),
        ('law.deadline(@"2027-01-15", @"-P1M")', "mindestens einen Tag"),
        ('law.deadline(@"2027-01-15", "1 Monat", "BGB")', "nicht bekannt"),
        ('law.add service hours(@"2027-01-15T10:00:00", @"-PT1H")', "nicht negativ"),
        ('law.add service hours(@"2027-01-15T10:00:00", @"P99999D")', "höchstens"),
        ('law.add service hours(@"2027-01-15T10:00:00", @"PT1H", @"12:00:00", @"08:00:00")', "nicht vor ihrem Ende"),
        ("law.deadline(null, null)", "braucht"),
        ('law.german date("2027-01-15")', "braucht"),
    ],
)
def test_what_the_law_does_not_know_is_null_with_a_reason(text, reason):
    found = evaluated(text)
    assert found.value is None
    assert reason in str(found.diagnostics[0])
