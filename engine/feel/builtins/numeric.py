"""Numeric functions (DMN 1.5 10.3.4.5) and `not`."""

import decimal
from decimal import Decimal
from functools import partial
from typing import Final

from engine.feel.errors import NoValue
from engine.feel.library import Library
from engine.feel.numbers import CONTEXT, whole
from engine.feel.temporal import DaysTimeDuration, YearsMonthsDuration
from engine.feel.values import Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Zahlen")

_SCALES: Final = range(-6111, 6177)


@add("not(negand: any): boolean", "not(true)", "false", "not(null)", "null", group="Wahrheitswerte")
def negated(value: Value) -> Value:
    return not value if isinstance(value, bool) else None


@add("decimal(n: number, scale: number): number", "decimal(2.5, 0)", "2", "decimal(1/3, 2)", "0.33")
def to_scale(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_HALF_EVEN)


@add("floor(n: number): number", "floor(-1.5)", "-2")
def floor(number: Decimal) -> Value:
    return _rounded(number, Decimal(0), decimal.ROUND_FLOOR)


@add("floor(n: number, scale: number): number", "floor(1.56, 1)", "1.5")
def floor_to_scale(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_FLOOR)


@add("ceiling(n: number): number", "ceiling(1.5)", "2")
def ceiling(number: Decimal) -> Value:
    return _rounded(number, Decimal(0), decimal.ROUND_CEILING)


@add("ceiling(n: number, scale: number): number", "ceiling(1.56, 1)", "1.6")
def ceiling_to_scale(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_CEILING)


@add("round up(n: number, scale: number): number", "round up(-5.5, 0)", "-6")
def round_up(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_UP)


@add("round down(n: number, scale: number): number", "round down(-5.5, 0)", "-5")
def round_down(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_DOWN)


@add("round half up(n: number, scale: number): number", "round half up(5.5, 0)", "6")
def round_half_up(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_HALF_UP)


@add("round half down(n: number, scale: number): number", "round half down(5.5, 0)", "5")
def round_half_down(number: Decimal, scale: Decimal) -> Value:
    return _rounded(number, scale, decimal.ROUND_HALF_DOWN)


@add("abs(n: number): number", "abs(-10)", "10")
def absolute(number: Decimal) -> Value:
    return CONTEXT.abs(number)


@add("abs(n: duration): duration", 'abs(@"-P1D")', '@"P1D"')
def absolute_duration(value: DaysTimeDuration | YearsMonthsDuration) -> Value:
    if isinstance(value, DaysTimeDuration):
        return DaysTimeDuration(abs(value.nanoseconds))
    return YearsMonthsDuration(abs(value.months))


@add("modulo(dividend: number, divisor: number): number", "modulo(-12, 5)", "3")
def modulo(dividend: Decimal, divisor: Decimal) -> Value:
    if divisor == 0:
        raise NoValue("Durch null kann man nicht teilen")
    rest = CONTEXT.remainder(dividend, divisor)
    return CONTEXT.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


@add("sqrt(number: number): number", "sqrt(16)", "4")
def square_root(number: Decimal) -> Value:
    if number < 0:
        raise NoValue("Aus einer negativen Zahl gibt es keine Wurzel")
    return CONTEXT.sqrt(number)


@add("log(number: number): number", "decimal(log(10), 8)", "2.30258509")
def logarithm(number: Decimal) -> Value:
    if number <= 0:
        raise NoValue("Den Logarithmus gibt es nur von Zahlen über null")
    return CONTEXT.ln(number)


@add("exp(number: number): number", "decimal(exp(5), 8)", "148.41315910")
def exponential(number: Decimal) -> Value:
    return CONTEXT.exp(number)


@add("odd(number: number): boolean", "odd(5)", "true")
def odd(number: Decimal) -> Value:
    return CONTEXT.remainder(number, Decimal(2)).copy_abs() == 1


@add("even(number: number): boolean", "even(5)", "false")
def even(number: Decimal) -> Value:
    return CONTEXT.remainder(number, Decimal(2)) == 0


def _rounded(number: Decimal, scale: Decimal, rounding: str) -> Decimal:
    places = whole(scale.to_integral_value(rounding=decimal.ROUND_DOWN))
    if places is None or places not in _SCALES:
        raise NoValue(f"Die Stellenzahl liegt nicht zwischen {_SCALES[0]} und {_SCALES[-1]}")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= places and places > CONTEXT.prec - 1 - number.adjusted():
        return number  # it has no more digits than wanted, and no room for the zeros
    return number.quantize(Decimal(1).scaleb(-places), rounding=rounding, context=CONTEXT)
