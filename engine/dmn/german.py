"""Values and tests of a decision as people read them in German."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from engine.feel.constants import NotConstant, constant
from engine.feel.numbers import CONTEXT, number_text
from engine.feel.syntax import Node, OperatorTest, RangeLiteral, UnaryTestList
from engine.feel.text import literal
from engine.feel.values import DaysTimeDuration, Value, YearsMonthsDuration

_EURO: Final = re.compile(r"\b(EUR|Euro)\b|€")
_UNIT: Final = re.compile(r"\s*(\bin (EUR|Euro|€)|[(\[](EUR|Euro|€)[)\]])")
_CENT: Final = Decimal("0.01")
_OPERATORS: Final = {"<": "unter", "<=": "höchstens", ">": "über", ">=": "mindestens", "=": "gleich", "!=": "nicht"}


def value_text(value: Value, label: str = "") -> str:
    """The value for people; a number whose column is labelled in EUR becomes an amount ("120,00 EUR")."""
    if value is None:
        return "ohne Angabe"
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, Decimal):
        return _amount(value) if _EURO.search(label) else _number(value)
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y}, {value:%H:%M} Uhr"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M} Uhr"
    if isinstance(value, list):
        return ", ".join(value_text(item, label) for item in value) or "nichts"
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {value_text(item, key)}" for key, item in value.items())
    if isinstance(value, str):
        return value or "–"
    return _rest(value)


def without_unit(label: str) -> str:
    """The label without the currency that the amount shows anyway: "Jahresbetrag in EUR" is "Jahresbetrag"."""
    return _UNIT.sub("", label).strip()


def _rest(value: Value) -> str:
    if isinstance(value, YearsMonthsDuration):
        years, months = divmod(abs(value.months), 12)
        return _counted((years, "Jahr", "Jahre"), (months, "Monat", "Monate"))
    if isinstance(value, DaysTimeDuration) and value.nanoseconds % 60_000_000_000 == 0:
        hours, minutes = divmod(abs(value.nanoseconds) // 60_000_000_000, 60)
        days, hours = divmod(hours, 24)
        return _counted((days, "Tag", "Tage"), (hours, "Stunde", "Stunden"), (minutes, "Minute", "Minuten"))
    return literal(value)


def _counted(*parts: tuple[int, str, str]) -> str:
    texts = [f"{count} {one if count == 1 else many}" for count, one, many in parts if count]
    return " ".join(texts) or f"0 {parts[-1][2]}"


def _amount(value: Decimal) -> str:
    try:
        cents = value.quantize(_CENT, context=CONTEXT)
    except ArithmeticError:
        return f"{_number(value)} EUR"
    exact = cents if cents == value else value
    return f"{_number(exact)} EUR"


def _number(value: Decimal) -> str:
    whole, _, fraction = number_text(value).partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    grouped = f"{int(digits):,}".replace(",", ".") if len(digits) < 40 else digits
    return f"{sign}{grouped},{fraction}" if fraction else f"{sign}{grouped}"


def wording(tests: UnaryTestList, text: str, label: str) -> str:
    """What a cell asks for: "über 2", "zwischen 18 und 25"; the FEEL text where it says more than constants."""
    parts = [_test(test, label) for test in tests.tests]
    if None in parts or not parts:
        return " ".join(text.split())
    joined = " oder ".join(part for part in parts if part is not None)
    return f"nicht {joined}" if tests.negated else joined


def is_equality(tests: UnaryTestList) -> bool:
    """Whether the cell just names one value, so that the tested value says it all."""
    return (
        len(tests.tests) == 1
        and not tests.negated
        and not isinstance(tests.tests[0], OperatorTest | RangeLiteral)
        and not isinstance(constant(tests.tests[0]), NotConstant)
    )


def _test(test: Node, label: str) -> str | None:
    if isinstance(test, OperatorTest):
        value = constant(test.operand)
        return None if isinstance(value, NotConstant) else f"{_OPERATORS[test.operator]} {value_text(value, label)}"
    if isinstance(test, RangeLiteral):
        return _range(test, label)
    value = constant(test)
    return None if isinstance(value, NotConstant) else value_text(value, label)


def _range(test: RangeLiteral, label: str) -> str | None:
    start = None if test.start is None else constant(test.start)
    end = None if test.end is None else constant(test.end)
    if isinstance(start, NotConstant) or isinstance(end, NotConstant) or start is None or end is None:
        return None
    low, high = value_text(start, label), value_text(end, label)
    if test.start_included and test.end_included:
        return f"{low} bis {high}"
    return f"{'ab' if test.start_included else 'über'} {low} {'bis' if test.end_included else 'bis unter'} {high}"
