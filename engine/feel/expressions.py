"""Parse FEEL once, evaluate it often: the front door of the language.

A parsed expression is immutable and may be shared by threads. Evaluating never raises: what has no value is null, and
the diagnostics say where and why.
"""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from engine.feel.builtins import STANDARD
from engine.feel.closures import Code
from engine.feel.compiler import Compiler
from engine.feel.errors import Diagnostic, LimitExceeded
from engine.feel.frame import Frame, Run
from engine.feel.library import Library
from engine.feel.parser import KnownNames, Spelling, name_index, parse, parse_tests
from engine.feel.syntax import Node, UnaryTestList
from engine.feel.types import Type
from engine.feel.values import Value


class Evaluation(NamedTuple):
    value: Value
    diagnostics: tuple[Diagnostic, ...]


class Scope:
    """What an expression may refer to: names from outside, entries after a dot, types, and functions.

    `names` need not be complete; they make names with blanks or signs readable, hide built-in functions of the same
    name, and let checks find unknown names. The library must be complete; what it gets later is not found.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        *,
        members: Iterable[str] = (),
        types: Mapping[str, Type] | None = None,
        library: Library = STANDARD,
    ) -> None:
        self.declared = frozenset(names)
        self.library = library
        self.known = KnownNames(self.declared, members=members, types=types, also=_function_names(library))

    def with_names(self, names: Iterable[str]) -> "Scope":
        """The same but for the names; cheap."""
        other = copy(self)
        other.declared = frozenset(names)
        other.known = self.known.with_names(other.declared)
        return other


@lru_cache(maxsize=64)
def _function_names(library: Library) -> Mapping[str, list[Spelling]]:
    return name_index(library.functions)


@lru_cache(maxsize=256)
def _scope_of(names: frozenset[str]) -> Scope:
    return Scope(names)


class Expression:
    """A compiled expression. `names` are the names it needs from the context; `possible_names` those that inside a
    filter may be entries of the item instead. `unknown_functions` are called, but nothing offers them; by name, with
    line and column.
    """

    __slots__ = ("code", "names", "possible_names", "slots", "text", "tree", "unknown_functions")

    def __init__(self, text: str, tree: Node, compiler: Compiler) -> None:
        self.text = text
        self.tree = tree
        self.code: Code = compiler.compile(tree)
        self.slots = compiler.slots
        self.names = frozenset(compiler.names)
        self.possible_names = frozenset(compiler.possible_names)
        self.unknown_functions: Mapping[str, tuple[int, int]] = compiler.unknown_functions

    def evaluate(self, context: Mapping[str, Value], *, now: datetime) -> Evaluation:
        """The value over `context`; `now` (aware) is what `now()` and `today()` give."""
        run = Run(now)
        value = _guarded(self.code, Frame(context, [None] * self.slots, run))
        return Evaluation(value, tuple(run.diagnostics))

    def value(self, context: Mapping[str, Value], run: Run) -> Value:
        """The value within a run that has begun. Raises LimitExceeded when the run's budget is used up."""
        return self.code(Frame(context, [None] * self.slots, run))


class UnaryTests:
    """A compiled input cell of a decision table: tests of one value, which it may call `?`; names as in Expression."""

    __slots__ = ("code", "names", "possible_names", "slots", "text", "tree")

    def __init__(self, text: str, tree: UnaryTestList, compiler: Compiler) -> None:
        self.text = text
        self.tree = tree
        self.code: Code = compiler.compile(tree)
        self.slots = compiler.slots
        self.names = frozenset(compiler.names)
        self.possible_names = frozenset(compiler.possible_names)

    def evaluate(self, value: Value, context: Mapping[str, Value], *, now: datetime) -> Evaluation:
        """Whether `value` passes: true, false, or null where a test has no answer."""
        run = Run(now)
        answer = _guarded(self.code, self.frame(value, context, run))
        return Evaluation(answer, tuple(run.diagnostics))

    def holds(self, value: Value, context: Mapping[str, Value], run: Run) -> Value:
        """The answer within a run that has begun. Raises LimitExceeded when the run's budget is used up."""
        return self.code(self.frame(value, context, run))

    def frame(self, value: Value, context: Mapping[str, Value], run: Run) -> Frame:
        # The compiler gives the tested value the first slot.
        return Frame(context, [value, *[None] * (self.slots - 1)], run)


def parse_expression(text: str, names: Iterable[str] = (), *, scope: Scope | None = None) -> Expression:
    """Compile one FEEL expression. Raises FeelSyntaxError with place and reason in German."""
    scope = scope or _scope_of(frozenset(names))
    tree = parse(text, scope.known)
    return Expression(text, tree, Compiler(text, scope.declared, scope.library))


def parse_unary_tests(text: str, names: Iterable[str] = (), *, scope: Scope | None = None) -> UnaryTests:
    """Compile the tests of an input cell (`-`, `< 5`, `"a", "b"`, `not(...)`). Raises FeelSyntaxError."""
    scope = scope or _scope_of(frozenset(names))
    tree = parse_tests(text, scope.known)
    return UnaryTests(text, tree, Compiler(text, scope.declared, scope.library))


def _guarded(code: Callable[[Frame], Value], frame: Frame) -> Value:
    try:
        return code(frame)
    except LimitExceeded as reason:
        return frame.run.null(1, 1, f"Abgebrochen: {reason}")
    except RecursionError:
        return frame.run.null(1, 1, "Abgebrochen: Die Auswertung ist zu tief verschachtelt")
