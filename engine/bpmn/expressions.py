"""Texts of a model that have a value: FEEL, `${...}` and literal text, compiled once.

Where a condition stands, the text is FEEL ("= a > 1" or "a > 1") or one `${...}`. Where a value stands, text is literal
as in Camunda 7; "=..." is FEEL, `${...}` is read by `engine.bpmn.juel`, and both may not be mixed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.bpmn import juel, juel_functions
from engine.bpmn.juel import ExpressionRefused
from engine.feel.errors import FeelSyntaxError
from engine.feel.expressions import Evaluation, Expression, Scope
from engine.feel.values import Value
from engine.language import SCOPE, parse_expression

Context = Mapping[str, Value]

_NO_LANGUAGE: Final = frozenset({"", "feel", "juel"})


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that means itself, or any other fixed value."""

    value: Value

    def evaluate(self, context: Context, now: datetime) -> Value:  # noqa: ARG002 -- one shape for all terms
        return self.value


@dataclass(frozen=True, slots=True)
class Feel:
    """A compiled FEEL expression; `text` is what the modeller wrote."""

    text: str
    expression: Expression

    def evaluate(self, context: Context, now: datetime) -> Value:
        return self.expression.evaluate(context, now=now).value

    def explain(self, context: Context, now: datetime) -> Evaluation:
        """Evaluate again and also say why a value is null."""
        return self.expression.evaluate(context, now=now)


@dataclass(frozen=True, slots=True)
class ListTerm:
    items: tuple["Term", ...]

    def evaluate(self, context: Context, now: datetime) -> Value:
        return [item.evaluate(context, now) for item in self.items]


@dataclass(frozen=True, slots=True)
class ContextTerm:
    entries: tuple[tuple[str, "Term"], ...]

    def evaluate(self, context: Context, now: datetime) -> Value:
        return {name: term.evaluate(context, now) for name, term in self.entries}


Term = Constant | Feel | ListTerm | ContextTerm


def compile_condition(text: str, language: str | None = None, scope: Scope = SCOPE) -> Feel:
    """Compile a condition; `scope` knows the functions, and variables whose names have blanks or signs.

    Raises ExpressionRefused with a German sentence.
    """
    if not text.strip():
        raise ExpressionRefused("Der Ausdruck ist leer.")
    check_language(language)
    if juel.has_expression(text):
        return _juel(text, juel.to_feel(text))
    return _feel(text, text.removeprefix("="), scope)


def compile_value(text: str, scope: Scope = SCOPE) -> Constant | Feel:
    """Compile a text that stands for a value; `scope` as above. Raises ExpressionRefused with a German sentence."""
    if text.startswith("="):
        return _feel(text, text[1:], scope)
    if not juel.has_expression(text):
        return Constant(text)
    parts = juel.split(text)
    if len(parts) == 1:
        return _juel(text, parts[0].text)
    return _juel(text, " + ".join(_template_part(part) for part in parts))


def _template_part(part: juel.Part) -> str:
    if part.is_expression:
        return f"juel.text({part.text})"
    escaped = part.text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def compile_feel(text: str, scope: Scope = SCOPE) -> Feel:
    """Compile a text that must be FEEL; `scope` as above. Raises ExpressionRefused with a German sentence."""
    return _feel(text, text, scope)


def _juel(written: str, feel: str) -> Feel:
    try:
        return Feel(written.strip(), parse_expression(feel, juel_functions.SCOPE))
    except FeelSyntaxError as error:
        raise ExpressionRefused(f"Der Ausdruck „{written}“ wird nicht ausgeführt: {error.problem}.") from error


def _feel(written: str, feel: str, scope: Scope) -> Feel:
    try:
        return Feel(written.strip(), parse_expression(feel.strip(), scope))
    except FeelSyntaxError as error:
        meant = f" Gemeint ist vielleicht {error.expected}." if error.expected else ""
        raise ExpressionRefused(
            f"„{written.strip()}“ ist kein FEEL (Zeile {error.line}, Spalte {error.column}): {error.problem}.{meant}"
        ) from error


def check_language(language: str | None) -> None:
    """Raise ExpressionRefused for a language other than FEEL (`${...}` is read in any case)."""
    name = (language or "").strip().lower()
    if name not in _NO_LANGUAGE and "/feel" not in name:
        raise ExpressionRefused(f"Die Sprache „{language}“ wird nicht ausgeführt. Verwenden Sie FEEL.")
