"""Regular expressions as FEEL has them: those of XPath and XQuery Functions 3.1 (5.6), in bounded time.

Python's `re` speaks another dialect and cannot be stopped. Here a pattern becomes a small program for a backtracking
machine with its own stack. Without back references each pair of instruction and position is tried once, so time grows
with pattern times text; with them the caller's budget ends the search. A million steps take about a second.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from engine.feel.errors import NoValue
from engine.feel.unicode_blocks import BLOCKS

MAX_PROGRAM: Final = 5_000
_SPENT_AT_ONCE: Final = 64

Spend = Callable[[int], None]
Test = Callable[[str], bool]


class _Op:
    """Instructions: one character, any of a test, branching, registers, positions, groups."""

    CHAR, TEST, SPLIT, JUMP, SAVE, MOVED, LINE_START, LINE_END, BACK, DONE = range(10)


_Instruction = tuple[int, object, int]


class Match(NamedTuple):
    text: str
    registers: tuple[int, ...]

    @property
    def start(self) -> int:
        return self.registers[0]

    @property
    def end(self) -> int:
        return self.registers[1]

    def group(self, number: int) -> str:
        start, end = self.registers[2 * number], self.registers[2 * number + 1]
        return self.text[start:end] if 0 <= start <= end else ""

    def expand(self, replacement: str) -> str:
        """The replacement with `$1`, `\\$` and `\\\\` filled in; checked before by `Pattern.check_replacement`."""
        groups = len(self.registers) // 2 - 1
        return "".join(
            part if isinstance(part, str) else self.group(part) for part in _replacement_parts(replacement, groups)
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; `literal` for the flag q, whose replacement is literal too."""

    program: tuple[_Instruction, ...]
    groups: int
    registers: int
    literal: bool
    multiline: bool
    has_back_references: bool

    def search(self, text: str, start: int, spend: Spend) -> Match | None:
        """The first match from `start` on. Calls `spend`, which may raise to stop a search that takes too long."""
        tried: set[int] | None = None if self.has_back_references else set()
        first = self.program[1]
        for position in range(start, len(text) + 1):
            if first[0] == _Op.CHAR and not text.startswith(str(first[1]), position):
                if position % _SPENT_AT_ONCE == 0:
                    spend(1)
                continue
            match = _run(self, text, position, tried, spend)
            if match is not None:
                return match
        return None

    def matches(self, text: str, spend: Spend) -> Iterator[Match]:
        """All matches that do not overlap. Raises NoValue for a pattern that matches the empty text."""
        if self.search("", 0, spend) is not None:
            raise NoValue("Das Muster passt auf den leeren Text; so lässt sich nichts ersetzen oder trennen")
        at = 0
        while (match := self.search(text, at, spend)) is not None:
            yield match
            at = max(match.end, match.start + 1)

    def check_replacement(self, replacement: str) -> None:
        """Raises NoValue for a `$` or `\\` that means nothing."""
        list(_replacement_parts(replacement, self.groups))


def _replacement_parts(replacement: str, groups: int) -> Iterator[str | int]:
    at = 0
    while at < len(replacement):
        sign = replacement[at]
        following = replacement[at + 1 : at + 2]
        if sign == "\\":
            if following not in {"\\", "$"}:
                raise NoValue("Im Ersatztext steht „\\“ nur vor „\\“ oder „$“")
            yield following
            at += 2
        elif sign == "$":
            if not (following.isascii() and following.isdigit()):
                raise NoValue("Im Ersatztext folgt auf „$“ die Nummer einer Gruppe")
            digits = 1
            while replacement[at + 1 + digits : at + 2 + digits].isdigit() and (
                int(replacement[at + 1 : at + 2 + digits]) <= groups
            ):
                digits += 1
            number = int(replacement[at + 1 : at + 1 + digits])
            yield number if number <= groups else ""
            at += 1 + digits
        else:
            yield sign
            at += 1


def _run(pattern: Pattern, text: str, start: int, tried: set[int] | None, spend: Spend) -> Match | None:  # noqa: C901
    """One attempt at `start`. The stack holds places to continue at and, with a negative number, registers to restore.

    One loop on purpose: it is the inner loop of every search.
    """
    program, size = pattern.program, len(text)
    registers = [-1] * pattern.registers
    stack = [(0, start)]
    fuel = _SPENT_AT_ONCE
    while stack:
        at, position = stack.pop()
        if at < 0:
            registers[~at] = position
            continue
        while True:
            fuel -= 1
            if fuel == 0:
                spend(_SPENT_AT_ONCE // 2)
                fuel = _SPENT_AT_ONCE
            operation, argument, other = program[at]
            if operation == _Op.CHAR:
                if position >= size or text[position] != argument:
                    break
                position += 1
            elif operation == _Op.TEST:
                if position >= size or not argument(text[position]):  # type: ignore[operator]
                    break
                position += 1
            elif operation == _Op.SPLIT:
                if tried is not None:
                    key = at * (size + 1) + position
                    if key in tried:
                        break
                    tried.add(key)
                stack.append((other, position))
                at = argument  # type: ignore[assignment]
                continue
            elif operation == _Op.JUMP:
                at = argument  # type: ignore[assignment]
                continue
            elif operation == _Op.SAVE:
                stack.append((~other, registers[other]))
                registers[other] = position
            elif operation == _Op.MOVED:
                if registers[other] == position:
                    break
            elif operation == _Op.LINE_START:
                if position and not (pattern.multiline and text[position - 1] == "\n" and position < size):
                    break
            elif operation == _Op.LINE_END:
                if position < size and not (pattern.multiline and text[position] == "\n"):
                    break
            elif operation == _Op.BACK:
                begin, end = registers[2 * other], registers[2 * other + 1]
                wanted = text[begin:end] if 0 <= begin <= end else ""
                found = text[position : position + len(wanted)]
                spend(len(wanted) // _SPENT_AT_ONCE)
                if found != wanted and not (argument and found.casefold() == wanted.casefold()):
                    break
                position += len(wanted)
            else:
                return Match(text, tuple(registers[: 2 * pattern.groups + 2]))
            at += 1
    return None


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Pattern:
    """Compile an XPath pattern with flags out of "smixq". Raises NoValue with the German reason."""
    unknown = set(flags) - set("smixq")
    if unknown:
        raise NoValue(f"Unbekannte Option „{''.join(sorted(unknown))}“ für ein Muster; es gibt s, m, i, x und q")
    if "q" in flags:
        program: list[_Instruction] = [_char(sign, "i" in flags) for sign in pattern]
        return Pattern(_whole(program), 0, 2, literal=True, multiline=False, has_back_references=False)
    reader = _Reader(_without_blanks(pattern) if "x" in flags else pattern, flags)
    program = reader.whole()
    return Pattern(
        _whole(program),
        reader.groups,
        2 * reader.groups + 2 + reader.loops,
        literal=False,
        multiline="m" in flags,
        has_back_references=any(instruction[0] == _Op.BACK for instruction in program),
    )


def _whole(program: list[_Instruction]) -> tuple[_Instruction, ...]:
    shifted = [_moved(instruction, 1) for instruction in program]
    return ((_Op.SAVE, None, 0), *shifted, (_Op.SAVE, None, 1), (_Op.DONE, None, 0))


def _moved(instruction: _Instruction, by: int) -> _Instruction:
    """The instruction with its targets moved along with the block that holds it."""
    operation, argument, other = instruction
    if operation == _Op.SPLIT:
        return operation, argument + by, other + by  # type: ignore[operator]
    if operation == _Op.JUMP:
        return operation, argument + by, other  # type: ignore[operator]
    return instruction


def _without_blanks(pattern: str) -> str:
    """Flag x: blanks outside of [...] mean nothing."""
    kept: list[str] = []
    depth, escaped = 0, False
    for sign in pattern:
        if depth == 0 and sign in "\t\n\r ":
            continue
        kept.append(sign)
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = True
        else:
            depth += (sign == "[") - (sign == "]")
    return "".join(kept)


class _Reader:
    """Recursive descent over the pattern; every method returns a block of instructions with relative targets."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.ignore_case = "i" in flags
        self.dot_all = "s" in flags
        self.at = 0
        self.depth = 0
        self.groups = 0
        self.open_groups: set[int] = set()
        self.loops = 0
        self.loop_marks: list[tuple[int, int]] = []

    def whole(self) -> list[_Instruction]:
        block = self.alternatives()
        if self.at < len(self.pattern):
            raise self.error("die Klammer „)“ hat keinen Anfang")
        # Loop registers stand behind those of the groups, whose number is known only now.
        first = 2 * self.groups + 2
        return [
            (operation, argument, first + ~other) if operation in {_Op.SAVE, _Op.MOVED} and other < 0 else instruction
            for instruction in block
            for operation, argument, other in (instruction,)
        ]

    def error(self, reason: str) -> NoValue:
        return NoValue(f"Das Muster „{self.pattern[:60]}“ ist ungültig: {reason}")

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        sign = self.peek()
        if not sign:
            raise self.error("es endet mitten in einem Zeichen")
        self.at += 1
        return sign

    def alternatives(self) -> list[_Instruction]:
        self.depth += 1
        if self.depth > 50:
            raise self.error("es ist zu tief verschachtelt")
        branches = [self.sequence()]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence())
        self.depth -= 1
        block = branches.pop()
        while branches:
            block = _either(branches.pop(), block)
        return block

    def sequence(self) -> list[_Instruction]:
        block: list[_Instruction] = []
        while self.peek() not in {"", "|", ")"}:
            piece = self.quantified(self.atom())
            block += [_moved(instruction, len(block)) for instruction in piece]
            self.check_size(block)
        return block

    def check_size(self, block: list[_Instruction]) -> None:
        if len(block) > MAX_PROGRAM:
            raise self.error("es ist zu groß")

    def quantified(self, atom: list[_Instruction]) -> list[_Instruction]:
        bounds = self.quantifier()
        if bounds is None:
            return atom
        low, high = bounds
        greedy = self.peek() != "?"
        self.at += not greedy
        copies = low + (1 if high is None else high - low)
        if len(atom) * copies > MAX_PROGRAM:
            raise self.error("es ist zu groß")
        block: list[_Instruction] = []
        for _ in range(low):
            block = _joined(block, atom)
        if high is None:
            return _joined(block, self.star(atom, greedy=greedy))
        optional: list[_Instruction] = []
        for _ in range(high - low):
            optional = _maybe(_joined(atom, optional), greedy=greedy)
        return _joined(block, optional)

    def quantifier(self) -> tuple[int, int | None] | None:
        match self.peek():
            case "?":
                bounds: tuple[int, int | None] = (0, 1)
            case "*":
                bounds = (0, None)
            case "+":
                bounds = (1, None)
            case "{":
                self.at += 1
                return self.counted()
            case _:
                return None
        self.at += 1
        return bounds

    def counted(self) -> tuple[int, int | None]:
        low = self.count()
        high: int | None = low
        if self.peek() == ",":
            self.at += 1
            high = None if self.peek() == "}" else self.count()
        if self.take() != "}" or (high is not None and high < low):
            raise self.error("die Anzahl in {...} ist falsch")
        return low, high

    def count(self) -> int:
        start = self.at
        while self.peek().isascii() and self.peek().isdigit() and self.at - start < 6:
            self.at += 1
        if start == self.at:
            raise self.error("die Anzahl in {...} fehlt")
        return int(self.pattern[start : self.at])

    def star(self, atom: list[_Instruction], *, greedy: bool) -> list[_Instruction]:
        """Any number of times; a turn that consumes nothing ends the loop."""
        self.loops += 1
        mark = -self.loops
        body: list[_Instruction] = [(_Op.SAVE, None, mark), *(_moved(i, 1) for i in atom), (_Op.MOVED, None, mark)]
        inside, after = 1, len(body) + 2
        split = (_Op.SPLIT, inside, after) if greedy else (_Op.SPLIT, after, inside)
        return [split, *(_moved(instruction, 1) for instruction in body), (_Op.JUMP, 0, 0)]

    def atom(self) -> list[_Instruction]:
        sign = self.take()
        match sign:
            case "(":
                return self.group()
            case "[":
                return [(_Op.TEST, self.char_class(), 0)]
            case ".":
                return [(_Op.TEST, _always if self.dot_all else _not_newline, 0)]
            case "^":
                return [(_Op.LINE_START, None, 0)]
            case "$":
                return [(_Op.LINE_END, None, 0)]
            case "\\":
                return [self.escape()]
            case "?" | "*" | "+" | "{" | "}" | "]":
                raise self.error(f"„{sign}“ steht an der falschen Stelle")
            case _:
                return [_char(sign, self.ignore_case)]

    def group(self) -> list[_Instruction]:
        if self.pattern.startswith("?:", self.at):
            self.at += 2
            block = self.alternatives()
        else:
            self.groups += 1
            number = self.groups
            self.open_groups.add(number)
            inner = self.alternatives()
            self.open_groups.discard(number)
            block = [
                (_Op.SAVE, None, 2 * number),
                *(_moved(instruction, 1) for instruction in inner),
                (_Op.SAVE, None, 2 * number + 1),
            ]
        if self.peek() != ")":
            raise self.error("die Klammer „)“ fehlt")
        self.at += 1
        return block

    def escape(self) -> _Instruction:
        sign = self.peek()
        if sign.isascii() and sign.isdigit():
            return self.back_reference()
        test = self.class_escape()
        if isinstance(test, str):
            return _char(test, self.ignore_case)
        return _Op.TEST, test, 0

    def back_reference(self) -> _Instruction:
        start = self.at
        self.at += 1
        while self.peek().isdigit() and int(self.pattern[start : self.at + 1]) <= self.groups:
            self.at += 1
        number = int(self.pattern[start : self.at])
        if number == 0 or number > self.groups or number in self.open_groups:
            raise self.error(f"die Gruppe {number} gibt es an dieser Stelle nicht")
        return _Op.BACK, self.ignore_case, number

    def class_escape(self) -> Test | str:
        """After a backslash: a single character, or a test for a class of them."""
        sign = self.take()
        if sign in _SINGLE:
            return _SINGLE[sign]
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign.lower() == "p":
            test = self.property()
            return test if sign == "p" else _negated(test)
        raise self.error(f"„\\{sign}“ hat keine Bedeutung")

    def property(self) -> Test:
        end = self.pattern.find("}", self.at)
        if self.peek() != "{" or end < 0:
            raise self.error("nach \\p fehlt {...}")
        name = self.pattern[self.at + 1 : end]
        self.at = end + 1
        if name in _CATEGORIES:
            return lambda sign: unicodedata.category(sign).startswith(name)
        block = BLOCKS.get(name.removeprefix("Is")) if name.startswith("Is") else None
        if block is None:
            raise self.error(f"die Zeichenklasse „{name}“ gibt es nicht")
        low, high = block
        return lambda sign: low <= ord(sign) <= high

    def char_class(self) -> Test:
        """After `[`: ranges, escapes, `^` in front and a class to take away at the end."""
        self.depth += 1
        if self.depth > 50:
            raise self.error("es ist zu tief verschachtelt")
        negated = self.peek() == "^"
        self.at += negated
        ranges: list[tuple[str, str]] = []
        tests: list[Test] = []
        taken_away: Test | None = None
        start = self.at
        while self.peek() != "]" or self.at == start:
            if self.pattern.startswith("-[", self.at) and self.at > start:
                self.at += 2
                taken_away = self.char_class()
                if self.peek() != "]":
                    raise self.error("nach der abgezogenen Klasse fehlt „]“")
                break
            self.class_part(ranges, tests, first=self.at == start)
        self.at += 1
        self.depth -= 1
        return _class_test(ranges, tests, negated, taken_away, self.ignore_case)

    def class_part(self, ranges: list[tuple[str, str]], tests: list[Test], *, first: bool) -> None:
        low = self.class_char()
        if not isinstance(low, str):
            tests.append(low)
            return
        following = self.pattern[self.at + 1 : self.at + 2]
        if self.peek() != "-" or following in {"]", "["}:
            if low == "-" and not first and self.peek() != "]" and not self.pattern.startswith("-[", self.at):
                raise self.error("„-“ steht nur am Anfang oder Ende einer Klasse")
            ranges.append((low, low))
            return
        self.at += 1
        high = self.class_char()
        if not isinstance(high, str) or high < low:
            raise self.error("der Bereich in [...] ist falsch")
        ranges.append((low, high))

    def class_char(self) -> Test | str:
        sign = self.take()
        if sign == "\\":
            return self.class_escape()
        if sign in "[]":
            raise self.error(f"„{sign}“ steht an der falschen Stelle")
        return sign


def _joined(first: list[_Instruction], second: list[_Instruction]) -> list[_Instruction]:
    return [*first, *(_moved(instruction, len(first)) for instruction in second)]


def _either(first: list[_Instruction], second: list[_Instruction]) -> list[_Instruction]:
    after = len(first) + 2
    return [
        (_Op.SPLIT, 1, after),
        *(_moved(instruction, 1) for instruction in first),
        (_Op.JUMP, after + len(second), 0),
        *(_moved(instruction, after) for instruction in second),
    ]


def _maybe(block: list[_Instruction], *, greedy: bool) -> list[_Instruction]:
    after = len(block) + 1
    split = (_Op.SPLIT, 1, after) if greedy else (_Op.SPLIT, after, 1)
    return [split, *(_moved(instruction, 1) for instruction in block)]


def _char(sign: str, ignore_case: bool) -> _Instruction:  # noqa: FBT001
    variants = _variants(sign)
    if not ignore_case or len(variants) == 1:
        return _Op.CHAR, sign, 0
    return _Op.TEST, lambda other: not variants.isdisjoint(_variants(other)), 0


@lru_cache(maxsize=4096)
def _variants(sign: str) -> frozenset[str]:
    """The character in upper and lower case, as far as those are single characters."""
    lower, upper = sign.lower(), sign.upper()
    return frozenset(variant for variant in (sign, lower, upper, lower.upper(), upper.lower()) if len(variant) == 1)


def _class_test(
    ranges: list[tuple[str, str]],
    tests: list[Test],
    negated: bool,  # noqa: FBT001
    taken_away: Test | None,
    ignore_case: bool,  # noqa: FBT001
) -> Test:
    def listed(sign: str) -> bool:
        return any(low <= sign <= high for low, high in ranges) or any(test(sign) for test in tests)

    def holds(sign: str) -> bool:
        found = any(map(listed, _variants(sign))) if ignore_case else listed(sign)
        return found != negated and not (taken_away is not None and taken_away(sign))

    return holds


def _always(sign: str) -> bool:  # noqa: ARG001
    return True


def _not_newline(sign: str) -> bool:
    return sign not in "\n\r"


def _negated(test: Test) -> Test:
    return lambda sign: not test(sign)


def _is_space(sign: str) -> bool:
    return sign in "\t\n\r "


def _is_digit(sign: str) -> bool:
    return unicodedata.category(sign) == "Nd"


def _is_word(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "PZC"


def _is_name_start(sign: str) -> bool:
    return sign in ":_" or unicodedata.category(sign)[0] == "L"


def _is_name_part(sign: str) -> bool:
    return sign in "-.:_\u00b7" or unicodedata.category(sign)[0] in "LNM"


_SINGLE: Final = {"n": "\n", "r": "\r", "t": "\t", **{sign: sign for sign in "\\|.-^?*+{}()[]$"}}
_CLASSES: Final[dict[str, Test]] = {
    "s": _is_space,
    "S": _negated(_is_space),
    "d": _is_digit,
    "D": _negated(_is_digit),
    "w": _is_word,
    "W": _negated(_is_word),
    "i": _is_name_start,
    "I": _negated(_is_name_start),
    "c": _is_name_part,
    "C": _negated(_is_name_part),
}
_CATEGORIES: Final = frozenset(
    [
        "L",
        "Lu",
        "Ll",
        "Lt",
        "Lm",
        "Lo",
        "M",
        "Mn",
        "Mc",
        "Me",
        "N",
        "Nd",
        "Nl",
        "No",
        "P",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Z",
        "Zs",
        "Zl",
        "Zp",
        "S",
        "Sm",
        "Sc",
        "Sk",
        "So",
        "C",
        "Cc",
        "Cf",
        "Co",
        "Cn",
    ]
)
