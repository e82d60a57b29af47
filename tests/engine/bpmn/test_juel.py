"""Camunda's `${...}`: what is read gives in FEEL what JUEL gives; everything else is refused with its place."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.bpmn.expressions import Constant, compile_condition, compile_value
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
    ],
)
def test_an_expression_has_the_value_that_juel_gives(text: str, variables: dict[str, Any], expected: Any) -> None:
    assert value(text, **variables) == expected


@pytest.mark.parametrize("text", ["${'a' + 'b'}", "${x + 1}"])
def test_adding_texts_is_no_silent_concatenation(text: str) -> None:
    assert value(text, x="5") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${execution.getVariable('x')}", "Java-Engine"),
        ("${task.assignee}", "Java-Engine"),
        ("${bean.method()}", "Methoden"),
        ("${f(x)}", "Methoden"),
        ("${x % 2}", "negativen"),
        ("${x mod 2}", "negativen"),
        ("${x[y]}", "Index"),
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
        ("${a[}", "fehlt"),
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
