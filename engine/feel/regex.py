"""Regular expressions as FEEL has them: those of XPath and XQuery Functions 3.1 (5.6), in bounded time.

Python's `re` speaks another dialect and cannot be stopped. Here a pattern becomes a small program for a backtracking
machine with its own stack. Without back references each pair of instruction and position is tried once, so time grows
with pattern times text; with them the caller's budget ends the search. A million steps take about a second.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from engine.feel.errors import NoValue
from engine.feel.regex_program import Instruction, Op, char, moved
from engine.feel.regex_reader import PatternReader, without_blanks

_SPENT_AT_ONCE: Final = 64

Spend = Callable[[int], None]


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

    program: tuple[Instruction, ...]
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
            if first[0] == Op.CHAR and not text.startswith(str(first[1]), position):
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
            if operation == Op.CHAR:
                if position >= size or text[position] != argument:
                    break
                position += 1
            elif operation == Op.TEST:
                if position >= size or not argument(text[position]):  # type: ignore[operator]
                    break
                position += 1
            elif operation == Op.SPLIT:
                if tried is not None:
                    key = at * (size + 1) + position
                    if key in tried:
                        break
                    tried.add(key)
                stack.append((other, position))
                at = argument  # type: ignore[assignment]
                continue
            elif operation == Op.JUMP:
                at = argument  # type: ignore[assignment]
                continue
            elif operation == Op.SAVE:
                stack.append((~other, registers[other]))
                registers[other] = position
            elif operation == Op.MOVED:
                if registers[other] == position:
                    break
            elif operation == Op.LINE_START:
                if position and not (pattern.multiline and text[position - 1] == "\n" and position < size):
                    break
            elif operation == Op.LINE_END:
                if position < size and not (pattern.multiline and text[position] == "\n"):
                    break
            elif operation == Op.BACK:
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


@lru_cache(maxsize=128)
def compile_pattern(pattern: str, flags: str) -> Pattern:
    """Compile an XPath pattern with flags out of "smixq". Raises NoValue with the German reason."""
    unknown = set(flags) - set("smixq")
    if unknown:
        raise NoValue(f"Unbekannte Option „{''.join(sorted(unknown))}“ für ein Muster; es gibt s, m, i, x und q")
    if "q" in flags:
        program: list[Instruction] = [char(sign, "i" in flags) for sign in pattern]
        return Pattern(_whole(program), 0, 2, literal=True, multiline=False, has_back_references=False)
    reader = PatternReader(without_blanks(pattern) if "x" in flags else pattern, flags)
    program = reader.whole()
    return Pattern(
        _whole(program),
        reader.groups,
        2 * reader.groups + 2 + reader.loops,
        literal=False,
        multiline="m" in flags,
        has_back_references=any(instruction[0] == Op.BACK for instruction in program),
    )


def _whole(program: list[Instruction]) -> tuple[Instruction, ...]:
    shifted = [moved(instruction, 1) for instruction in program]
    return ((Op.SAVE, None, 0), *shifted, (Op.SAVE, None, 1), (Op.DONE, None, 0))
