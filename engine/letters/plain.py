"""Turns process values into what a template may see: plain, frozen, bounded.

Citizens' text passes here: control characters and invisible direction marks go, lengths are bounded.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType

from engine.letters.port import LetterRefused

MAX_TEXT = 10_000
MAX_ITEMS = 500
MAX_DEPTH = 8
MAX_TOTAL = 200_000

Plain = None | bool | int | Decimal | str | date | time | timedelta | tuple["Plain", ...] | Mapping[str, "Plain"]


def freeze(data: Mapping[str, object]) -> Mapping[str, Plain]:
    """Return a frozen copy; raises LetterRefused for other types, depth over 8, long text or too much of it."""
    budget = _Budget(MAX_TOTAL)
    return MappingProxyType({str(key): _freeze(value, budget, 1, str(key)) for key, value in data.items()})


class _Budget:
    """Counts the characters of all texts together."""

    def __init__(self, characters: int) -> None:
        self.left = characters

    def take(self, count: int, where: str) -> None:
        self.left -= count
        if self.left < 0:
            raise LetterRefused(
                "letter_data_too_large", where=where, message="Die Angaben sind zu lang für einen Brief."
            )


def _freeze(value: object, budget: _Budget, depth: int, where: str) -> Plain:
    if depth > MAX_DEPTH:
        raise LetterRefused("letter_data_too_deep", where=where, message="Die Angaben sind zu tief verschachtelt.")
    if isinstance(value, str):
        budget.take(len(value), where)
        return clean(value, where)
    if isinstance(value, Mapping):
        _bounded(len(value), where)
        return MappingProxyType(
            {clean(str(key), where): _freeze(item, budget, depth + 1, f"{where}.{key}") for key, item in value.items()}
        )
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        _bounded(len(value), where)
        return tuple(_freeze(item, budget, depth + 1, where) for item in value)
    # bool before int: both are fine; float is not, money is never binary.
    if value is None or isinstance(value, bool | int | Decimal | date | datetime | time | timedelta):
        return value
    raise LetterRefused(
        "letter_data_type", where=where, type=type(value).__name__, message=f"„{where}“ kann ein Brief nicht zeigen."
    )


def clean(text: str, where: str = "") -> str:
    """Return text without control and direction characters (they could reorder what is read), in form NFC.

    Unicode's own line and paragraph separators become line breaks.
    """
    if len(text) > MAX_TEXT:
        raise LetterRefused(
            "letter_text_too_long",
            where=where,
            message=f"Ein Text ist länger als {MAX_TEXT} Zeichen. Kürzen Sie ihn oder fügen Sie ihn als Anlage bei.",
        )
    text = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = (char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return unicodedata.normalize("NFC", "".join(kept))


def _bounded(count: int, where: str) -> None:
    if count > MAX_ITEMS:
        raise LetterRefused(
            "letter_data_too_large", where=where, message=f"Eine Liste hat mehr als {MAX_ITEMS} Einträge."
        )
