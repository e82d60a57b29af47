"""JSON from outside, read without the traps of `json.loads`.

No binary floats (numbers become `Decimal`), no NaN, no key twice, no deep nesting, no huge text. The text is measured
before it is parsed, so that nothing a stranger sends can exhaust the parser's stack.
"""

import json
from decimal import Decimal
from typing import Final, NoReturn, Union

JsonValue = Union[None, bool, Decimal, str, list["JsonValue"], dict[str, "JsonValue"]]  # noqa: UP007 - recursive alias

_LONGEST_NUMBER: Final = 40
_OPENING: Final = frozenset("[{")
_CLOSING: Final = frozenset("]}")


class JsonRefused(ValueError):
    """The text cannot be taken; the message is a German sentence for people."""


def parse_json(data: bytes | str, *, max_bytes: int, max_depth: int) -> JsonValue:
    """The document in `data`, its numbers as Decimal. Raises JsonRefused with a German sentence."""
    text = _decoded(data, max_bytes)
    if _depth(text) > max_depth:
        raise JsonRefused(f"Der JSON-Text ist tiefer als {max_depth} Ebenen verschachtelt.")
    try:
        value: JsonValue = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        raise JsonRefused(f"Der Text ist kein gültiges JSON (Zeile {error.lineno}, Spalte {error.colno}).") from None
    return value


def _decoded(data: bytes | str, max_bytes: int) -> str:
    try:
        raw = data.encode() if isinstance(data, str) else data
        if len(raw) > max_bytes:
            raise JsonRefused(f"Der JSON-Text ist größer als {max_bytes // 1000} kB.")
        return raw.decode()
    except UnicodeError:
        raise JsonRefused("Der JSON-Text ist nicht als UTF-8 kodiert.") from None


def _depth(text: str) -> int:
    """The deepest nesting of brackets outside strings; right for valid JSON, and finite for anything."""
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif character in _CLOSING:
            depth -= 1
    return deepest


def _number(literal: str) -> Decimal:
    if len(literal) > _LONGEST_NUMBER:
        raise JsonRefused(f"Eine Zahl hat mehr als {_LONGEST_NUMBER} Zeichen.")
    number = Decimal(literal)
    if number and abs(number.adjusted()) > _LONGEST_NUMBER:  # 1e999999999 would fill the memory when written out
        raise JsonRefused("Eine Zahl ist zu groß oder zu klein.")
    return number


def _refuse_constant(literal: str) -> NoReturn:
    raise JsonRefused(f"{literal} ist keine Zahl, die JSON kennt.")


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonRefused("In einem JSON-Objekt steht derselbe Schlüssel zweimal.")
    return members
