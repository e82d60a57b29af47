"""What FEEL tells an author: syntax errors when parsing, diagnostics when evaluating."""

from dataclasses import dataclass
from typing import NamedTuple


class FeelSyntaxError(Exception):
    """The text is no FEEL; `str()` is a German message of three lines: place and reason, the line, an underline.

    `line` and `column` count from 1, `expected` is German and may be empty.
    """

    def __init__(self, text: str, line: int, column: int, problem: str, expected: str = "", *, length: int = 1) -> None:
        super().__init__(problem)
        self.text = text
        self.line = line
        self.column = column
        self.problem = problem
        self.expected = expected
        self.length = length

    def __str__(self) -> str:
        lines = self.text.split("\n")
        source = lines[self.line - 1] if self.line <= len(lines) else ""
        start = max(0, self.column - 60)
        shown = source[start : start + 110].replace("\t", " ").rstrip("\r")
        mark = " " * (self.column - 1 - start) + "^" * max(1, min(self.length, len(shown) - self.column + 1 + start))
        expected = f" Erwartet: {self.expected}." if self.expected else ""
        return f"Zeile {self.line}, Spalte {self.column}: {self.problem}.{expected}\n{shown}\n{mark}"


class LimitExceeded(Exception):
    """An evaluation used up one of its budgets; never leaves `evaluate`."""


class NoValue(Exception):
    """A function or operator has no value for these operands; becomes null and a diagnostic at its place."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an expression's text something stands; line and column count from 1."""

    line: int
    column: int

    @classmethod
    def at(cls, text: str, position: int) -> "Place":
        """The place of the character at `position`."""
        line = text.count("\n", 0, position) + 1
        return cls(line, position - (text.rfind("\n", 0, position) + 1) + 1)


class Diagnostic(NamedTuple):
    """Why an evaluation gave null: a German sentence, its place in the expression, and in a model the element."""

    line: int
    column: int
    reason: str
    where: str = ""

    def __str__(self) -> str:
        place = f"{self.where}, Zeile" if self.where else "Zeile"
        return f"{place} {self.line}, Spalte {self.column}: {self.reason}"
