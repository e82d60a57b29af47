"""Number ranges: Aktenzeichen, Kassenzeichen, Markennummern, unique under any number of concurrent writers.

A number is drawn by one statement on either database. Inside a longer transaction the range stays locked until that
ends, so draw late, or in a transaction of its own; a number drawn for nothing leaves a gap, which no norm forbids.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from string import ascii_uppercase, digits

from sqlalchemy import Connection, text

_DRAW = text("""
    INSERT INTO nummernkreis AS kreis (tenant_id, name, jahr, letzte)
    VALUES (:tenant_id, :name, :jahr, 1)
    ON CONFLICT (tenant_id, name, jahr) DO UPDATE SET letzte = kreis.letzte + 1
    RETURNING letzte
""")


class CheckDigit(StrEnum):
    """How a number guards against typing errors."""

    NONE = "keine"
    MOD_11_10 = "mod11_10"
    """ISO 7064 MOD 11,10: one digit, as in the Steuer-Identifikationsnummer."""
    MOD_97_10 = "mod97_10"
    """ISO 7064 MOD 97-10: two digits, as in IBAN and in the creditor reference (ISO 11649)."""


@dataclass(frozen=True, slots=True)
class NumberRange:
    """One range; `pattern` may hold {jahr}, {nummer} and {pruef}, for example "HST-{jahr}-{nummer}-{pruef}".

    Without {jahr} the range never starts again at 1. The check digits cover everything else in the pattern. Letters
    are capitals, so that people may type what they like.
    """

    name: str
    pattern: str
    width: int = 6
    check: CheckDigit = CheckDigit.MOD_11_10

    def __post_init__(self) -> None:
        if "{nummer}" not in self.pattern:
            raise ValueError(f"Der Nummernkreis {self.name} braucht {{nummer}} in seinem Muster.")
        if any(sign.islower() for sign in re.sub(r"\{(jahr|nummer|pruef)\}", "", self.pattern)):
            raise ValueError(f"Der Nummernkreis {self.name} darf nur Großbuchstaben enthalten.")
        if ("{pruef}" in self.pattern) is (self.check is CheckDigit.NONE):
            raise ValueError(f"Der Nummernkreis {self.name}: {{pruef}} und das Prüfverfahren gehören zusammen.")


def draw(conn: Connection, numbers: NumberRange, *, tenant_id: str, year: int) -> str:
    """Return the next number of the range, as people write it."""
    yearly = "{jahr}" in numbers.pattern
    params = {"tenant_id": tenant_id, "name": numbers.name, "jahr": year if yearly else 0}
    return written(numbers, year, conn.execute(_DRAW, params).scalar_one())


def written(numbers: NumberRange, year: int, number: int) -> str:
    """Return number `number` of the range as people write it."""
    without_check = numbers.pattern.replace("{jahr}", str(year)).replace("{nummer}", str(number).zfill(numbers.width))
    return without_check.replace("{pruef}", check_digits(numbers.check, without_check.replace("{pruef}", "")))


def check_digits(check: CheckDigit, text_: str) -> str:
    """Return the check digits over the letters (A = 10 ... Z = 35) and digits of a text; other signs do not count."""
    as_digits = "".join(
        sign if sign in digits else str(ascii_uppercase.index(sign) + 10)
        for sign in text_.upper()
        if sign in digits or sign in ascii_uppercase
    )
    if check is CheckDigit.MOD_11_10:
        return _mod_11_10(as_digits)
    if check is CheckDigit.MOD_97_10:
        return f"{98 - int(as_digits + '00') % 97:02}"
    return ""


def _mod_11_10(as_digits: str) -> str:
    product = 10
    for digit in as_digits:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
