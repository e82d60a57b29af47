"""Reads a pattern of XPath's dialect into instructions; everything else is refused with a German reason."""

import unicodedata
from typing import Final

from engine.feel.errors import NoValue
from engine.feel.regex_program import MAX_PROGRAM, Instruction, Op, Test, char, moved, variants
from engine.feel.unicode_blocks import BLOCKS


class PatternReader:
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

    def whole(self) -> list[Instruction]:
        block = self.alternatives()
        if self.at < len(self.pattern):
            raise self.error("die Klammer „)“ hat keinen Anfang")
        # Loop registers stand behind those of the groups, whose number is known only now.
        first = 2 * self.groups + 2
        return [
            (operation, argument, first + ~other) if operation in {Op.SAVE, Op.MOVED} and other < 0 else instruction
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

    def alternatives(self) -> list[Instruction]:
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

    def sequence(self) -> list[Instruction]:
        block: list[Instruction] = []
        while self.peek() not in {"", "|", ")"}:
            piece = self.quantified(self.atom())
            block += [moved(instruction, len(block)) for instruction in piece]
            self.check_size(block)
        return block

    def check_size(self, block: list[Instruction]) -> None:
        if len(block) > MAX_PROGRAM:
            raise self.error("es ist zu groß")

    def quantified(self, atom: list[Instruction]) -> list[Instruction]:
        bounds = self.quantifier()
        if bounds is None:
            return atom
        low, high = bounds
        greedy = self.peek() != "?"
        self.at += not greedy
        copies = low + (1 if high is None else high - low)
        if (len(atom) + 1) * copies > MAX_PROGRAM:
            raise self.error("es ist zu groß")
        block = [moved(instruction, copy * len(atom)) for copy in range(low) for instruction in atom]
        if high is None:
            return _joined(block, self.star(atom, greedy=greedy))
        return _joined(block, _up_to(high - low, atom, greedy=greedy))

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

    def star(self, atom: list[Instruction], *, greedy: bool) -> list[Instruction]:
        """Any number of times; a turn that consumes nothing ends the loop."""
        self.loops += 1
        mark = -self.loops
        body: list[Instruction] = [(Op.SAVE, None, mark), *(moved(i, 1) for i in atom), (Op.MOVED, None, mark)]
        inside, after = 1, len(body) + 2
        split = (Op.SPLIT, inside, after) if greedy else (Op.SPLIT, after, inside)
        return [split, *(moved(instruction, 1) for instruction in body), (Op.JUMP, 0, 0)]

    def atom(self) -> list[Instruction]:
        sign = self.take()
        match sign:
            case "(":
                return self.group()
            case "[":
                return [(Op.TEST, self.char_class(), 0)]
            case ".":
                return [(Op.TEST, _always if self.dot_all else _not_newline, 0)]
            case "^":
                return [(Op.LINE_START, None, 0)]
            case "$":
                return [(Op.LINE_END, None, 0)]
            case "\\":
                return [self.escape()]
            case "?" | "*" | "+" | "{" | "}" | "]":
                raise self.error(f"„{sign}“ steht an der falschen Stelle")
            case _:
                return [char(sign, self.ignore_case)]

    def group(self) -> list[Instruction]:
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
                (Op.SAVE, None, 2 * number),
                *(moved(instruction, 1) for instruction in inner),
                (Op.SAVE, None, 2 * number + 1),
            ]
        if self.peek() != ")":
            raise self.error("die Klammer „)“ fehlt")
        self.at += 1
        return block

    def escape(self) -> Instruction:
        sign = self.peek()
        if sign.isascii() and sign.isdigit():
            return self.back_reference()
        test = self.class_escape()
        if isinstance(test, str):
            return char(test, self.ignore_case)
        return Op.TEST, test, 0

    def back_reference(self) -> Instruction:
        start = self.at
        self.at += 1
        while self.peek().isdigit() and int(self.pattern[start : self.at + 1]) <= self.groups:
            self.at += 1
        number = int(self.pattern[start : self.at])
        if number == 0 or number > self.groups or number in self.open_groups:
            raise self.error(f"die Gruppe {number} gibt es an dieser Stelle nicht")
        return Op.BACK, self.ignore_case, number

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


def _joined(first: list[Instruction], second: list[Instruction]) -> list[Instruction]:
    return [*first, *(moved(instruction, len(first)) for instruction in second)]


def _either(first: list[Instruction], second: list[Instruction]) -> list[Instruction]:
    after = len(first) + 2
    return [
        (Op.SPLIT, 1, after),
        *(moved(instruction, 1) for instruction in first),
        (Op.JUMP, after + len(second), 0),
        *(moved(instruction, after) for instruction in second),
    ]


def _up_to(times: int, block: list[Instruction], *, greedy: bool) -> list[Instruction]:
    """The block at most that many times: before each turn a way out to the end."""
    size = len(block) + 1
    program: list[Instruction] = []
    for turn in range(times):
        inside, out = turn * size + 1, times * size
        program.append((Op.SPLIT, inside, out) if greedy else (Op.SPLIT, out, inside))
        program += [moved(instruction, inside) for instruction in block]
    return program


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
        found = any(map(listed, variants(sign))) if ignore_case else listed(sign)
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


def without_blanks(pattern: str) -> str:
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
