"""Cuts FEEL text into tokens. Names with blanks are put together by the parser, which knows the names in scope."""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

from engine.feel.errors import FeelSyntaxError, Place


class Kind(Enum):
    WORD = auto()
    NUMBER = auto()
    STRING = auto()
    SYMBOL = auto()
    END = auto()


class Token(NamedTuple):
    """`text` is the source's spelling, `value` the content of a string; `position` is a character offset."""

    kind: Kind
    text: str
    position: int
    value: str = ""


# DMN 1.5 10.3.1.2, rules 27-29. "?" may start a name; the signs . / - ' + * only join words of a known name.
_NAME_START: Final = (
    r"?A-Z_a-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D\u2070-\u218F"
    r"\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_NAME_PART: Final = _NAME_START + r"0-9\u00B7\u0300-\u036F\u203F-\u2040"
# Rule 62: vertical space and the blanks of Unicode, with the byte order mark.
_BLANK: Final = r"[\t\n\v\f\r \u0085\u00A0\u1680\u180E\u2000-\u200B\u2028\u2029\u202F\u205F\u3000\uFEFF]+"

_TOKEN: Final = re.compile(
    rf"""
      (?P<blank>{_BLANK}|//[^\n]*|/\*.*?\*/)
    | (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?(?![{_NAME_PART}])|\d+(?:\.\d+)?)
    | (?P<word>[{_NAME_START}][{_NAME_PART}]*)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<symbol>\*\*|\.\.|->|<=|>=|!=|/(?!\*)|[-+*=<>()\[\]{{}},:.@'’])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{6}|.)", re.DOTALL)
_SIMPLE_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def tokenize(text: str) -> list[Token]:
    """All tokens and a final END. Raises FeelSyntaxError for a character that belongs to no token."""
    tokens: list[Token] = []
    position, end = 0, len(text)
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        if match.lastgroup != "blank":
            tokens.append(_token(match))
        position = match.end()
    tokens.append(Token(Kind.END, "", end))
    return tokens


def _token(match: re.Match[str]) -> Token:
    text, position = match[0], match.start()
    match match.lastgroup:
        case "word":
            return Token(Kind.WORD, text, position)
        case "number":
            return Token(Kind.NUMBER, text, position)
        case "string":
            return Token(Kind.STRING, text, position, _unescape(text[1:-1]))
        case _:
            return Token(Kind.SYMBOL, text, position)


def _unreadable(text: str, position: int) -> FeelSyntaxError:
    place = Place.at(text, position)
    if text[position] == '"':
        return FeelSyntaxError(text, place.line, place.column, "Die Zeichenkette ist nicht geschlossen", 'ein "')
    if text.startswith("/*", position):
        return FeelSyntaxError(text, place.line, place.column, "Der Kommentar ist nicht geschlossen", "ein */")
    return FeelSyntaxError(
        text, place.line, place.column, f"Das Zeichen „{text[position]}“ hat hier keine Bedeutung", "ein Ausdruck"
    )


def _unescape(content: str) -> str:
    if "\\" not in content:
        return content
    plain = _ESCAPE.sub(_escape, content)
    # \uD83D\uDC0E is one character written as two UTF-16 halves; a lone half is no character.
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _escape(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "uU" and len(code) > 1:
        point = int(code[1:], 16)
        return chr(point) if point <= 0x10FFFF else "\ufffd"
    # An unknown escape stays as it is written (patterns such as "\d").
    return _SIMPLE_ESCAPES.get(code, match[0])
