"""String functions (DMN 1.5 10.3.4.3); positions count code points from 1."""

from decimal import Decimal
from functools import partial
from typing import Final

from engine.feel.errors import LimitExceeded, NoValue
from engine.feel.frame import Frame
from engine.feel.library import Library
from engine.feel.limits import MAX_STRING
from engine.feel.numbers import whole
from engine.feel.regex import Pattern, compile_pattern
from engine.feel.values import Value

LIBRARY: Final = Library()
add = partial(LIBRARY.add, group="Text")


@add(
    "substring(string: string, start position: number, length: number?): string",
    'substring("Bescheid", 3)',
    '"scheid"',
    'substring("Bescheid", -4, 2)',
    '"he"',
)
def substring(string: str, start: Decimal, length: Decimal | None) -> Value:
    first = _cut(start)
    if first == 0 or abs(first) > len(string):
        raise NoValue(f"Die Position {start} liegt außerhalb des Textes")
    begin = first - 1 if first > 0 else len(string) + first
    if length is None:
        return string[begin:]
    count = _cut(length)
    if count < 1:
        raise NoValue("Die Länge muss mindestens 1 sein")
    return string[begin : begin + count]


@add("string length(string: string): number", 'string length("Straße")', "6")
def string_length(string: str) -> Value:
    return Decimal(len(string))


@add("upper case(string: string): string", 'upper case("Amt")', '"AMT"')
def upper_case(string: str) -> Value:
    return string.upper()


@add("lower case(string: string): string", 'lower case("Amt")', '"amt"')
def lower_case(string: str) -> Value:
    return string.lower()


@add("substring before(string: string, match: string): string", 'substring before("22.10.2027", ".")', '"22"')
def substring_before(string: str, match: str) -> Value:
    return string[: max(string.find(match), 0)]


@add("substring after(string: string, match: string): string", 'substring after("22.10.2027", ".")', '"10.2027"')
def substring_after(string: str, match: str) -> Value:
    at = string.find(match)
    return "" if at < 0 else string[at + len(match) :]


@add("contains(string: string, match: string): boolean", 'contains("Hundesteuer", "steuer")', "true")
def contains(string: str, match: str) -> Value:
    return match in string


@add("starts with(string: string, match: string): boolean", 'starts with("DA-HU 12", "DA-")', "true")
def starts_with(string: str, match: str) -> Value:
    return string.startswith(match)


@add("ends with(string: string, match: string): boolean", 'ends with("antrag.pdf", ".pdf")', "true")
def ends_with(string: str, match: str) -> Value:
    return string.endswith(match)


@add(
    "matches(input: string, pattern: string, flags: string?): boolean",
    'matches("64283", "^[0-9]{5}$")',
    "true",
    'matches("DA-HU 12", "da-.*", "i")',
    "true",
    framed=True,
)
def matches(frame: Frame, string: str, pattern: str, flags: str | None) -> Value:
    return _pattern(frame, pattern, flags).search(string, 0, frame.run.spend) is not None


@add(
    "replace(input: string, pattern: string, replacement: string, flags: string?): string",
    'replace("0123456789", "(\\d{3})(\\d+)", "$1-$2")',
    '"012-3456789"',
    framed=True,
)
def replace(frame: Frame, string: str, pattern: str, replacement: str, flags: str | None) -> Value:
    compiled = _pattern(frame, pattern, flags)
    if not compiled.literal:
        compiled.check_replacement(replacement)
    parts: list[str] = []
    length = at = 0
    for match in compiled.matches(string, frame.run.spend):
        if match.start == match.end:
            raise NoValue("Das Muster passt auf einen leeren Text; dafür gibt es keinen Ersatz")
        parts += string[at : match.start], replacement if compiled.literal else match.expand(replacement)
        at = match.end
        length += len(parts[-1]) + len(parts[-2])
        if length > MAX_STRING:
            raise LimitExceeded(f"Der Text wäre länger als {MAX_STRING} Zeichen")
    frame.run.spend(length // 64)
    return "".join(parts) + string[at:]


@add("split(string: string, delimiter: string): list", 'split("a;b;;c", ";")', '["a", "b", "", "c"]', framed=True)
def split(frame: Frame, string: str, delimiter: str) -> Value:
    compiled = _pattern(frame, delimiter, None)
    parts: list[Value] = []
    at = 0
    for match in compiled.matches(string, frame.run.spend):
        if match.start == match.end:
            raise NoValue("Das Trennzeichen passt auf einen leeren Text")
        parts.append(string[at : match.start])
        at = match.end
    return [*parts, string[at:]]


@add(
    "string join(list: list, delimiter: string?): string",
    'string join(["a", null, "c"], ", ")',
    '"a, c"',
)
def string_join(items: list[Value], delimiter: str | None) -> Value:
    words = [item for item in items if item is not None]
    if not all(isinstance(word, str) for word in words):
        raise NoValue("„string join“ verbindet nur Texte")
    texts = [word for word in words if isinstance(word, str)]
    if sum(map(len, texts)) + len(delimiter or "") * len(texts) > MAX_STRING:
        raise LimitExceeded(f"Der Text wäre länger als {MAX_STRING} Zeichen")
    return (delimiter or "").join(texts)


def _cut(number: Decimal) -> int:
    """A position or length as a whole number, cut like FEEL does: 3.8 is 3."""
    value = whole(number.to_integral_value(rounding="ROUND_DOWN"))
    return MAX_STRING + 1 if value is None else value


def _pattern(frame: Frame, pattern: str, flags: str | None) -> Pattern:
    frame.run.spend(1 + len(pattern))
    return compile_pattern(pattern, flags or "")
