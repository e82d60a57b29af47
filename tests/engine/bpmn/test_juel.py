"""Camunda's `${...}`: what is read gives in FEEL what JUEL gives; everything else is refused with its place."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.bpmn.expressions import Constant, Feel, compile_condition, compile_value
from engine.bpmn.juel import ExpressionRefused, to_feel
from engine.feel.values import value_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def value(text: str, **variables: Any) -> Any:
    return compile_value(text).evaluate({name: value_of(item) for name, item in variables.items()}, NOW)


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("${true}", {}, True),
        ("#{ x }", {"x": 5}, 5),
        ("${!x}", {"x": False}, True),
        ("${not x}", {"x": True}, False),
        ("${x == 1}", {"x": 1}, True),
        ("${x eq 'a'}", {"x": "a"}, True),
        ("${x != null}", {"x": None}, False),
        ("${x ne 2 and x lt 4}", {"x": 3}, True),
        ("${x gt 4 || x le 3}", {"x": 3}, True),
        ("${a && (b || c)}", {"a": True, "b": False, "c": True}, True),
        ("${a || b && c}", {"a": True, "b": False, "c": False}, True),
        ("${1 + 2 * 3}", {}, 7),
        ("${(1 + 2) * 3}", {}, 9),
        ("${7 - 2 - 1}", {}, 4),
        ("${7 div 2}", {}, Decimal("3.5")),
        ("${-x + 1}", {"x": 3}, -2),
        ("${2 - -2}", {}, 4),
        ("${x > 1 ? 'viel' : 'wenig'}", {"x": 2}, "viel"),
        ("${a ? 1 : b ? 2 : 3}", {"a": False, "b": False}, 3),
        ("${antrag.person.name}", {"antrag": {"person": {"name": "Anna"}}}, "Anna"),
        ("${antrag['vor name']}", {"antrag": {"vor name": "Anna"}}, "Anna"),
        ("${liste[0].id}", {"liste": [{"id": 7}, {"id": 8}]}, 7),
        ("${liste[5]}", {"liste": [1]}, None),
        ("${empty x}", {"x": ""}, True),
        ("${empty x}", {"x": []}, True),
        ("${empty x}", {"x": None}, True),
        ("${empty x}", {"x": {}}, True),
        ("${empty x}", {"x": 0}, False),
        ("${empty empty empty x}", {"x": 0}, False),
        ("${!empty x}", {"x": [0]}, True),
        ("${'it\\'s' == \"it's\"}", {}, True),
        ("${'a\\\\b'}", {}, "a\\b"),
        ("${'}'}", {}, "}"),
        ('${"€ \\"x\\""}', {}, '€ "x"'),
        ("Nr. ${n} von ${name}", {"n": 3, "name": None}, "Nr. 3 von "),
        ("${1.5e2}", {}, 150),
        ("${a == b == c}", {"a": 1, "b": 1, "c": True}, True),
        ("${a < b == true}", {"a": 1, "b": 2}, True),
        # null is 0, false or no text; beside it nothing is smaller or larger
        ("${x == null}", {"x": None}, True),
        ("${x == 0}", {"x": None}, False),
        ("${x == ''}", {"x": None}, False),
        ("${x < 1}", {"x": None}, False),
        ("${x >= 1}", {"x": None}, False),
        ("${!(x < 1)}", {"x": None}, True),
        ("${x <= y}", {"x": None, "y": None}, True),
        ("${!x}", {"x": None}, True),
        ("${x ? 1 : 2}", {"x": None}, 2),
        ("${x && true}", {"x": None}, False),
        ("${x || true}", {"x": None}, True),
        ("${x + 1}", {"x": None}, 1),
        ("${-x}", {"x": None}, 0),
        ("${x.y.z}", {"x": None}, None),
        ("${x.y}", {"x": {}}, None),
        # mixed kinds: numbers first, then truth, then text
        ("${x == 1}", {"x": "1"}, True),
        ("${x == 1}", {"x": "1.0"}, True),
        ("${x != 1}", {"x": "2"}, True),
        ("${x > 9}", {"x": "10"}, True),
        ("${x > '9'}", {"x": "10"}, False),
        ("${x == true}", {"x": "TRUE"}, True),
        ("${x == 'true'}", {"x": True}, True),
        ("${x == 'ja'}", {"x": True}, False),
        ("${!x}", {"x": "ja"}, True),
        ("${x == y}", {"x": [1], "y": [1]}, True),
        ("${x + 1}", {"x": "5"}, 6),
        ("${'2' * 3}", {}, 6),
        ("${x == y}", {"x": date(2027, 1, 15), "y": date(2027, 1, 15)}, True),
        ("${x < y}", {"x": date(2027, 1, 15), "y": date(2027, 1, 16)}, True),
        # whole numbers are divided as fractions; the remainder has the sign of the dividend
        ("${7 / 2}", {}, Decimal("3.5")),
        ("${1 / 3 * 3 < 1}", {}, True),
        ("${-7 % 2}", {}, -1),
        ("${7 mod -2}", {}, 1),
        ("${8 - 2 * 3 % 4}", {}, 6),
        # words and signs
        ("${not (a eq 1) or b ge 2 and c le 3}", {"a": 1, "b": 2, "c": 3}, True),
        ("${not empty x and x.size lt 3}", {"x": {"size": 2}}, True),
        ("${a ne null ? a : 'nichts'}", {"a": None}, "nichts"),
        # indexes
        ("${x[i]}", {"x": [7, 8], "i": 1}, 8),
        ("${x[y[0]].z}", {"x": [{"z": 1}, {"z": 2}], "y": [1]}, 2),
        ("${x[k]['if']}", {"x": {"a b": {"if": 3}}, "k": "a b"}, 3),
        ("${x['0']}", {"x": [7]}, 7),
        ("${x[0 - 1]}", {"x": [7]}, None),
        # variables that are called as functions or words of FEEL
        ("${count > 1 && date == 'x' && string == 2}", {"count": 2, "date": "x", "string": 2}, True),
        ("${item + list + sum}", {"item": 1, "list": 2, "sum": 3}, 6),
        ("${x.in}", {"x": {"in": 1}}, 1),
        ("${a}${b}", {"a": 1, "b": None}, "1"),
        ("${a + 1}/${b ? 'ja' : 'nein'}", {"a": 1, "b": True}, "2/ja"),
    ],
)
def test_an_expression_has_the_value_that_juel_gives(text: str, variables: dict[str, Any], expected: Any) -> None:
    assert value(text, **variables) == expected


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("${x + y}", {"x": "a", "y": "b"}),
        ("${x + 1}", {"x": "fünf"}),
        ("${x == 1}", {"x": "eins"}),
        ("${x == 1}", {"x": True}),
        ("${x < 1}", {"x": "eins"}),
        ("${x < true}", {"x": "eins"}),
        ("${x == 'x'}", {"x": date(2027, 1, 15)}),
        ("${!x}", {"x": 1}),
        ("${x ? 1 : 2}", {"x": []}),
        ("${1 / x}", {"x": 0}),
        ("${1 % x}", {"x": None}),
        ("${x.name}", {"x": "Anna"}),
        ("${x.year}", {"x": date(2027, 1, 15)}),
        ("${x.name}", {"x": [{"name": "Anna"}]}),
        ("${x == 1}", {"x": "１"}),
        ("${x == 1}", {"x": "NaN"}),
    ],
)
def test_where_juel_throws_there_is_no_value_and_a_reason(text: str, variables: dict[str, Any]) -> None:
    """So a condition stops the step (`condition_not_boolean`) and never chooses a way."""
    term = compile_value(text)
    assert isinstance(term, Feel)
    found = term.explain({name: value_of(item) for name, item in variables.items()}, NOW)
    assert (found.value is None) or text == "${x ? 1 : 2}"
    assert found.diagnostics


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${execution.getVariable('x')}", "Java-Engine"),
        ("${task.assignee}", "Java-Engine"),
        ("${bean.method()}", "Methoden"),
        ("${f(x)}", "Methoden"),
        ("${'a' + 'b'}", "nur mit Zahlen"),
        ("${'Herr ' + name}", "nur mit Zahlen"),
        ("${x % }", "unvollständig"),
        ("${x[]}", "gehört nicht hierher"),
        ("${x", "schließende Klammer"),
        ("${}", "unvollständig"),
        ("${a b}", "gehört nicht hierher"),
        ("${a ==}", "unvollständig"),
        ("${a = 1}", "Zeichen"),
        ("${a; b}", "Zeichen"),
        ("${if}", "kein Name"),
        ("${a instanceof b}", "gehört nicht hierher"),
        ("${" + "(" * 60 + "1" + ")" * 60 + "}", "verschachtelt"),
        ("${" + "!" * 60 + "a}", "verschachtelt"),
        ("${" + "empty " * 60 + "a}", "verschachtelt"),
        ("${" + "1+" * 4000 + "1}", "länger"),
        ("${a.}", "Eigenschaft"),
        ("${a[}", "unvollständig"),
    ],
)
def test_everything_else_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ExpressionRefused, match=reason):
        compile_value(text)


def test_a_condition_is_one_whole_expression() -> None:
    with pytest.raises(ExpressionRefused, match="genau ein Ausdruck"):
        to_feel("${a} == ${b}")


@pytest.mark.parametrize(
    ("text", "language"), [("a > 1", None), ("=a > 1", None), ("a > 1", "feel"), ("${a > 1}", None)]
)
def test_conditions_are_feel_or_juel(text: str, language: str | None) -> None:
    assert compile_condition(text, language).evaluate({"a": Decimal(2)}, NOW) is True


@pytest.mark.parametrize("language", ["javascript", "groovy", "http://www.w3.org/1999/XPath"])
def test_other_languages_are_refused(language: str) -> None:
    with pytest.raises(ExpressionRefused, match="FEEL"):
        compile_condition("a > 1", language)


def test_plain_text_is_a_literal_where_a_value_stands() -> None:
    assert compile_value("steuerbescheid") == Constant("steuerbescheid")


def test_a_syntax_error_in_feel_names_line_and_column() -> None:
    with pytest.raises(ExpressionRefused, match="Zeile 1, Spalte"):
        compile_value("=1 +")
