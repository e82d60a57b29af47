"""What JUEL's operators do (Expression Language 2.1, sections 1.5 to 1.10), as functions that its FEEL calls.

JUEL converts where FEEL compares: null is 0, false or no text, a text of digits is a number beside one. Where JUEL
throws, there is no value, and so a condition stops the step instead of choosing a way.
"""

import re
from decimal import Decimal
from functools import partial
from typing import Final

from engine.feel import Scope
from engine.feel.errors import NoValue
from engine.feel.library import Library
from engine.feel.numbers import CONTEXT, ZERO, in_range, number_of_text, whole
from engine.feel.operators import compare, equal
from engine.feel.text import text_of
from engine.feel.types import german_kind, kind_of
from engine.feel.values import Value

_LIBRARY: Final = Library()
_DIGITS: Final = re.compile(r"[+-]?[0-9]{1,300}(?:\.[0-9]{0,300})?(?:[eE][+-]?[0-9]{1,4})?")

_add = partial(_LIBRARY.add, group="JUEL")


@_add("juel.truth(value: any): boolean", "juel.truth(null)", "false", 'juel.truth("TRUE")', "true")
def truth(value: Value) -> bool:
    if value is None:
        return False
    if isinstance(value, str):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise NoValue(f"{_kind(value)} ist kein Wahrheitswert")
    return value


@_add("juel.untruth(value: any): boolean", "juel.untruth(null)", "true")
def untruth(value: Value) -> Value:
    return not truth(value)


@_add("juel.empty(value: any): boolean", 'juel.empty("")', "true", "juel.empty(0)", "false")
def empty(value: Value) -> Value:
    return value is None or (isinstance(value, str | list | dict) and not value)


@_add("juel.equal(left: any, right: any): boolean", 'juel.equal("1", 1)', "true", "juel.equal(null, 0)", "false")
def is_equal(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return left is right
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _number(left) == _number(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return truth(left) is truth(right)
    answer = equal(left, right)
    if not isinstance(answer, bool):
        raise NoValue(f"{_kind(left)} und {_kind(right)} lassen sich nicht vergleichen")
    return answer


@_add("juel.unequal(left: any, right: any): boolean", 'juel.unequal("1", 1)', "false")
def is_unequal(left: Value, right: Value) -> Value:
    return not is_equal(left, right)


@_add("juel.less(left: any, right: any): boolean", "juel.less(1, 2)", "true", "juel.less(null, 2)", "false")
def less(left: Value, right: Value) -> Value:
    return left is not None and right is not None and _order(left, right) < 0


@_add("juel.more(left: any, right: any): boolean", 'juel.more("10", 9)', "true")
def more(left: Value, right: Value) -> Value:
    return less(right, left)


@_add("juel.atMost(left: any, right: any): boolean", "juel.atMost(2, 2)", "true", "juel.atMost(null, null)", "true")
def at_most(left: Value, right: Value) -> Value:
    if left is None or right is None:
        return left is right
    return _order(left, right) <= 0


@_add("juel.atLeast(left: any, right: any): boolean", "juel.atLeast(2, 2)", "true")
def at_least(left: Value, right: Value) -> Value:
    return at_most(right, left)


@_add("juel.sum(left: any, right: any): number", 'juel.sum("5", 1)', "6", "juel.sum(null, 1)", "1")
def added(left: Value, right: Value) -> Value:
    return CONTEXT.add(_number(left), _number(right))


@_add("juel.difference(left: any, right: any): number", "juel.difference(5, 1)", "4")
def subtracted(left: Value, right: Value) -> Value:
    return CONTEXT.subtract(_number(left), _number(right))


@_add("juel.product(left: any, right: any): number", "juel.product(5, 2)", "10")
def multiplied(left: Value, right: Value) -> Value:
    return CONTEXT.multiply(_number(left), _number(right))


@_add("juel.quotient(left: any, right: any): number", "juel.quotient(7, 2)", "3.5")
def divided(left: Value, right: Value) -> Value:
    """Whole numbers are divided as fractions too."""
    return CONTEXT.divide(_number(left), _divisor(right))


@_add("juel.remainder(left: any, right: any): number", "juel.remainder(-7, 2)", "-1", "juel.remainder(7, -2)", "1")
def remainder(left: Value, right: Value) -> Value:
    """With the sign of the dividend, unlike FEEL's modulo."""
    return CONTEXT.remainder(_number(left), _divisor(right))


@_add(
    "juel.item(owner: any, key: any): any",
    "juel.item([7, 8], 0)",
    "7",
    "juel.item([7, 8], 2)",
    "null",
    'juel.item({"a b": 1}, "a b")',
    "1",
    'juel.item(null, "a")',
    "null",
)
def item(owner: Value, key: Value) -> Value:
    """An entry by name or, from 0, by number; null where there is none."""
    if owner is None or key is None:
        return None
    if isinstance(owner, dict):
        return owner.get(key) if isinstance(key, str) else None
    if isinstance(owner, list):
        index = whole(_number(key))
        return owner[index] if index is not None and 0 <= index < len(owner) else None
    raise NoValue(f"{_kind(owner)} hat keine Einträge")


@_add("juel.text(value: any): string", "juel.text(null)", '""', "juel.text(1.50)", '"1.50"')
def text(value: Value) -> Value:
    """What stands in a text where the expression was."""
    return value if isinstance(value, str) else "" if value is None else text_of(value)


def _number(value: Value) -> Decimal:
    if value is None or value == "":
        return ZERO
    if isinstance(value, str):
        number = number_of_text(value) if _DIGITS.fullmatch(value) else None
        if number is None or not in_range(number):
            raise NoValue(f"„{value[:40]}“ ist keine Zahl")
        return number
    if not isinstance(value, Decimal):
        raise NoValue(f"{_kind(value)} ist keine Zahl")
    return value


def _divisor(value: Value) -> Decimal:
    number = _number(value)
    if not number:
        raise NoValue("Durch null lässt sich nicht teilen")
    return number


def _order(left: Value, right: Value) -> int:
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        left, right = _number(left), _number(right)
    order = compare(left, right)
    if order is None:
        raise NoValue(f"{_kind(left)} und {_kind(right)} lassen sich nicht vergleichen")
    return order


def _kind(value: Value) -> str:
    return f"Ein Wert der Art „{german_kind(kind_of(value))}“"


# Nothing but these: a variable may be called as a function of FEEL.
SCOPE: Final = Scope(library=_LIBRARY)
