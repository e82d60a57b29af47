"""The named formats of text fields (property `format`): how a value is checked, stored, shown and explained.

`read` gives the form that is stored (an IBAN without blanks) or None; `show` makes it readable again. Sentences name an
example that is valid and belongs to nobody.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Format:
    """One named format; `meaning` is for docs/forms.md, `error` the German sentence for what `read` does not take."""

    name: str
    meaning: str
    example: str
    error: str
    read: Callable[[str], str | None]
    show: Callable[[str], str]
    input_type: str = "text"
    inputmode: str = ""
    autocomplete: str = ""


_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_IBAN_LENGTH: Final[Mapping[str, int]] = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "VA": 22,
}  # fmt: skip
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_CHIP: Final = re.compile(r"[0-9]{15}")
_PLZ: Final = re.compile(r"[0-9]{5}")
_PHONE: Final = re.compile(r"\+?[0-9()/ -]+")
_MAIL_NAME: Final = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_MAIL_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_SEPARATORS: Final = str.maketrans("", "", " \u00a0-.")


def read_iban(text: str) -> str | None:
    """ISO 13616: country, check digits by modulo 97, and for the countries of the SEPA area the length."""
    iban = text.translate(_SEPARATORS).upper()
    if not _IBAN.fullmatch(iban) or len(iban) != _IBAN_LENGTH.get(iban[:2], len(iban)):
        return None
    digits = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    return iban if int(digits) % 97 == 1 else None


def read_bic(text: str) -> str | None:
    """ISO 9362, 8 or 11 characters."""
    bic = text.translate(_SEPARATORS).upper()
    return bic if _BIC.fullmatch(bic) else None


def read_chip_number(text: str) -> str | None:
    """ISO 11784: 15 digits, the first three a country (276 Germany) or a maker (900 to 998)."""
    number = text.translate(_SEPARATORS)
    return number if _CHIP.fullmatch(number) and number[:3] != "000" else None


def read_plz(text: str) -> str | None:
    """A German postal code: 01001 to 99998 (no region 00)."""
    plz = text.translate(_SEPARATORS)
    return plz if _PLZ.fullmatch(plz) and "01001" <= plz <= "99998" else None


def read_email(text: str) -> str | None:
    """`name@domain`: lengths of RFC 5321, letters of any script, no quoted names, no address literals."""
    name, at, domain = text.rpartition("@")
    labels = domain.split(".")
    if not at or len(text) > 254 or len(name) > 64 or len(labels) < 2 or not _MAIL_NAME.fullmatch(name):
        return None
    return text if all(_MAIL_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit() else None


def read_phone(text: str) -> str | None:
    """Digits with the signs people put between them; 4 to 20 digits."""
    digits = sum(character.isdigit() for character in text)
    return text if _PHONE.fullmatch(text) and 4 <= digits <= 20 else None


def _in_groups(*sizes: int) -> Callable[[str], str]:
    def show(text: str) -> str:
        parts, start = [], 0
        for size in sizes:
            parts.append(text[start : start + size])
            start += size
        return " ".join(part for part in [*parts, text[start:]] if part)

    return show


def _as_is(text: str) -> str:
    return text


FORMATS: Final[Mapping[str, Format]] = {
    item.name: item
    for item in (
        Format(
            "iban",
            "ISO 13616: check digits and, for the SEPA countries, the length",
            "DE02 1203 0000 0000 2020 51",
            "Prüfen Sie die IBAN. Sie steht auf Ihrer Bankkarte, zum Beispiel DE02 1203 0000 0000 2020 51.",
            read_iban,
            _in_groups(4, 4, 4, 4, 4, 4, 4),
        ),
        Format(
            "bic",
            "ISO 9362, 8 or 11 characters",
            "BYLADEM1001",
            "Prüfen Sie den BIC. Er hat 8 oder 11 Zeichen, zum Beispiel BYLADEM1001.",
            read_bic,
            _as_is,
        ),
        Format(
            "chipnummer",
            "an animal's transponder, ISO 11784: 15 digits, blanks allowed",
            "276 098 106 123 456",
            "Geben Sie die 15-stellige Chipnummer an, zum Beispiel 276 098 106 123 456.",
            read_chip_number,
            _in_groups(3, 3, 3, 3, 3),
            inputmode="numeric",
        ),
        Format(
            "plz",
            "a German postal code",
            "64283",
            "Geben Sie die Postleitzahl mit 5 Ziffern an, zum Beispiel 64283.",
            read_plz,
            _as_is,
            inputmode="numeric",
            autocomplete="postal-code",
        ),
        Format(
            "email",
            "an e-mail address, in any script",
            "name@example.org",
            "Geben Sie eine vollständige E-Mail-Adresse an, zum Beispiel name@example.org.",
            read_email,
            _as_is,
            input_type="email",
            inputmode="email",
            autocomplete="email",
        ),
        Format(
            "telefon",
            "a telephone number: 4 to 20 digits with +, brackets, slash and hyphen",
            "06151 1234567",
            "Geben Sie die Telefonnummer mit Vorwahl an, zum Beispiel 06151 1234567.",
            read_phone,
            _as_is,
            input_type="tel",
            inputmode="tel",
            autocomplete="tel",
        ),
    )
}
