"""Regular expressions of a form, matched in time linear in the text.

A form's author writes `validate.pattern` as JavaScript knows it; Python's `re` backtracks and can be made to run for
hours. So the part that forms need (characters, classes, groups, alternatives, repetition, `^` and `$`) is read here
into a small automaton that follows all paths at once. Look-around, back references and flags are refused when the form
is loaded. (`engine.feel.regex` speaks XPath's dialect, whose `\\d` is a digit of any script; the form editor does not.)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_MOST_STATES: Final = 2_000
_MOST_REPEATS: Final = 200
_DEEPEST: Final = 20

_Test = Callable[[str], bool]


class PatternRefused(ValueError):
    """The expression uses what forms do not offer; the message is a German sentence."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled expression; `found_in` searches anywhere, as `RegExp.test` does."""

    source: str
    _states: "tuple[_State, ...]"
    _start: int

    def found_in(self, text: str) -> bool:
        """Whether the expression matches somewhere in `text`."""
        current: set[int] = set()
        last = len(text)
        for position in range(last + 1):
            self._add(self._start, current, at_start=position == 0, at_end=position == last)
            if any(self._states[index].accepts for index in current):
                return True
            if position == last:
                return False
            current = self._step(current, text[position], at_end=position + 1 == last)
        return False

    def _step(self, current: set[int], character: str, *, at_end: bool) -> set[int]:
        following: set[int] = set()
        for index in current:
            state = self._states[index]
            if state.test is not None and state.test(character):
                for target in state.targets:
                    self._add(target, following, at_start=False, at_end=at_end)
        return following

    def _add(self, index: int, into: set[int], *, at_start: bool, at_end: bool) -> None:
        pending = [index]
        while pending:
            index = pending.pop()
            state = self._states[index]
            if index in into or (state.only_at_start and not at_start) or (state.only_at_end and not at_end):
                continue
            into.add(index)
            if state.test is None:
                pending.extend(state.targets)


def compile_pattern(source: str) -> Pattern:
    """Read `source`. Raises PatternRefused for syntax that forms do not offer and for too large expressions."""
    parser = _Parser(source)
    tree = parser.alternatives(depth=0)
    if parser.position != len(source):
        raise PatternRefused(
            f"Zeichen {parser.position + 1} des Musters: „{source[parser.position]}“ passt hier nicht."
        )
    builder = _Builder()
    accept = builder.add(_State(accepts=True))
    start = builder.build(tree, accept)
    return Pattern(source, tuple(builder.states), start)


@dataclass(frozen=True, slots=True)
class _State:
    test: _Test | None = None
    targets: tuple[int, ...] = ()
    accepts: bool = False
    only_at_start: bool = False
    only_at_end: bool = False


@dataclass(frozen=True, slots=True)
class _One:
    test: _Test


@dataclass(frozen=True, slots=True)
class _Anchor:
    start: bool


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: "tuple[_Node, ...]"


@dataclass(frozen=True, slots=True)
class _Either:
    options: "tuple[_Node, ...]"


@dataclass(frozen=True, slots=True)
class _Repeat:
    node: "_Node"
    least: int
    most: int | None


_Node = _One | _Anchor | _Sequence | _Either | _Repeat


class _Builder:
    """Turns the tree into states from the end to the start, so that every target exists when it is named."""

    def __init__(self) -> None:
        self.states: list[_State] = []

    def add(self, state: _State) -> int:
        if len(self.states) >= _MOST_STATES:
            raise PatternRefused("Das Muster ist zu umfangreich.")
        self.states.append(state)
        return len(self.states) - 1

    def build(self, node: _Node, after: int) -> int:
        match node:
            case _One(test):
                return self.add(_State(test=test, targets=(after,)))
            case _Anchor(start):
                return self.add(_State(targets=(after,), only_at_start=start, only_at_end=not start))
            case _Sequence(parts):
                for part in reversed(parts):
                    after = self.build(part, after)
                return after
            case _Either(options):
                return self.add(_State(targets=tuple(self.build(option, after) for option in options)))
            case _Repeat(inner, least, most):
                return self._repeat(inner, least, most, after)

    def _repeat(self, inner: _Node, least: int, most: int | None, after: int) -> int:
        if most is None:
            loop = self.add(_State())
            body = self.build(inner, loop)
            self.states[loop] = _State(targets=(body, after))
            after = loop
        else:
            for _ in range(most - least):
                after = self.add(_State(targets=(self.build(inner, after), after)))
        for _ in range(least):
            after = self.build(inner, after)
        return after


def _is_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _is_digit(character: str) -> bool:
    return character in "0123456789"


_CLASSES: Final[dict[str, _Test]] = {
    "d": _is_digit,
    "D": lambda character: not _is_digit(character),
    "w": _is_word,
    "W": lambda character: not _is_word(character),
    "s": str.isspace,
    "S": lambda character: not character.isspace(),
}
_ESCAPED: Final = {"n": "\n", "t": "\t", "r": "\r"}


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0

    def alternatives(self, *, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise PatternRefused("Das Muster ist zu tief geklammert.")
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else _Either(tuple(options))

    def _sequence(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self.position < len(self.source) and self.source[self.position] not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return _Sequence(tuple(parts))

    def _atom(self, depth: int) -> _Node:
        character = self._next()
        if character == "(":
            return self._group(depth)
        if character == "[":
            return _One(self._class())
        if character == "\\":
            return _One(self._escape())
        if character == ".":
            return _One(lambda character: character not in "\n\r")
        if character in "^$":
            return _Anchor(start=character == "^")
        if character in "*+?{":
            raise PatternRefused(f"Vor „{character}“ fehlt, was sich wiederholen soll.")
        return _One(character.__eq__)

    def _group(self, depth: int) -> _Node:
        if self._take("?") and not self._take(":"):
            raise PatternRefused("Im Muster sind nur Gruppen der Form (…) und (?:…) möglich.")
        node = self.alternatives(depth=depth + 1)
        if not self._take(")"):
            raise PatternRefused("Im Muster fehlt eine schließende Klammer.")
        return node

    def _quantified(self, node: _Node) -> _Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        self._take("?")  # lazy or greedy makes no difference to whether it matches
        if isinstance(node, _Anchor) or self._bounds() is not None:
            raise PatternRefused("Im Muster steht eine Wiederholung an einer Stelle, an der sie nichts bedeutet.")
        return _Repeat(node, *bounds)

    def _bounds(self) -> tuple[int, int | None] | None:
        if self._take("*"):
            return 0, None
        if self._take("+"):
            return 1, None
        if self._take("?"):
            return 0, 1
        return self._counted() if self._take("{") else None

    def _counted(self) -> tuple[int, int | None]:
        end = self.source.find("}", self.position)
        least, comma, most = self.source[self.position : end].partition(",")
        if end < 0 or not _is_count(least) or (most and not _is_count(most)):
            raise PatternRefused("Eine Wiederholung heißt {3}, {2,5} oder {2,}.")
        self.position = end + 1
        lower = int(least)
        upper = int(most) if most else None if comma else lower
        if max(lower, upper or 0) > _MOST_REPEATS or (upper is not None and upper < lower):
            raise PatternRefused(f"Eine Wiederholung zählt aufsteigend und höchstens bis {_MOST_REPEATS}.")
        return lower, upper

    def _class(self) -> _Test:
        negated = self._take("^")
        tests: list[_Test] = []
        while not self._take("]"):
            tests.append(self._class_item())
        found = tuple(tests)
        if negated:
            return lambda character: not any(test(character) for test in found)
        return lambda character: any(test(character) for test in found)

    def _class_item(self) -> _Test:
        first = self._next()
        if first == "\\":
            following = self._next()
            if following in _CLASSES:
                return _CLASSES[following]
            first = _literal(following)
        if (
            self.source[self.position : self.position + 1] != "-"
            or self.source[self.position + 1 : self.position + 2] == "]"
        ):
            return first.__eq__
        self.position += 1
        last = self._next()
        if last == "\\":
            last = _literal(self._next())
        if last < first:
            raise PatternRefused(f"Der Bereich „{first}-{last}“ läuft rückwärts.")
        return lambda character: first <= character <= last

    def _escape(self) -> _Test:
        character = self._next()
        known = _CLASSES.get(character)
        return known if known is not None else _literal(character).__eq__

    def _take(self, expected: str) -> bool:
        if self.source.startswith(expected, self.position):
            self.position += len(expected)
            return True
        return False

    def _next(self) -> str:
        if self.position >= len(self.source):
            raise PatternRefused("Das Muster bricht mitten im Ausdruck ab.")
        self.position += 1
        return self.source[self.position - 1]


def _literal(escaped: str) -> str:
    if escaped in _ESCAPED:
        return _ESCAPED[escaped]
    if escaped.isalnum():
        raise PatternRefused(f"„\\{escaped}“ ist in Mustern nicht möglich.")
    return escaped


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
