"""Filters for German letters: money, numbers, dates, lines."""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from markupsafe import Markup, escape

from engine.law import berlin_date

_MONTHS = ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
           "Dezember")  # fmt: skip
_WORDS = re.compile(r"\s+|\S+")
_LONGEST_WORD = 24
_NBSP = "\u00a0"


def geld(value: object) -> str:
    """120 -> "120,00 €"; rounded to cents, half up. Raises TypeError for anything but an exact number."""
    amount = _number(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{_grouped(amount)}{_NBSP}€"


def zahl(value: object) -> str:
    """1234.50 -> "1.234,5"; no digits are invented and none but trailing zeros are dropped."""
    number = _number(value)
    return _grouped(number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize())


def datum(value: object) -> str:
    """A date, or the day in Berlin of an aware moment -> "01.07.2027"."""
    day = _day(value)
    return f"{day.day:02}.{day.month:02}.{day.year}"


def datum_lang(value: object) -> str:
    """A date, or the day in Berlin of an aware moment -> "1. Juli 2027"."""
    day = _day(value)
    return f"{day.day}.{_NBSP}{_MONTHS[day.month - 1]} {day.year}"


def zeilen(value: object) -> Markup:
    """Escaped text in which a line break shows as one."""
    return Markup("<br>").join(breakable(line) for line in str(value).splitlines())


def breakable(text: str) -> Markup:
    """Escaped text whose overlong words may break, so that none pushes an amount off the page.

    CSS could break them anywhere, but then a table cell of 3,000 characters takes 17 seconds.
    """
    if hasattr(text, "__html__"):
        return escape(text)
    return Markup("").join(_breakable_word(piece) for piece in _WORDS.findall(text))


def _breakable_word(word: str) -> Markup:
    if len(word) <= _LONGEST_WORD or word.isspace():
        return escape(word)
    return Markup("<wbr>").join(
        escape(word[start : start + _LONGEST_WORD]) for start in range(0, len(word), _LONGEST_WORD)
    )


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"not an exact number: {type(value).__name__}")
    number = Decimal(value)
    if not number.is_finite():
        raise TypeError("not a finite number")
    return number


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return berlin_date(value)
    if not isinstance(value, date):
        raise TypeError(f"not a date: {type(value).__name__}")
    return value


def _grouped(number: Decimal) -> str:
    return f"{number:,f}".translate(str.maketrans(",.", ".,")).replace("-", "−")
