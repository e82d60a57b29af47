"""`amtsweg feel EXPRESSION [--context FILE.json]`: what does this expression give, and why."""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from engine.dmn import drawing, given
from engine.feel import (
    Evaluation,
    Expression,
    FeelSyntaxError,
    NotAValue,
    Scope,
    Value,
    parse_expression,
    to_json,
    value_of,
)
from engine.feel.text import literal
from engine.feel.types import german_kind, kind_of
from engine.language import LIBRARY
from web.cli import Moment, Unusable
from web.formats import utc_now

MAX_BYTES = 5_000_000


# An expression may begin with a minus sign.
@click.command("feel", context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("expression")
@click.option(
    "--context", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='JSON object with the names, as in {"hund": {"rang": 2}}; dates are texts: date(hund.seit).',
)  # fmt: skip
@click.option("--at", type=Moment(), default=utc_now, help="What now() gives, in Berlin's time; now if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print value and diagnostics as JSON.")
def command(*, expression: str, file: Path | None, at: datetime, as_json: bool) -> None:
    """Evaluate one FEEL expression: print its value, and why something in it has none.

    Exits with 1 when something has no value, with 2 when the expression or the context cannot be read.
    """
    context = {} if file is None else _context(file)
    try:
        scope = Scope(context, members=set(_members(context)), library=LIBRARY)
        parsed = parse_expression(expression, scope=scope)
    except FeelSyntaxError as error:
        raise Unusable(str(error)) from None
    result = parsed.evaluate(context, now=at)
    unknown = _unknown(parsed, context)
    if as_json:
        click.echo(json.dumps(_document(result, unknown), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_report(result, unknown)))
    sys.exit(1 if result.diagnostics else 0)


def _context(file: Path) -> dict[str, Value]:
    if file.stat().st_size > MAX_BYTES:
        raise Unusable(f"{file} ist größer als {MAX_BYTES // 1_000_000} MB.")
    try:
        read = json.loads(file.read_bytes(), parse_float=Decimal, parse_int=Decimal, parse_constant=Decimal)
        context = value_of(read)
    except json.JSONDecodeError as error:
        raise Unusable(f"{file} ist kein JSON: Zeile {error.lineno}, Spalte {error.colno}: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError, NotAValue, ArithmeticError):
        raise Unusable(f"{file} lässt sich nicht als JSON-Objekt lesen.") from None
    if not isinstance(context, dict):
        raise Unusable(f'{file} enthält kein JSON-Objekt; verlangt sind Namen mit Werten: {{"alter": 17}}')
    return context


def _members(value: Value) -> Iterator[str]:
    """The names that may stand after a dot."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _members(item)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)


def _unknown(expression: Expression, context: Mapping[str, Value]) -> list[str]:
    """A sentence for every name that is not there."""
    known = {*context, *LIBRARY.functions}
    questions = ((name, given.similar(name, known)) for name in sorted(expression.names - context.keys()))
    return [f"Den Namen „{name}“ gibt es nicht. {question}" for name, question in questions if question]


def _document(result: Evaluation, unknown: list[str]) -> dict[str, object]:
    """The value is tagged as `engine.feel.to_json` writes it; what holds a function has no such form and is null."""
    try:
        value = to_json(result.value)
    except NotAValue:
        value = None
    return {
        "value": value,
        "feel": literal(result.value),
        "kind": kind_of(result.value),
        "diagnostics": [diagnostic._asdict() for diagnostic in result.diagnostics],
        "hints": unknown,
    }


def _report(result: Evaluation, unknown: list[str]) -> Iterator[str]:
    yield drawing.printable(literal(result.value))
    yield f"  {german_kind(kind_of(result.value))}"
    yield from (f"  {diagnostic}" for diagnostic in result.diagnostics)
    yield from (f"  {hint}" for hint in unknown)
