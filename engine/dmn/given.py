"""What somebody types for the inputs of a decision, read as FEEL values."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from engine.dmn.evaluation import Decision
from engine.feel import FeelSyntaxError
from engine.feel.constants import at_value
from engine.feel.text import quoted
from engine.feel.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    MONTHS_DURATION,
    NUMBER,
    STRING,
    TIME,
    Constrained,
    ContextOf,
    ListOf,
    Named,
    Type,
    coerced,
    german_kind,
    kind_of,
    type_text,
)
from engine.feel.values import Value
from engine.language import parse_expression

_LOOKS_LIKE_A_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:]+.*)?")
_HOW_TO_WRITE: Final[Mapping[Type, str]] = {
    NUMBER: "Eine Zahl schreibt man mit Punkt: 3.5",
    BOOLEAN: "Ein Wahrheitswert ist true oder false",
    DATE: "Ein Datum schreibt man so: 2027-01-15",
    TIME: "Eine Uhrzeit schreibt man so: 10:30:00",
    DATE_TIME: "Datum mit Uhrzeit schreibt man so: 2027-01-15T10:30:00",
    DAYS_DURATION: "Eine Dauer in Tagen schreibt man so: P14D",
    MONTHS_DURATION: "Eine Dauer in Monaten schreibt man so: P1Y6M",
}
_TEMPORAL: Final = (DATE, TIME, DATE_TIME, DAYS_DURATION, MONTHS_DURATION)


class NotReadable(Exception):
    """The text is no value for this input; the message is German and says what to write instead."""


def kinds(decision: Decision) -> dict[str, Type]:
    """The inputs that the decision takes, by name, each with its declared type.

    An input without a type has that of the table column that shows it; Any when there is none either. A model that
    declares no input data takes whatever its expressions name.
    """
    steps = decision.graph.order(decision.node)
    found: dict[str, Type] = {}
    for step in steps:
        keys = [need.key for need in step.needs if need.key in decision.graph.inputs]
        found |= {decision.graph.inputs[key].name: decision.graph.inputs[key].kind for key in keys}
        found |= dict.fromkeys(sorted(step.open_names), ANY)
    for table in (table for step in steps for table in step.tables):
        for clause, compiled in zip(table.source.inputs, table.inputs, strict=True):
            name = clause.expression.text.strip()
            if found.get(name) == ANY:
                found[name] = compiled.kind
    return found


def read_value(text: str, kind: Type, *, at: datetime) -> Value:
    """The value that `text` means for an input of that type: a FEEL literal, or plain text where a text is wanted.

    Dates, times and durations need no `@"..."` where one is wanted. Raises NotReadable.
    """
    base = _base(kind)
    try:
        value = at_value(text.strip()) if base in _TEMPORAL else None
        if value is None:
            value = _text(text, at) if base == STRING else _constant(text, at)
    except NotReadable as problem:
        raise NotReadable(f"{problem}\n{_how_to_write(text, base)}.") from None
    if value is None:
        return None
    fitting, fits = coerced(value, kind)
    if not fits:
        have = german_kind(kind_of(value))
        raise NotReadable(f"Verlangt ist {type_wording(kind)}, das ist: {have}\n{_how_to_write(text, base)}.")
    return fitting


def type_wording(kind: Type) -> str:
    """The type as people read it, with what its values are limited to."""
    limits = ""
    while isinstance(kind, Constrained | Named):
        if isinstance(kind, Constrained):
            limits = limits or f" ({kind.wording})"
        kind = kind.base if isinstance(kind, Constrained) else kind.target
    return german_kind(type_text(kind)) + limits


def similar(name: str, known: Iterable[str]) -> str:
    """A German question that offers the names most like `name`; empty when none is."""
    folded = {other.casefold(): other for other in known}
    close = get_close_matches(name.casefold(), folded, n=3, cutoff=0.7)
    return f"Meinten Sie {' oder '.join(f'„{folded[match]}“' for match in close)}?" if close else ""


def _base(kind: Type) -> Type:
    while isinstance(kind, Constrained | Named):
        kind = kind.base if isinstance(kind, Constrained) else kind.target
    return kind


def _text(text: str, at: datetime) -> Value:
    """A FEEL string or null as such; everything else is the text itself."""
    try:
        value = _constant(text, at)
    except NotReadable:
        return text
    return value if isinstance(value, str) or text.strip() == "null" else text


def _constant(text: str, at: datetime) -> Value:
    if _LOOKS_LIKE_A_DATE.fullmatch(text.strip()):
        raise NotReadable(f'„{text.strip()}“ wäre eine Rechnung; ein Datum schreibt man so: @"{text.strip()}"')
    try:
        expression = parse_expression(text)
    except FeelSyntaxError as error:
        raise NotReadable(str(error)) from None
    if expression.names:
        raise NotReadable(f"„{min(expression.names)}“ ist ein Name und kein Wert")
    value, diagnostics = expression.evaluate({}, now=at)
    if diagnostics:
        raise NotReadable(diagnostics[0].reason)
    return value


def _how_to_write(text: str, base: Type) -> str:
    if isinstance(base, ContextOf):
        members = ", ".join(name for name, _ in base.members) or "name"
        return f'Einen Kontext schreibt man so: {{name: "Wert", ...}}, hier mit: {members}'
    if isinstance(base, ListOf):
        return 'Eine Liste schreibt man so: ["eins", "zwei"]'
    return _HOW_TO_WRITE.get(base, f"Einen Text schreibt man in Anführungszeichen: {quoted(text)}")
