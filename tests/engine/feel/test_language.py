"""The language by its behaviour: what each construct gives, over FEEL's own literals."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.feel import Scope, parse_expression, value_of
from engine.feel.operators import equal
from engine.feel.types import STRING, ContextOf, ListOf

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)


def feel(text: str, **context: object):
    """The value of an expression that must give one without any complaint, or null."""
    return parse_expression(text, context).evaluate({k: value_of(v) for k, v in context.items()}, now=NOW).value


def reasons(text: str, **context: object) -> list[str]:
    expression = parse_expression(text, context)
    return [d.reason for d in expression.evaluate({k: value_of(v) for k, v in context.items()}, now=NOW).diagnostics]


def same(text: str, expected: str, **context: object) -> bool:
    return equal(feel(text, **context), feel(expected)) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 2 - 3", "5"),
        ("2 ** 3 ** 2", "64"),
        ("-2 ** 2", "4"),
        ("- (2 ** 2)", "-4"),
        ("0.1 + 0.2", "0.3"),
        ("1 / 3 * 3", "0.9999999999999999999999999999999999"),
        ("1.2e2 + .5", "120.5"),
        ('"a" + "b"', '"ab"'),
        ('if 2 > 1 then "ja" else "nein"', '"ja"'),
        ("if null then 1 else 2", "2"),
        ("for i in 1..3 return i * i", "[1, 4, 9]"),
        ("for i in 3..1 return i", "[3, 2, 1]"),
        ("for i in [1..4) return i", "[1, 2, 3]"),
        ("for i in [1, 2], j in [10, 20] return i + j", "[11, 21, 12, 22]"),
        ("for i in [[1, 2], [3]], j in i return j", "[1, 2, 3]"),
        ("for i in 0..4 return if i = 0 then 1 else i * partial[-1]", "[1, 1, 2, 6, 24]"),
        ('for d in @"2027-01-30"..@"2027-02-01" return d.day', "[30, 31, 1]"),
        ("some x in [1, 2] satisfies x > 1", "true"),
        ("every x in [1, 2], y in [3] satisfies x < y", "true"),
        ("every x in [] satisfies false", "true"),
        ("[1, 2, 3][item > 1]", "[2, 3]"),
        ("[1, 2, 3][-1]", "3"),
        ("[1, 2, 3][1]", "1"),
        ("5[1]", "5"),
        ("[{a: 1, b: 2}, {a: 3, b: 4}][a > 1].b", "[4]"),
        ("[{a: 1}, {a: 2}][item.a = 2]", "[{a: 2}]"),
        ("[[{a: 1}, {a: 2}]][1][a = 2]", "[{a: 2}]"),
        ("{a: 1, b: a + 1}.b", "2"),
        ('{"a b": 1, c: 2}.a b', "1"),
        ("{foo+bar: 1}.foo+bar", "1"),
        ("{f: function(x) x * 2, r: f(4)}.r", "8"),
        ("{fak: function(n) if n = 0 then 1 else n * fak(n - 1), r: fak(10)}.r", "3628800"),
        ("(function(a, b) a - b)(b: 1, a: 5)", "4"),
        ("{x: 2, f: function(y) x * y, r: for x in [10] return f(3)}.r", "[6]"),
        ("(function(a: number) a)([5])", "5"),
        ("3 between 1 and 5 and true", "true"),
        ("3 in (1..5)", "true"),
        ("3 in (< 2, > 2)", "true"),
        ("3 in [1, 2, [3..4]]", "true"),
        ("1 in (1)", "true"),
        ("5 in > 3", "true"),
        ("[1..10].end", "10"),
        ("(< 10).end included", "false"),
        ('@"2027-01-15".weekday', "5"),
        ('@"2027-01-15T10:30:00@Europe/Berlin".time offset', '@"PT1H"'),
        ('@"PT90M".minutes', "30"),
        ('@"-P1Y3M".months', "-3"),
        ("1 instance of number", "true"),
        ('[1, "a"] instance of list<number>', "false"),
        ("{a: 1} instance of context<a: number>", "true"),
        ("null instance of Null", "true"),
        ('@"2027-01-01" instance of date', "true"),
        ("sum instance of function<list>->number", "false"),
        ("1 // ein Kommentar\n + /* noch einer */ 1", "2"),
        ('"\\u00e4\\U01F40E\\n"', '"ä🐎\\n"'),
        ("count([1, null, 3])", "3"),
        ('substring(string: "abc", start position: 2)', '"bc"'),
    ],
)
def test_expressions_have_their_value(text, expected):
    assert same(text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@"2027-01-31" + @"P1M"', '@"2027-02-28"'),
        ('@"2028-02-29" - @"P1Y"', '@"2027-02-28"'),
        ('@"2027-01-15" + @"P1DT23H"', '@"2027-01-16"'),
        ('@"2027-01-15" - @"2026-12-31"', '@"P15D"'),
        ('@"23:30:00" + @"PT1H"', '@"00:30:00"'),
        ('@"10:00:00+02:00" - @"08:00:00Z"', '@"PT0S"'),
        ('@"2027-03-28T01:30:00@Europe/Berlin" + @"PT1H"', '@"2027-03-28T03:30:00@Europe/Berlin"'),
        ('@"2027-10-31T02:30:00@Europe/Berlin" - @"2027-10-31T00:30:00Z"', '@"PT0S"'),
        ('@"P1D" / 3', '@"PT8H"'),
        ('@"P1Y" * 1.5', '@"P1Y6M"'),
        ('2 * @"PT1H"', '@"PT2H"'),
        ('@"P1Y" / @"P1M"', "12"),
        ('@"P1Y" + @"P2M"', '@"P1Y2M"'),
        ('-@"P1D"', '@"-P1D"'),
        ('@"9999-12-31" + @"P1D"', '@"10000-01-01"'),
        ('@"-0001-12-31" + @"P1D"', '@"0000-01-01"'),
        ('@"10:00:00.123456789" + @"PT0.000000001S"', '@"10:00:00.12345679"'),
    ],
)
def test_calendar_arithmetic(text, expected):
    assert same(text, expected)
    assert feel(f"string({text})") == feel(f"string({expected})")


@pytest.mark.parametrize("left", ["true", "false", "null", "123"])
@pytest.mark.parametrize("right", ["true", "false", "null", '"x"'])
def test_and_and_or_know_three_values(left, right):
    both = {left, right}
    conjunction = False if "false" in both else True if both == {"true"} else None
    disjunction = True if "true" in both else False if both == {"false"} else None
    for chain in ("", " and true", " and true and true"):
        assert feel(f"{left} and {right}{chain}") is conjunction
    for chain in ("", " or false", " or false or false"):
        assert feel(f"{left} or {right}{chain}") is disjunction


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a", "Den Namen „a“ gibt es hier nicht"),
        ("1 / 0", "Durch null kann man nicht teilen"),
        ('1 + "a"', "„+“ hat kein Ergebnis für: Zahl und Text"),
        ('1 < "a"', "„<“ kann nicht vergleichen: Zahl mit Text"),
        ("1 = true", "„=“ kann nicht vergleichen: Zahl mit Wahrheitswert"),
        ("{a: 1}.b", "Der Kontext hat keinen Eintrag „b“"),
        ("null.b", "„.b“ fragt etwas ab, das keinen Wert hat"),
        ("[1, 2][5]", "Die Liste hat 2 Einträge, keinen mit der Nummer 5"),
        ('if "x" then 1 else null', "Die Bedingung ist kein Wahrheitswert, sondern: Text"),
        ('-"a"', "Das Vorzeichen „-“ passt nicht zu: Text"),
        ("5(1)", "Hier wird etwas aufgerufen, das keine Funktion ist"),
        ("(function(x) x)(1, 2)", "Die Funktion hat 1 Parameter, nicht 2"),
        ("(function(x: number) x)(true)", "Ein Argument passt nicht zum Typ Zahl"),
        ('@"2027-02-30"', "„2027-02-30“ ist kein Datum, keine Uhrzeit und keine Dauer"),
        ('date("2027-02-30")', "„2027-02-30“ ist kein Datum der Form 2027-01-15"),
        ('abs("x")', "„abs“ braucht als „n“: Zahl, nicht: Text"),
        ("abs()", "„abs“ fehlt das Argument „n“"),
        ("abs(1, 2)", "„abs“ nimmt höchstens 1 Argumente, nicht 2"),
        ("abs(x: 1)", "„abs“ hat kein Argument „x“, sondern: n"),
        ("0 ** -1", "„**“ hat kein Ergebnis für: Zahl und Zahl"),
        ("10 ** 7000", "Das Ergebnis ist zu groß oder nicht bestimmt"),
        ('[1.."a"]', "Die Grenzen des Bereichs sind nicht vergleichbar: Zahl und Text"),
        ("for i in null return i", "Hier fehlt die Liste, über die gelaufen wird"),
        ("for i in 1..1.5 return i", "Von-bis braucht zwei ganze Zahlen oder zwei Datumsangaben"),
        (
            '(function(x) external {java: {class: "java.lang.Math"}})(1)',
            "Funktionen aus Java oder PMML führt Amtsweg nicht aus",
        ),
        ("sqrt(-1)", "Aus einer negativen Zahl gibt es keine Wurzel"),
        ('matches("a", "[")', "Das Muster „[“ ist ungültig: es endet mitten in einem Zeichen"),
    ],
)
def test_what_has_no_value_is_null_with_a_german_reason(text, reason):
    assert feel(text) is None
    assert reason in reasons(text)


def test_a_diagnostic_names_line_and_column():
    expression = parse_expression("1 +\n  2 * alter", ["alter"])
    [missing, product, total] = expression.evaluate({}, now=NOW).diagnostics
    assert (missing.line, missing.column) == (2, 7)
    assert (product.line, product.column) == (2, 5)
    assert (total.line, total.column) == (1, 3)
    assert str(missing) == "Zeile 2, Spalte 7: Den Namen „alter“ gibt es hier nicht"


def test_names_may_hold_blanks_signs_and_key_words():
    context = {"Anzahl der Hunde": 3, "a-b": 10, "a": 5, "b": 1, "Tag in Monat": 4, "Rate 2.5": 7, "über-all/x": 1}
    assert feel("Anzahl der Hunde + a-b - 1", **context) == Decimal(12)
    assert feel("Anzahl   der\nHunde", **context) == Decimal(3)
    assert feel("a - b", a=5, b=1) == Decimal(4)
    assert feel("Tag in Monat in [4, 5]", **context) is True
    assert feel("Rate 2.5 * über-all/x", **context) == Decimal(7)


def test_undeclared_neighbouring_words_are_one_name():
    expression = parse_expression("Anzahl der Hunde > 2 and Art = 5")
    assert expression.names == {"Anzahl der Hunde", "Art"}
    assert expression.evaluate({"Anzahl der Hunde": Decimal(3), "Art": Decimal(5)}, now=NOW).value is True


def test_free_names_are_those_an_expression_needs():
    assert parse_expression("for x in liste return x + y").names == {"liste", "y"}
    assert parse_expression("{a: 1, b: a + c}").names == {"c"}
    assert parse_expression("(function(p) p + q)(r)").names == {"q", "r"}
    assert parse_expression("count(hunde) + date").names == {"hunde"}
    filtering = parse_expression("hunde[alter > grenze]")
    assert filtering.names == {"hunde"}
    assert filtering.possible_names == {"alter", "grenze"}


def test_inside_a_filter_the_items_entries_come_first():
    assert same("[{alter: 1}, {alter: 9}][alter > grenze]", "[{alter: 9}]", grenze=5)
    assert same("[{a: 1}][a = 1 and b = 2]", "[{a: 1}]", b=2)


def test_declared_names_hide_built_in_functions():
    assert feel("count + 1", count=4) == Decimal(5)
    assert feel("count([1])") == Decimal(1)


def test_item_definitions_of_a_model_are_types():
    scope = Scope(["hund"], members=["Art des Hundes"], types={"t Hund": ContextOf((("Art des Hundes", STRING),))})
    expression = parse_expression('hund instance of t Hund and hund.Art des Hundes = "x"', scope=scope)
    assert expression.evaluate({"hund": {"Art des Hundes": "x"}}, now=NOW).value is True
    listed = Scope(types={"t": ListOf(STRING)})
    assert parse_expression('["a"] instance of t', scope=listed).evaluate({}, now=NOW).value is True


def test_now_and_today_are_the_moment_given():
    assert feel("now()") == NOW
    assert feel("today()") == NOW.date()


def test_the_same_expression_is_shared_without_traces_of_former_runs():
    expression = parse_expression("[x][item > 1][1] + 1", ["x"])
    assert expression.evaluate({"x": Decimal(2)}, now=NOW).value == Decimal(3)
    failed = expression.evaluate({"x": Decimal(0)}, now=NOW)
    assert failed.value is None
    assert failed.diagnostics
    assert expression.evaluate({"x": Decimal(2)}, now=NOW) == (Decimal(3), ())


_numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4)


@settings(deadline=None)
@given(_numbers, _numbers)
@example(Decimal("0.1"), Decimal("0.2"))
def test_addition_is_exact_and_comparison_total(a, b):
    context = {"a": a, "b": b}
    assert feel("a + b - b = a", **context) is True
    assert [feel("a < b", **context), feel("a = b", **context), feel("a > b", **context)].count(True) == 1
    assert feel("a <= b", **context) is (a <= b)


@settings(deadline=None)
@given(st.dates(), st.integers(-5000, 5000))
def test_days_can_be_added_and_taken_away(day, number):
    context = {"d": day, "n": number}
    assert feel('d + n * @"P1D" - d = n * @"P1D"', **context) is True


def test_a_declared_name_keeps_its_meaning_before_date_literals():
    assert same('{date: function(x) x + "!", r: date("2027-01-15")}.r', '"2027-01-15!"')
    assert reasons('date("2027-01-15")', date=5) == ["Hier wird etwas aufgerufen, das keine Funktion ist"]
