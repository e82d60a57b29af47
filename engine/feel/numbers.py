"""FEEL's arithmetic on numbers: 34 decimal digits, half-even (IEEE 754 decimal128, DMN 1.5 10.3.2.3.1).

Every operation goes through `CONTEXT`, so nothing depends on, or changes, the thread's own decimal context.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

CONTEXT: Final = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_SMALLEST: Final = CONTEXT.Etiny()


def number_of_text(text: str) -> Decimal:
    """The number that `text` writes. Raises ArithmeticError where there is none or it is too large."""
    return CONTEXT.create_decimal(text)


def in_range(number: Decimal) -> bool:
    """Whether it is a number of decimal128; one beyond would have gigabytes of digits where it is written out."""
    return number.is_finite() and _SMALLEST <= number.adjusted() <= CONTEXT.Emax


def number_text(number: Decimal) -> str:
    """The number without exponent; trailing zeros stay, as they were written."""
    text = format(number, "f")
    return "0" if text in {"-0", "0E+0"} else text


def whole(number: Decimal) -> int | None:
    """The integer that `number` is, or None when it has a fraction or is too large to count anything."""
    if number.adjusted() > 18 or number != number.to_integral_value():
        return None
    return int(number)
