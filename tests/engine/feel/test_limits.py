"""What a hostile or careless author writes ends in a diagnostic, soon, and every time at the same step."""

import time
from datetime import UTC, datetime

import pytest

from engine.feel import parse_expression

NOW = datetime(2027, 1, 15, 9, 30, tzinfo=UTC)


def feel(text: str, **context):
    return parse_expression(text, context).evaluate(context, now=NOW)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("for i in 1..1000000000 return i", "mehr als 100000 Einträge"),
        ("some i in 1..1000000000 satisfies i < 0", "mehr als 1000000 Schritte"),
        ("count(for i in 1..90000 return for j in 1..90000 return j)", "Schritte"),
        ("{f: function(n) f(n + 1), r: f(1)}.r", "ruft sich zu oft selbst auf"),
        ("{f: function(n) f(n) + f(n), r: f(1)}.r", "ruft sich zu oft selbst auf"),
        ('(for i in 0..60 return if i = 0 then "ab" else partial[-1] + partial[-1])[-1]', "länger als 1000000 Zeichen"),
        (
            "(for i in 0..60 return if i = 0 then [1, 2] else concatenate(partial[-1], partial[-1]))[-1]",
            "mehr als 100000",
        ),
        ("sort(for i in 1..90000 return modulo(i * 7919, 90001), function(a, b) a < b)[1]", "Schritte"),
    ],
)
def test_an_evaluation_has_a_budget(text, reason):
    began = time.monotonic()
    value, diagnostics = feel(text)
    assert time.monotonic() - began < 10
    assert value is None
    assert reason in diagnostics[0].reason
    assert diagnostics[0].reason.startswith("Abgebrochen")


def test_the_budget_ends_at_the_same_step_each_time():
    text = "count(for i in 1..2000 return count(for j in 1..i return j))"
    assert feel(text) == feel(text)


def test_deep_recursion_within_the_budget_works():
    assert feel("{f: function(n) if n = 0 then 0 else 1 + f(n - 1), r: f(40)}.r").value == 40


def test_diagnostics_are_bounded():
    assert len(feel("for i in 1..5000 return 1 / 0").diagnostics) == 100


@pytest.mark.parametrize(
    "call",
    [
        'matches(eingabe, "^(a+)+$")',
        'matches(eingabe, "^(a|a)*$")',
        'matches(eingabe, "(.*)*x")',
        'matches(eingabe, "^(([a-z])+.)+[A-Z]([a-z])+$")',
        'replace(eingabe, "(a*)*b", "x")',
        'split(eingabe, "(a|aa)+$")',
        'matches(eingabe, "^(a*)*\\1b$")',
        'matches(eingabe, "((a{1,20}){1,20}){1,20}b")',
        'matches(eingabe, "(a?){500}a{500}")',
    ],
)
def test_catastrophic_patterns_end_within_a_second(call):
    began = time.process_time()
    result = feel(call, eingabe="a" * 40 + "!")
    assert time.process_time() - began < 1
    assert result.value is not None or result.diagnostics


@pytest.mark.parametrize("pattern", ["a{1000000}", "((((a{99}){99}){99}){99})", "(" * 200 + "a" + ")" * 200, "[" * 200])
def test_patterns_that_would_fill_the_memory_are_refused(pattern):
    value, [diagnostic] = feel('matches("a", muster)', muster=pattern)
    assert value is None
    assert "Das Muster" in diagnostic.reason
