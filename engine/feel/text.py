"""How `string()` writes a value (DMN 1.5 10.3.4.1)."""

import re
from decimal import Decimal
from typing import Any, Final

from engine.feel.numbers import number_text
from engine.feel.temporal import date_text, datetime_text, duration_text, time_text
from engine.feel.types import kind_of
from engine.feel.values import Range, Value

_PLAIN_KEY: Final = re.compile(r"[^\W\d][\w ]*")


def text_of(value: Value) -> str:
    """The text of a value; strings inside lists and contexts get quotation marks. Null is "null"."""
    return value if isinstance(value, str) else literal(value)


def literal(value: Value) -> str:
    """The value as an author would write it in FEEL, where FEEL has a literal for it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Range):
        return _range(value)
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    """Dates, times and durations in their lexical form, functions by their kind."""
    match kind_of(value):
        case "date":
            return date_text(value)
        case "time":
            return time_text(value)
        case "date and time":
            return datetime_text(value)
        case "days and time duration" | "years and months duration":
            return duration_text(value)
        case _:
            return f"function({', '.join(value.parameters or ())})"


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else quoted(key)


def _range(value: Range) -> str:
    if value.operator:
        return f"({value.operator} {literal(value.end if value.start is None else value.start)})"
    opener, closer = "[" if value.start_included else "(", "]" if value.end_included else ")"
    return f"{opener}{literal(value.start)}..{literal(value.end)}{closer}"
